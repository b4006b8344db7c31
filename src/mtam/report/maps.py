"""Levels at the largest sample size: a chart along one axis, heat maps over the plane of two."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mtam.report.figures import COLOURS, STYLE, save
from mtam.report.tables import CellResult


def levels(results: Sequence[CellResult], path: Path, headings: Mapping[str, str], size: str) -> list[Path]:
    """The error and the first diagnostic of every cell; nothing where the cells have no axis or more than two."""
    axes = list(results[0].axis) if results else []
    shown = ["error", *(name for name in headings if all(name in result.levels for result in results))][:2]
    if len(results) < 2 or len(axes) not in (1, 2):
        return []
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.4 * len(shown) + 0.4, 3.8), layout="constrained")
        panels = figure.subplots(1, len(shown), squeeze=False)[0]
        for panel, name in zip(panels, shown, strict=True):
            draw = _chart if len(axes) == 1 else _map
            draw(panel, results, axes, name)
            panel.set_title(headings.get(name, name), fontsize=9)
        largest = max(result.curve.sizes[-1] for result in results)
        figure.supxlabel(f"at {size} = {largest:.0f}; mean over seeds, bars: ± 1 standard error", fontsize=7)
        return save(figure, path)


def _word(key: str) -> str:
    return key.rpartition(".")[2].replace("_", " ")


def _chart(panel: Axes, results: Sequence[CellResult], axes: Sequence[str], name: str) -> None:
    (key,) = axes
    values = [result.axis[key] for result in results]
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    x = np.array(values, dtype=float) if numeric else np.arange(len(values))
    order = np.argsort(x)
    mean = np.array([result.levels[name][0] for result in results])[order]
    spreads = [result.levels[name][1] for result in results]
    known = [spread for spread in spreads if spread is not None]
    spread = np.array(known)[order] if len(known) == len(spreads) else None
    style: dict[str, Any] = {"color": COLOURS[0], "capsize": 3, "markersize": 5, "linewidth": 1}
    panel.errorbar(x[order], mean, yerr=spread, fmt="o-" if numeric else "o", **style)
    panel.set_xlabel(_word(key))
    if not numeric:
        panel.set_xticks(x, [str(value) for value in values], rotation=20)
    if name == "error" and mean.min() > 0:
        panel.set_yscale("log")
    else:
        panel.set_ylim(0, max(1.05, 1.1 * float(mean.max())))


def _map(panel: Axes, results: Sequence[CellResult], axes: Sequence[str], name: str) -> None:
    rows, columns = axes
    ys = list(dict.fromkeys(result.axis[rows] for result in results))
    xs = list(dict.fromkeys(result.axis[columns] for result in results))
    grid = np.full((len(ys), len(xs)), np.nan)
    for result in results:
        grid[ys.index(result.axis[rows]), xs.index(result.axis[columns])] = result.levels[name][0]
    norm = _norm(grid, name)
    panel.imshow(grid, norm=norm, cmap="cividis", aspect="auto", origin="lower")
    for (row, column), value in np.ndenumerate(grid):
        if np.isfinite(value):
            dark = norm(value) < 0.55
            panel.text(column, row, f"{value:.2g}", ha="center", va="center", fontsize=7, color="w" if dark else "k")
    panel.set_xticks(range(len(xs)), [str(x) for x in xs], rotation=0 if len(xs) > 5 else 15)
    panel.set_yticks(range(len(ys)), [str(y) for y in ys])
    panel.set_xlabel(_word(columns))
    panel.set_ylabel(_word(rows))
    panel.grid(visible=False)
    if (rows, columns) == ("data.components", "data.tag_dim"):
        _rankin(panel, ys, xs)


def _norm(grid: NDArray[np.float64], name: str) -> Normalize:
    if name == "error" and np.nanmin(grid) > 0:
        return LogNorm(np.nanmin(grid), np.nanmax(grid))
    return Normalize(0.0, max(1.0, float(np.nanmax(grid))))


def _rankin(panel: Axes, counts: Sequence[int], dims: Sequence[int]) -> None:
    """Rankin's borders: at most d1 + 1 unit vectors have all inner products negative, at most 2 d1 none positive."""
    edges = np.repeat(np.arange(len(dims) + 1) - 0.5, 2)[1:-1]
    for factor, plus, line, label in ((1, 1, "--", "$d_1+1$"), (2, 0, "-", "$2d_1$")):
        below = [sum(count <= factor * d + plus for count in counts) for d in dims]  # rows within the border
        height = np.repeat(np.array(below, dtype=float) - 0.5, 2)
        panel.plot(edges, height, line, color="#D55E00", linewidth=1.8, label=f"components = {label}")
    panel.set_ylim(-0.5, len(counts) - 0.5)
    panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1.06), ncols=2, fontsize=7)
