"""Figures that a notebook shows whether or not it has loaded matplotlib.pyplot, which alone teaches it to."""

import io
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def shown(figure: "Figure") -> "Figure":
    """The figure with a picture of itself for IPython, as PNG."""
    vars(figure)["_repr_png_"] = partial(_png, figure)
    return figure


def _png(figure: "Figure") -> bytes:
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=100)
    return written.getvalue()
