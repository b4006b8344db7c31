"""mtam: a command-line laboratory for the statistics of attention."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from mtam.interaction.own_data.fitted_interaction import FittedInteraction

__version__ = "0.1.0"


def load_interaction(path: "str | PathLike[str]") -> "FittedInteraction":
    """The interaction that ``mtam fit-ips`` saved as ``model.npz``, with ``predict(X)`` and ``g(x, y)``.

    Raises ValueError for a file that is no such model.
    """
    from mtam.interaction.own_data.fitted_interaction import load_interaction as load

    return load(path)
