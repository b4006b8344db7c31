"""Ratios of the measured to the predicted that theory says are flat in the sample size, and shares over a plane."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from numpy.typing import NDArray

from mtam.analysis.cell_results import CellResult
from mtam.report.figures.axes import legend, size_axis, tall
from mtam.report.figures.level_maps import DARK, LIGHT
from mtam.report.figures.palette import Look
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip

Drawn = Sequence[tuple[CellResult, Look]]
APART = 0.03  # relative shift of neighbouring cells, so that their bars do not hide each other


def panels(drawn: Drawn, size: str, headings: Mapping[str, str]) -> tuple[DrawnPanel, ...]:
    """One panel per ratio that some cell has."""
    return tuple(
        DrawnPanel(heading, partial(_flat, drawn, size, name), height=tall(len(drawn) + 2))
        for name, heading in headings.items()
        if _having(drawn, name)
    )


def rows(drawn: Drawn, headings: Mapping[str, str]) -> list[dict[str, Any]]:
    """The numbers behind the panels: mean over seeds and its standard error."""
    found = []
    for name in headings:
        for result, _ in _having(drawn, name):
            points = result.ratios[name]
            several = len(points.seeds) > 1
            errors = points.standard_error if several else [None] * len(points.sizes)
            for n, mean, error in zip(points.sizes, points.mean, errors, strict=True):
                here = {"part": name, "n": int(n), "mean": mean, "standard_error": error}
                found.append({**result.axis, **here, "seeds": len(points.seeds)})
    return found


def _having(drawn: Drawn, name: str) -> list[tuple[CellResult, Look]]:
    return [(result, look) for result, look in drawn if name in result.ratios and result.ratios[name].seeds]


def _flat(drawn: Drawn, size: str, name: str, axis: Axes) -> None:
    """Means over seeds with standard errors on a linear axis, and their mean over all sizes as a line."""
    cells = _having(drawn, name)
    for index, (result, look) in enumerate(cells):
        points = result.ratios[name]
        bars = points.standard_error if len(points.seeds) > 1 else None
        shift = 1 + APART * (index - (len(cells) - 1) / 2)
        level = float(points.mean.mean())
        named = f"{result.label}: mean {level:.2f}"
        style: dict[str, Any] = {"color": look.colour, "markersize": 5, "capsize": 2, "linewidth": 1, "label": named}
        marks = axis.errorbar(points.sizes * shift, points.mean, yerr=bars, fmt=look.marker, **style).lines[0]
        told = zip(points.sizes, points.mean, strict=True)
        tip(marks, *(f"{result.label}, {size} = {n:.0f}: {mean:.3g}" for n, mean in told))
        axis.axhline(level, color=look.colour, linewidth=0.8, linestyle="--")
    axis.set_ylim(min(0.0, axis.get_ylim()[0]), 1.1 * axis.get_ylim()[1])
    size_axis(axis, np.unique(np.concatenate([result.ratios[name].sizes for result, _ in cells])))
    axis.set_xlabel(f"sample size {size}")
    legend(axis, "dashed: mean over sizes; theory: flat", under=True)


def plane(found: Mapping[str, Any] | None) -> Picture | None:
    """A heat map of a share over two positive quantities on logarithmic axes, with a border drawn in; None: nothing.

    ``found``: title, caption, x_label, y_label, xs, ys, values (rows are ys, None where there is none), border_xs,
    border_ys, border_label.
    """
    if found is None:
        return None
    names = {"x": found["x_label"], "y": found["y_label"]}
    places = [(x, y, found["values"][j][i]) for j, y in enumerate(found["ys"]) for i, x in enumerate(found["xs"])]
    table = pd.DataFrame([{names["x"]: x, names["y"]: y, "share": share} for x, y, share in places])
    width = max(4.6, 1.6 + 0.62 * len(found["xs"]))
    panel = DrawnPanel(found["title"], partial(_plane, found), width, max(3.9, 1.8 + 0.45 * len(found["ys"])))
    return Picture("plane", "Where it dominates", found["caption"], (panel,), table)


def _plane(found: Mapping[str, Any], axis: Axes) -> None:
    grid = np.array([[np.nan if value is None else value for value in row] for row in found["values"]], dtype=float)
    xs, ys = np.array(found["xs"], dtype=float), np.array(found["ys"], dtype=float)
    across, down = _edges(xs), _edges(ys)
    norm = Normalize(0.0, 1.0)
    axis.pcolormesh(across, down, grid, norm=norm, cmap="cividis")
    for (row, column), value in np.ndenumerate(grid):
        if np.isfinite(value):
            style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8}
            axis.text(float(xs[column]), float(ys[row]), f"{value:.0%}", color=LIGHT if value < 0.55 else DARK, **style)
    line: dict[str, Any] = {"color": "#D55E00", "linewidth": 2.4, "label": found["border_label"]}
    axis.plot(found["border_xs"], found["border_ys"], **line)
    size_axis(axis, xs)
    axis.set_yscale("log", base=2)
    axis.set_yticks(ys, [f"{y:g}" for y in ys])
    axis.minorticks_off()
    axis.set_xlim(float(across[0]), float(across[-1]))
    axis.set_ylim(float(down[0]), float(down[-1]))
    axis.set_xlabel(found["x_label"])
    axis.set_ylabel(found["y_label"])
    axis.grid(visible=False)
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14))


def _edges(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Borders of cells around increasing positive centres, halfway between neighbours on the logarithmic axis."""
    logs = np.log(centres)
    middle = (logs[1:] + logs[:-1]) / 2
    return np.asarray(np.exp(np.concatenate([[2 * logs[0] - middle[0]], middle, [2 * logs[-1] - middle[-1]]])))
