"""One look for one thing in every figure: colours of Okabe and Ito, safe for colour-blind readers, with markers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":")
TRUTH, GUIDE = "#000000", "#777777"  # what is true or known, and what theory says
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.title_fontsize": 8,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "svg.hashsalt": "mtam",
}

# Values that occur in many sweeps keep their look in all of them; others take the free ones in their order.
KNOWN: dict[str, dict[Any, int]] = {
    "data.alpha": {0.5: 0, 1.0: 1, 2.0: 2},
    "data.d": {1: 0, 5: 1, 30: 2},
    "model": {
        "softmax": 0, "linear": 1, "frozen_rbf": 2, "linear_elu": 3, "mean": 4, "knn": 5, "gp": 4, "oracle": 6,
        "ips_erm": 1, "als": 0, "mlp": 2, "oracle_a": 6, "gradient": 2,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How one cell is drawn."""

    colour: str
    marker: str
    dash: str


def looks(axes: Sequence[Mapping[str, Any]]) -> list[Look]:
    """A look for every cell of a sweep, given by its place on the axes.

    Of the axes with more than one value the known one, else the first, gives the colour; the other one marker and dash.
    """
    varied = [key for key in (axes[0] if axes else {}) if len({at[key] for at in axes}) > 1]
    varied.sort(key=lambda key: key not in KNOWN)
    if len(varied) > 2:
        return [_look(i, i) for i in range(len(axes))]
    if not varied:
        known = [KNOWN[key][at[key]] for at in axes[:1] for key in at if at[key] in KNOWN.get(key, {})]
        return [_look(known[0] if known else 0, known[0] if known else 0)] * len(axes)
    places = [_places(key, [at[key] for at in axes]) for key in varied]
    return [_look(places[0][at[varied[0]]], places[-1][at[varied[-1]]], len(varied) > 1) for at in axes]


def _places(key: str, values: Sequence[Any]) -> dict[Any, int]:
    known = KNOWN.get(key, {})
    distinct = list(dict.fromkeys(values))
    given = {value: known[value] for value in distinct if value in known}
    if len(set(given.values())) < len(given):  # two estimators of different papers share a colour
        given = {}
    rest = [value for value in distinct if value not in given]
    free = [i for i in range(len(COLOURS)) if i not in given.values()] or [0]
    return given | {value: free[i % len(free)] for i, value in enumerate(rest)}


def _look(colour: int, marker: int, dashed: bool = False) -> Look:
    return Look(
        COLOURS[colour % len(COLOURS)], MARKERS[marker % len(MARKERS)], DASHES[marker % len(DASHES) if dashed else 0]
    )


def estimator(name: str) -> str:
    """The colour of an estimator."""
    return COLOURS[KNOWN["model"].get(name, 1)]
