"""mtam: a command-line laboratory for the statistics of attention.

From Python: ``mtam.sweep("alpha", "data.alpha=1,2")`` runs a sweep and returns it, ``mtam.load_run(DIR)`` reads one,
``mtam.fit_rates(frame)`` fits laws to learning curves, ``mtam.InteractionRegressor()`` fits an interaction to arrays,
``mtam.load_interaction`` reads a fitted one. Nothing is imported before it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike

    from mtam.interaction.own_data.fitted_interaction import FittedInteraction
    from mtam.interaction.own_data.interaction_regressor import InteractionRegressor
    from mtam.interaction.vector_responses.vector_interaction_regressor import VectorInteractionRegressor
    from mtam.runs.python.python_rates import fit_rates
    from mtam.runs.python.python_sweep import load_run, sweep

__version__ = "0.1.0"
__all__ = [
    "InteractionRegressor",
    "VectorInteractionRegressor",
    "__version__",
    "fit_rates",
    "load_interaction",
    "load_run",
    "sweep",
]

_WHERE = {
    "InteractionRegressor": "mtam.interaction.own_data.interaction_regressor",
    "VectorInteractionRegressor": "mtam.interaction.vector_responses.vector_interaction_regressor",
    "fit_rates": "mtam.runs.python.python_rates",
    "load_run": "mtam.runs.python.python_sweep",
}


def __getattr__(name: str) -> Any:
    """What is asked for the first time is imported then; ``sweep`` is a package that can be called."""
    from importlib import import_module

    if name == "sweep":
        return import_module("mtam.sweep")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'mtam' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def load_interaction(path: "str | PathLike[str]") -> "FittedInteraction":
    """The interaction that ``mtam fit-ips`` saved as ``model.npz``, with ``predict(X)`` and ``g(x, y)``.

    Raises ValueError for a file that is no such model.
    """
    from mtam.interaction.own_data.fitted_interaction import load_interaction as load

    return load(path)
