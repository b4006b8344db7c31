"""Curves of any origin with the law that was fitted to them, its rivals, and what the law leaves over."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mtam.analysis.cell_results import CellResult
from mtam.report.figures.axes import log_axis, size_axis
from mtam.report.figures.learning_curves import spread
from mtam.report.figures.palette import GUIDE, Look, looks
from mtam.report.figures.picture import DrawnPanel, Picture

DASHES = ((0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
Drawn = Sequence[tuple[CellResult, Look]]


def picture(results: Sequence[CellResult]) -> Picture:
    """Errors with fitted laws on log-log axes, and beside them ln(error / law), where a wrong law bends."""
    drawn = list(zip(results, looks([result.axis for result in results]), strict=True))
    single = all(len(result.curve.seeds) < 2 for result in results)
    return Picture(
        "curves",
        "Curves and fitted laws",
        "one seed: no error bars; line: fitted law"
        if single
        else "large markers: geometric mean over seeds ± 1 standard error; small: single seeds; line: fitted law",
        (
            DrawnPanel("errors and fitted law", lambda axis: _errors(axis, drawn)),
            DrawnPanel("what the law leaves, seeds' levels removed", lambda axis: _rest(axis, drawn)),
        ),
        _table(results),
    )


def _errors(axis: Axes, drawn: Drawn) -> None:
    for result, look in drawn:
        points = result.curve
        for row in points.errors if len(points.seeds) > 1 else ():
            axis.plot(points.sizes, row, look.marker, color=look.colour, alpha=0.3, markersize=3, markeredgewidth=0)
        mean, low, high = spread(points)
        bars = None if len(points.seeds) < 2 else np.abs(np.stack([low, high]) - mean)
        axis.errorbar(points.sizes, mean, yerr=bars, fmt=look.marker, color=look.colour, markersize=5, capsize=2)
        if result.fit is None:
            continue
        fine = np.geomspace(points.sizes[0], points.sizes[-1], 200)
        axis.plot(fine, result.fit.predict(fine), color=look.colour, linewidth=1.2, label=_label(result, len(drawn)))
        if result.fit.floor_value > 0:
            axis.axhline(result.fit.floor_value, color=look.colour, linewidth=0.8, linestyle=":")
    if len(drawn) == 1:
        _rivals(axis, drawn[0][0], rest=False)
    log_axis(axis)
    _sizes(axis, drawn)
    axis.set_ylabel("error")
    axis.legend()


def _rest(axis: Axes, drawn: Drawn) -> None:
    axis.axhline(0, color=GUIDE, linewidth=0.8)
    for result, look in drawn:
        if result.fit is None:
            continue
        points, seeds = result.curve, len(result.curve.seeds)
        rest = np.log(points.errors) - np.log(result.fit.predict(points.sizes))
        rest -= rest.mean(axis=1, keepdims=True)  # a seed's level says nothing of the form
        mean, bars = rest.mean(axis=0), None if seeds < 2 else rest.std(axis=0, ddof=1) / seeds**0.5
        style = {"fmt": f"{look.marker}-", "linewidth": 0.8, "markersize": 5, "capsize": 2}
        axis.errorbar(points.sizes, mean, yerr=bars, color=look.colour, **style)  # type: ignore[arg-type]
    if len(drawn) == 1:
        _rivals(axis, drawn[0][0], rest=True)
    _sizes(axis, drawn)
    axis.set_ylabel("ln(error / law)")


def _rivals(axis: Axes, result: CellResult, *, rest: bool) -> None:
    """The other laws, as fitted; in the second panel relative to the first law."""
    fine = np.geomspace(result.curve.sizes[0], result.curve.sizes[-1], 200)
    for rival, dashes in zip(result.rivals or (), DASHES, strict=False):
        found = result.curve.fit(rival, floor=result.floor)
        if found is None or result.fit is None:
            continue
        values = np.log(found.predict(fine) / result.fit.predict(fine)) if rest else found.predict(fine)
        axis.plot(fine, values, color=GUIDE, linewidth=1, linestyle=dashes, label=_formula(str(rival)))


def _label(result: CellResult, cells: int) -> str:
    slope = result.fit.slope if result.fit else None
    name = _formula(str(result.law)) if cells == 1 else result.label
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
            pd.DataFrame({"n": result.curve.sizes.astype(int), "geometric_mean": mean, "low": low, "high": high})
            .assign(fitted=fitted, seeds=len(result.curve.seeds))
            .assign(**result.axis)
        )
    return pd.concat(rows, ignore_index=True)
