"""Slopes against theory, a row per cell: the estimate with its interval, and what theory says beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mtam.analysis.cell_results import CellResult
from mtam.base.columns import FORECAST_ERROR
from mtam.rates.laws import PowerLaw, SubPolynomial
from mtam.report.figures.axes import below, literal
from mtam.report.figures.palette import GUIDE, TRUTH, Look, looks
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip

MOST = 30  # rows


@dataclass(frozen=True)
class Row:
    """One estimate of one cell; an end of the interval that is None is open."""

    label: str
    look: Look
    value: float
    low: float | None
    high: float | None
    theory: float | None
    finite: float | None  # what theory says of these very sizes

    @property
    def told(self) -> str:
        ends = ["open" if end is None else f"{end:.3f}" for end in (self.low, self.high)]
        return f"{self.label}: {self.value:.3f} [{ends[0]}, {ends[1]}]"


def forest(results: Sequence[CellResult], size: str) -> Picture | None:
    """Slopes of power laws, and the exponent gamma that other curves choose themselves."""
    styled = list(zip(results, looks([result.axis for result in results]), strict=True))
    slopes = [row for result, look in styled if (row := _slope(result, look)) is not None][:MOST]
    gammas = [row for result, look in styled if (row := _gamma(result, look)) is not None][:MOST]
    panels = []
    if slopes:
        panels.append(_panel(slopes, f"log-log slope in {size}", f"slope b of error ~ {size}^b", "forecast"))
    if gammas:
        words = f"γ in exp(-C (ln {size})^γ)"
        panels.append(_panel(gammas, "the exponent γ that the curve chooses", words, "reference curve, same sizes"))
    if not panels:
        return None
    caption = "bars: 95% interval over seeds, an arrow where it is open or goes on"
    tables = [_table(rows, what) for rows, what in ((slopes, "slope"), (gammas, "gamma")) if rows]
    return Picture("slopes", "Slopes against theory", caption, tuple(panels), pd.concat(tables, ignore_index=True))


def _slope(result: CellResult, look: Look) -> Row | None:
    if isinstance(result.law, SubPolynomial) or result.fit is None or result.fit.slope is None:
        return None
    slope = result.fit.slope
    expected = result.parts.get(FORECAST_ERROR)
    line = expected.fit(PowerLaw()) if expected is not None else None
    return Row(
        result.label, look, slope.value, slope.low, slope.high, result.law.theory_slope, line.line if line else None
    )


def _gamma(result: CellResult, look: Look) -> Row | None:
    told = result.comparison
    if told.get("free_gamma") is None:
        return None
    low, high = told.get("free_gamma_low"), told.get("free_gamma_high")
    finite = told.get("reference_gamma")
    return Row(result.label, look, told["free_gamma"], low, high, told.get("theory_gamma"), finite)


def _panel(rows: Sequence[Row], title: str, label: str, finite: str) -> DrawnPanel:
    return DrawnPanel(title, partial(_draw, rows, label, finite), 4.6, 1.85 + 0.34 * len(rows))


def _draw(rows: Sequence[Row], label: str, finite: str, axis: Axes) -> None:
    low, high = _limits(rows)
    for place, row in enumerate(rows):
        left = low if row.low is None else max(row.low, low)
        right = high if row.high is None else min(row.high, high)
        axis.plot([left, right], [place, place], color=row.look.colour, linewidth=1.6, solid_capstyle="butt")
        for end, edge, marker in ((row.low, low, "<"), (row.high, high, ">")):
            if end is None or not low <= end <= high:
                axis.plot(edge, place, marker, color=row.look.colour, markersize=5, clip_on=False)
        (mark,) = axis.plot(row.value, place, row.look.marker, color=row.look.colour, markersize=6, zorder=3)
        tip(mark, row.told)
        for value, colour, words in ((row.theory, TRUTH, "theory"), (row.finite, GUIDE, finite)):
            if value is not None:
                (guide,) = axis.plot(value, place, "|", color=colour, markersize=13, markeredgewidth=2, zorder=4)
                tip(guide, f"{row.label}: {words} {value:.3f}")
    axis.plot([], [], "|", color=TRUTH, markersize=10, markeredgewidth=2, label="theory")
    if any(row.finite is not None for row in rows):
        axis.plot([], [], "|", color=GUIDE, markersize=10, markeredgewidth=2, label=finite)
    axis.set_yticks(range(len(rows)), [literal(row.label.replace("alpha", "α")) for row in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xlim(low, high)
    axis.set_xlabel(label)
    axis.grid(visible=False, axis="y")
    below(axis)


def _limits(rows: Sequence[Row]) -> tuple[float, float]:
    """Wide enough for all estimates and ends, but an interval far wider than the others' does not squeeze them."""
    points = np.array([x for row in rows for x in (row.value, row.theory, row.finite) if x is not None])
    ends = np.array([x for row in rows for x in (row.low, row.high) if x is not None])
    reach = max(float(np.ptp(points)), 0.1)
    if ends.size:
        reach = max(reach, min(float(np.abs(ends - np.median(points)).max()), 3 * reach))
    middle = float(points.max() + points.min()) / 2
    low = min(float(points.min()), max(float(ends.min(initial=middle)), middle - reach))
    high = max(float(points.max()), min(float(ends.max(initial=middle)), middle + reach))
    room = 0.08 * (high - low) if high - low > 1e-9 else 0.1  # errors without noise have intervals without width
    return low - room, high + room


def _table(rows: Sequence[Row], what: str) -> pd.DataFrame:
    names: dict[str, Any] = {"cell": "label", "value": "value", "low": "low", "high": "high"}
    names |= {"theory": "theory", "theory_at_these_sizes": "finite"}
    return pd.DataFrame([{"what": what} | {name: getattr(row, field) for name, field in names.items()} for row in rows])
