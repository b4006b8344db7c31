"""Levels at the largest sample size: a chart along one axis, heat maps over the plane of two."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from mtam.analysis.cell_results import CellResult
from mtam.report.figures.axes import log_axis, size_axis
from mtam.report.figures.palette import COLOURS, looks
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip

LIGHT, DARK = "#fdfdfd", "#020202"  # text on a heat map; not the colours of a page, which change with its theme


def levels(results: Sequence[CellResult], headings: Mapping[str, str], size: str) -> Picture | None:
    """The error and the first diagnostic of every cell; nothing where the cells have no axis or more than two."""
    axes = list(results[0].axis) if results else []
    shown = ["error", *(name for name in headings if all(name in result.levels for result in results))][:2]
    if len(results) < 2 or len(axes) not in (1, 2):
        return None
    drawer = _chart if len(axes) == 1 else _map
    panels = [
        DrawnPanel(headings.get(name, name), partial(drawer, results, axes, name), *_size(results)) for name in shown
    ]
    largest = max(result.curve.sizes[-1] for result in results)
    caption = f"at {size} = {largest:.0f}; mean over seeds"
    if len(axes) == 1:
        caption += ", bars: ± 1 standard error"
    return Picture("levels", "Levels at the largest size", caption, tuple(panels), _table(results, shown))


def _size(results: Sequence[CellResult]) -> tuple[float, float]:
    if len(results[0].axis) == 1:
        return 4.6, 3.7
    down, across = (len({result.axis[key] for result in results}) for key in results[0].axis)
    return max(4.6, 1.2 + 0.5 * across), max(3.7, 1.1 + 0.36 * down)


def _word(key: str) -> str:
    return key.rpartition(".")[2].replace("_", " ")


def said(level: tuple[float, float | None]) -> str:
    """A level in words."""
    mean, error = level
    return f"{mean:.3g}" if error is None else f"{mean:.3g} ± {error:.2g}"


WIDE = 30.0  # range of whole numbers beyond which their scale is logarithmic


def _chart(results: Sequence[CellResult], axes: Sequence[str], name: str, panel: Axes) -> None:
    (key,) = axes
    values = [result.axis[key] for result in results]
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    x = np.array(values, dtype=float) if numeric else np.arange(len(values), dtype=float)
    mean = np.array([result.levels[name][0] for result in results])
    if numeric:
        order = np.argsort(x)
        panel.plot(x[order], mean[order], color="#999999", linewidth=1, zorder=1)
    style: dict[str, Any] = {"capsize": 3, "markersize": 6, "linewidth": 1}
    for result, look, at in zip(results, looks([result.axis for result in results]), x, strict=True):
        level, spread = result.levels[name]
        bars = panel.errorbar(at, level, yerr=spread, fmt=look.marker, color=look.colour, **style)
        tip(bars.lines[0], f"{result.label}: {name.replace('_', ' ')} {said(result.levels[name])}")
    panel.set_xlabel(_word(key))
    panel.set_ylabel(name.replace("_", " "))
    if not numeric:
        panel.set_xticks(x, [str(value) for value in values], rotation=20, ha="right", rotation_mode="anchor")
        panel.set_xlim(-0.6, len(values) - 0.4)
    elif x.min() >= 1 and x.max() > WIDE * x.min():
        size_axis(panel, np.sort(x))
    elif all(isinstance(value, int) for value in values):
        panel.set_xticks(np.sort(x), [f"{value:.0f}" for value in np.sort(x)])  # there is nothing between counts
    if name == "error" and mean.min() > 0:
        log_axis(panel)
    else:
        panel.set_ylim(min(0.0, 1.1 * float(mean.min())), max(1.05, 1.1 * float(mean.max())))


def _map(results: Sequence[CellResult], axes: Sequence[str], name: str, panel: Axes) -> None:
    rows, columns = axes
    ys = list(dict.fromkeys(result.axis[rows] for result in results))
    xs = list(dict.fromkeys(result.axis[columns] for result in results))
    norm = _norm(np.array([result.levels[name][0] for result in results]), name)
    for result in results:
        at = xs.index(result.axis[columns]), ys.index(result.axis[rows])
        value = result.levels[name][0]
        box = Rectangle((at[0] - 0.5, at[1] - 0.5), 1, 1, facecolor=colormaps["cividis"](norm(value)), linewidth=0)
        tip(panel.add_patch(box), f"{result.label}: {name.replace('_', ' ')} {said(result.levels[name])}")
        colour = LIGHT if norm(value) < 0.55 else DARK
        panel.text(*at, f"{value:.2g}", ha="center", va="center", fontsize=7, color=colour)
    panel.set_xticks(range(len(xs)), [str(x) for x in xs], rotation=0 if len(xs) > 5 else 15)
    panel.set_yticks(range(len(ys)), [str(y) for y in ys])
    panel.set_xlim(-0.5, len(xs) - 0.5)
    panel.set_ylim(-0.5, len(ys) - 0.5)
    panel.set_xlabel(_word(columns))
    panel.set_ylabel(_word(rows))
    panel.grid(visible=False)
    if (rows, columns) == ("data.components", "data.tag_dim"):
        _rankin(panel, ys, xs)


def _norm(values: NDArray[np.float64], name: str) -> Normalize:
    if name == "error" and np.nanmin(values) > 0:
        return LogNorm(np.nanmin(values), max(np.nanmax(values), 1.001 * np.nanmin(values)))
    return Normalize(0.0, max(1.0, float(np.nanmax(values))))


def _rankin(panel: Axes, counts: Sequence[int], dims: Sequence[int]) -> None:
    """Rankin's borders: at most d1 + 1 unit vectors have all inner products negative, at most 2 d1 none positive."""
    edges = np.repeat(np.arange(len(dims) + 1) - 0.5, 2)[1:-1]
    for factor, plus, line, label in ((1, 1, "--", "$d_1+1$"), (2, 0, "-", "$2d_1$")):
        below = [sum(count <= factor * d + plus for count in counts) for d in dims]  # rows within the border
        height = np.repeat(np.array(below, dtype=float) - 0.5, 2)
        panel.plot(edges, height, line, color=COLOURS[1], linewidth=1.8, label=f"components = {label}")
    panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1.06), ncols=2, fontsize=7)


def _table(results: Sequence[CellResult], shown: Sequence[str]) -> pd.DataFrame:
    rows = []
    for result in results:
        told = {name: result.levels.get(name, (None, None)) for name in shown}
        numbers = {f"{name}{end}": level[i] for name, level in told.items() for i, end in enumerate(("", "_se"))}
        rows.append({**result.axis, "n": int(result.curve.sizes[-1]), **numbers})
    return pd.DataFrame(rows)
