"""Curves of any origin with the law that was fitted to them, its rivals, and what the law leaves over."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mtam.analysis.cell_results import CellResult
from mtam.rates.curve import sizes_of
from mtam.report.figures.axes import below, literal, log_axis, shortened, size_axis, tall
from mtam.report.figures.learning_curves import spread
from mtam.report.figures.palette import COLOURS, GUIDE, Look, looks
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip

DASHES = ((0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
FEW = len(COLOURS)  # cells that have a colour each; of more, the most telling ones have
TOLD = 6
POINTS = 4000  # single errors that a picture can show
NAMED = 30  # cells whose slopes are named at the axis
TRACED = 200  # points of a line
BACK: dict[str, Any] = {"color": GUIDE, "linewidth": 0.7, "zorder": 1}  # cells in the background
Drawn = Sequence[tuple[CellResult, Look | None]]  # no look: grey, in the background


def picture(results: Sequence[CellResult]) -> Picture:
    """Errors with fitted laws on log-log axes, and beside them ln(error / law), where a wrong law bends.

    Of many cells six are in colour, the others grey, and a third panel has the slope of every cell.
    """
    told = _telling(results)
    styles = looks([results[index].axis for index in told])
    if len(told) < len(results):
        styles = [Look(COLOURS[i], look.marker, "-") for i, look in enumerate(_distinct(len(told)))]
    by_cell = dict(zip(told, styles, strict=True))
    drawn = [(result, by_cell.get(index)) for index, result in enumerate(results)]
    high = tall(len(told) + 1 if len(results) > 1 else len(results[0].rivals or ()) + 1)
    panels = [
        DrawnPanel("errors and fitted law", lambda axis: _errors(axis, drawn), height=high),
        DrawnPanel("what the law leaves, seeds' levels removed", lambda axis: _rest(axis, drawn), height=high),
    ]
    if len(results) > FEW:
        lines = len(results) if len(results) <= NAMED else 0
        panels.append(
            DrawnPanel("slopes of all cells", lambda axis: _slopes(axis, drawn), height=max(high, 1.2 + 0.17 * lines))
        )
    return Picture("curves", "Curves and fitted laws", _caption(drawn), tuple(panels), _table(results))


def _caption(drawn: Drawn) -> str:
    if len(drawn) > FEW:
        return (
            f"{len(drawn)} cells: in colour those of the largest and smallest error, steepest and flattest slope and "
            "worst fit; markers: geometric mean over seeds ± 1 standard error; lines: fitted law"
        )
    if all(len(result.curve.seeds) < 2 for result, _ in drawn):
        return "one seed: no error bars; line: fitted law"
    seeds = "; small: single seeds" if _points(drawn) <= POINTS else ""
    return f"large markers: geometric mean over seeds ± 1 standard error{seeds}; line: fitted law"


def _points(drawn: Drawn) -> int:
    return sum(result.curve.errors.size for result, _ in drawn)


def _distinct(count: int) -> list[Look]:
    return looks([{"cell": index} for index in range(count)])


def _telling(results: Sequence[CellResult]) -> list[int]:
    """The cells that are drawn in colour: all of a few, else extremes, filled up in the order of the slopes."""
    if len(results) <= FEW:
        return list(range(len(results)))
    last = np.array([result.curve.mean[-1] for result in results])
    lines = np.array([result.fit.line if result.fit else np.nan for result in results])
    fits = np.array([np.nan if result.fit is None or result.fit.r2 is None else result.fit.r2 for result in results])
    order = [int(i) for i in np.argsort(lines, kind="stable") if np.isfinite(lines[i])]  # steepest first
    worst = [int(np.nanargmin(fits))] if np.isfinite(fits).any() else []
    first = [int(last.argmax()), int(last.argmin()), *order[:1], *order[-1:], *worst]
    told = list(dict.fromkeys([*first, *order[len(order) // 2 :], *range(len(results))]))
    return sorted(told[:TOLD])


def _errors(axis: Axes, drawn: Drawn) -> None:
    several, seeds = len(drawn) > 1, len(drawn) <= FEW and _points(drawn) <= POINTS
    for result, look in drawn:
        points, at = result.curve, _shown(result)
        mean, low, high = spread(points)
        if look is None:
            (line,) = axis.plot(points.sizes[at], mean[at], alpha=_faint(drawn), **BACK)
            tip(line, result.label)
            continue
        if seeds and len(points.seeds) > 1:
            x = np.broadcast_to(points.sizes, points.errors.shape).ravel()
            style: dict[str, Any] = {"color": look.colour, "alpha": 0.3, "markersize": 3, "markeredgewidth": 0}
            axis.plot(x, points.errors.ravel(), look.marker, **style)
        bars = None if len(points.seeds) < 2 else np.nan_to_num(np.abs(np.stack([low, high]) - mean))
        style = {"markersize": 5, "capsize": 2} if len(points.sizes) <= TRACED else {"markersize": 1.5}
        x, bars = points.sizes[at], None if bars is None else bars[:, at]
        axis.errorbar(x, mean[at], yerr=bars, fmt=look.marker, color=look.colour, **style)
        if result.fit is None:
            continue
        fine = np.geomspace(points.sizes[0], points.sizes[-1], TRACED)
        label = _label(result, several)
        axis.plot(fine, result.fit.predict(fine), color=look.colour, linewidth=1.2, label=label)
        if result.fit.floor_value > 0:
            axis.axhline(result.fit.floor_value, color=look.colour, linewidth=0.8, linestyle=":")
    if not several:
        _rivals(axis, drawn[0][0], rest=False)
    log_axis(axis)
    _sizes(axis, drawn)
    axis.set_ylabel("error")
    _legend(axis, drawn, "slope on the law's axis [95%]" if several else None)


def _legend(axis: Axes, drawn: Drawn, title: str | None) -> None:
    grey = sum(look is None for _, look in drawn)
    if grey:
        axis.plot([], [], color=GUIDE, alpha=0.5, linewidth=0.7, label=f"{grey} other cells")
    if axis.get_legend_handles_labels()[1]:
        below(axis, title)


def _rest(axis: Axes, drawn: Drawn) -> None:
    axis.axhline(0, color=GUIDE, linewidth=0.8)
    for result, look in drawn:
        if result.fit is None:
            continue
        points, seeds, at = result.curve, len(result.curve.seeds), _shown(result)
        predicted = np.log(result.fit.predict(points.sizes))
        if look is None:
            rest = points.mean_log - predicted
            axis.plot(points.sizes[at], (rest - rest.mean())[at], alpha=_faint(drawn), **BACK)
            continue
        rest = np.log(points.errors) - predicted
        there = np.isfinite(rest)
        levels = np.nanmean(rest, axis=1, keepdims=True)  # a seed's level says nothing of the form
        mean = points.mean_log - predicted
        apart = np.where(there, rest - levels, np.nan)
        bars = None
        if seeds > 1 and there.all():
            mean, bars = apart.mean(axis=0), apart.std(axis=0, ddof=1) / seeds**0.5
        elif seeds > 1:
            bars = np.nan_to_num(np.sqrt(np.nanmean((apart - mean + mean.mean()) ** 2, axis=0) / there.sum(axis=0)))
        style = {"fmt": f"{look.marker}-", "linewidth": 0.8, "markersize": 5, "capsize": 2}
        if len(points.sizes) > TRACED:
            style, bars = {"fmt": "-", "linewidth": 0.8}, None
        mean = mean - mean.mean() if bars is None or not there.all() else mean
        axis.errorbar(points.sizes[at], mean[at], yerr=bars, color=look.colour, **style)  # type: ignore[arg-type]
    if len(drawn) == 1:
        _rivals(axis, drawn[0][0], rest=True)
    _sizes(axis, drawn)
    axis.set_ylabel("ln(error / law)")


def _shown(result: CellResult) -> NDArray[np.int64]:
    """The sizes that are drawn: all, or of many a few hundred along the axis."""
    sizes = result.curve.sizes
    if len(sizes) <= TRACED:
        return np.arange(len(sizes))
    return np.unique(np.searchsorted(sizes, np.geomspace(sizes[0], sizes[-1], TRACED)).clip(max=len(sizes) - 1))


def _faint(drawn: Drawn) -> float:
    return max(0.1, min(0.35, 25 / len(drawn)))


def _slopes(axis: Axes, drawn: Drawn) -> None:
    """The slope of every cell with its interval, the steepest below."""
    known = [(result, look, result.fit.slope) for result, look in drawn if result.fit and result.fit.slope]
    known.sort(key=lambda each: each[2].value)
    for place, (result, look, slope) in enumerate(known):
        colour = GUIDE if look is None else look.colour
        (bar,) = axis.plot([slope.low, slope.high], [place, place], color=colour, linewidth=0.8, solid_capstyle="butt")
        tip(bar, f"{result.label}: {slope}")
        axis.plot([slope.value], [place], "." if look is None else look.marker, color=colour, markersize=4)
    ends = np.array([end for _, _, slope in known for end in (slope.low, slope.high)])
    if len(ends):  # a few intervals that are much wider than the others run out of the picture
        low, high = np.quantile(ends, [0.02, 0.98])
        values = [slope.value for _, _, slope in known]
        low, high = min(low, *values), max(high, *values)
        axis.set_xlim(low - 0.05 * (high - low) - 1e-9, high + 0.05 * (high - low) + 1e-9)
    axis.set_xlabel("slope on the law's axis [95% interval]")
    axis.locator_params(axis="x", nbins=6)
    if len(known) <= NAMED:
        axis.set_yticks(range(len(known)), [literal(shortened(result.label, 24)) for result, _, _ in known])
    else:
        axis.set_ylabel("cells, by slope")
        axis.set_yticks([])


def _rivals(axis: Axes, result: CellResult, *, rest: bool) -> None:
    """The other laws, as fitted; in the second panel relative to the first law."""
    fine = np.geomspace(result.curve.sizes[0], result.curve.sizes[-1], TRACED)
    for rival, dashes in zip(result.rivals or (), DASHES, strict=False):
        found = result.curve.fit(rival, floor=result.floor)
        if found is None or result.fit is None:
            continue
        values = np.log(found.predict(fine) / result.fit.predict(fine)) if rest else found.predict(fine)
        axis.plot(fine, values, color=GUIDE, linewidth=1, linestyle=dashes, label=_formula(str(rival)))


def _label(result: CellResult, several: bool) -> str:
    slope = result.fit.slope if result.fit else None
    name = literal(shortened(result.label)) if several else _formula(str(result.law))
    return name if slope is None else f"{name}: {slope.value:.2f} [{slope.low:.2f}, {slope.high:.2f}]"


def _formula(law: str) -> str:
    """The law as mathematics: powers raised, functions upright."""
    head, sign, power = law.rpartition("^")
    closed = power.removesuffix(")")
    upright = head.replace("exp", r"\exp").replace("ln", r"\ln").replace("R_ref", r"R_\mathrm{ref}")
    return f"${upright}^{{{closed}}}{power[len(closed) :]}$" if sign else law


def _sizes(axis: Axes, drawn: Drawn) -> None:
    size_axis(axis, np.unique(np.concatenate([result.curve.sizes for result, _ in drawn])))
    axis.set_xlabel("n")


def _table(results: Sequence[CellResult]) -> pd.DataFrame:
    rows = []
    for result in results:
        fitted = result.fit.predict(result.curve.sizes) if result.fit else np.full(len(result.curve.sizes), np.nan)
        mean, low, high = spread(result.curve)
        rows.append(
            pd.DataFrame({"n": sizes_of(result.curve), "geometric_mean": mean, "low": low, "high": high})
            .assign(fitted=fitted, seeds=result.curve.counts.astype(int))
            .assign(**result.axis)
        )
    return pd.concat(rows, ignore_index=True)
