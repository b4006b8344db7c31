"""Learning curves: every seed, the mean over seeds with its spread, the fitted law, and what theory says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mtam.analysis.cell_results import CellResult
from mtam.base.columns import FORECAST_ERROR, ORACLE_ERROR
from mtam.rates.curve import Curve
from mtam.rates.fitting.fit import Fit
from mtam.rates.intervals import Interval
from mtam.rates.laws import Floats, PowerLaw, SubPolynomial
from mtam.report.figures import ratio_plane
from mtam.report.figures.axes import CROWD, below, legend, literal, log_axis, size_axis, tall
from mtam.report.figures.legend_series import member_of
from mtam.report.figures.palette import GUIDE, Look, looks
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip

CAPTION = "large markers: geometric mean over seeds ± 1 standard error; small: single seeds; lines: fitted law"
MOST_POINTS = 1000  # of single seeds in a panel
CROWDED = "markers: geometric mean over seeds ± 1 standard error; single seeds are in curve.csv; lines: fitted law"
FEW = 4  # cells that are named once more under the bounds
Drawn = Sequence[tuple[CellResult, Look]]


def curves(
    results: Sequence[CellResult], size: str, parts: Mapping[str, str], flat: Mapping[str, str] | None = None
) -> Picture | None:
    """Learning curves of all cells: power laws log-log with the parts of the error, others on their axis too.

    Ratios that theory says are ``flat`` have a panel each beside power laws.
    """
    styled = zip(results, looks([result.axis for result in results]), strict=True)
    drawn = [(result, look) for result, look in styled if result.fit is not None]
    if not drawn:
        return None
    powers = all(isinstance(result.law, PowerLaw) for result, _ in drawn)
    shown = [name for name in parts if not name.startswith("forecast") and any(_has_logs(r, name) for r, _ in drawn)]
    single = all(len(result.curve.seeds) < 2 for result, _ in drawn)
    return Picture(
        "curves",
        "Learning curves",
        "one seed: no error bars; lines: fitted law" if single else CROWDED if _crowded(drawn) else CAPTION,
        _part_panels(drawn, size, parts, shown) + ratio_plane.panels(drawn, size, flat or {})
        if powers
        else _law_panels(drawn, size),
        _table(drawn, ["error", *shown] if powers else ["error"], flat or {} if powers else {}),
    )


def _crowded(drawn: Drawn) -> bool:
    """Whether cells or seeds are too many for single seeds to be seen; a point each they would also fill the page."""
    return len(drawn) > CROWD or sum(result.curve.errors.size for result, _ in drawn) > MOST_POINTS


def _has_logs(result: CellResult, part: str) -> bool:
    """A difference of errors that is negative in some seed has no logarithm, and so no panel."""
    return part in result.parts and result.parts[part].positive


def _law_panels(drawn: Drawn, size: str) -> tuple[DrawnPanel, ...]:
    crowded = _crowded(drawn)

    def straight(axis: Axes) -> None:
        for result, look in drawn:
            line = FittedCurve(result.label, result.curve, result.fit, result.law.axis, _slope(result))
            _draw(axis, look, line, size, crowded=crowded)
        _y(axis, drawn, ["error"])
        name = _axis_name(drawn, size)
        axis.set_xlabel(name, fontsize=11 if name.startswith("$") else None)
        axis.set_ylabel("excess risk / variance of the target")
        legend(axis, "slope on this axis [95% interval]", under=True)

    def loglog(axis: Axes) -> None:
        for result, look in drawn:
            line = FittedCurve(result.label, result.curve, result.fit, np.asarray, _loglog(result))
            _draw(axis, look, line, size, crowded=crowded)
        _y(axis, drawn, ["error"])
        _log_x(axis, drawn, size)
        axis.set_ylabel("excess risk / variance of the target")
        legend(axis, "log-log slope [95% interval]", under=True)

    title = "on the axis of the theory: straight if the law holds"
    high = tall(len(drawn) + 1)
    panels = [DrawnPanel(title, straight, height=high), DrawnPanel("the same on log-log axes", loglog, height=high)]
    bounded = [(result, look) for result, look in drawn if result.lower is not None and result.reference is not None]
    if bounded:
        panels.append(DrawnPanel("between theory's bounds", partial(_bounds, bounded, size), height=high))
    return tuple(panels)


def _bounds(drawn: Drawn, size: str, axis: Axes) -> None:
    """Arithmetic means between the curve of the best cover and the minimax lower bound; the Bayes rule where known."""
    style: dict[str, Any] = {"markersize": 4, "linewidth": 1}
    for result, look in drawn:
        points, name = result.curve, _legend(result.label, None) if len(drawn) <= FEW else None
        axis.plot(points.sizes, points.mean, look.marker + "-", color=look.colour, label=name, **style)
        for values, line in ((result.reference, "--"), (result.lower, ":")):
            if values is not None:
                member_of(name, *axis.plot(points.sizes, values, line, color=look.colour, linewidth=1.2))
        if result.bayes is not None:
            member_of(name, *axis.plot(points.sizes, result.bayes, "x", color=look.colour, markersize=6))
    for line, name in (("--", "best cover (reference)"), (":", "lower bound (Assouad)"), ("x", "Bayes rule")):
        if line != "x" or any(result.bayes is not None for result, _ in drawn):
            axis.plot([], [], line, color=GUIDE, label=name)
    log_axis(axis)
    _log_x(axis, drawn, size)
    axis.set_ylabel("mean excess risk / variance of the target")
    below(axis, columns=2 if len(drawn) <= FEW else 1)


def _part_panels(drawn: Drawn, size: str, parts: Mapping[str, str], shown: Sequence[str]) -> tuple[DrawnPanel, ...]:
    """A panel for the total and one per part; forecasts are dotted, theory's slope is a dashed line."""
    names, high = ["error", *shown], tall(len(drawn) + 2)
    return tuple(
        DrawnPanel(parts.get(name, "total error"), partial(_part, drawn, size, name, names), height=high)
        for name in names
    )


def _part(drawn: Drawn, size: str, name: str, names: Sequence[str], axis: Axes) -> None:
    forecasts = False
    for result, look in drawn:
        points = result.curve if name == "error" else result.parts.get(name)
        power = points.fit(PowerLaw()) if points else None
        if points is not None and power is not None:
            line = FittedCurve(result.label, points, power, np.asarray, power.loglog)
            _draw(axis, look, line, size, crowded=_crowded(drawn))
        expected = result.parts.get({"error": FORECAST_ERROR}.get(name, f"forecast_{name}"))
        if expected is not None and expected.positive:
            forecasts = True
            dotted = axis.plot(expected.sizes, np.exp(expected.mean_log), ":", color=look.colour, linewidth=1.4)
            member_of(_legend(result.label, power.loglog) if power is not None else None, *dotted)
    if name in ("error", ORACLE_ERROR):
        _theory(axis, drawn[0][0], size)
    _y(axis, drawn, names)
    _log_x(axis, drawn, size)
    axis.set_ylabel(r"$\|\hat g - g^*\|^2$  (unit: variance of $g^*$)")
    legend(axis, "log-log slope [95%]" + "; dotted: forecast" * forecasts, under=True)


def _theory(axis: Axes, result: CellResult, size: str) -> None:
    """A guide with the slope of theory, below the first cell's curve."""
    slope, points = result.law.theory_slope, result.curve
    if slope is None:
        return
    ends = points.sizes[[0, -1]]
    guide = 0.4 * points.mean[0] * (ends / ends[0]) ** slope
    axis.plot(ends, guide, "--", color=GUIDE, linewidth=1, label=f"theory: {size}$^{{{slope:.3g}}}$")


@dataclass(frozen=True)
class FittedCurve:
    """A cell's curve with the law fitted to it, and where its sizes lie on the axis."""

    name: str
    points: Curve
    fit: Fit | None
    place: Callable[[Any], Any]
    slope: Interval | None  # told in the legend


def _draw(axis: Axes, look: Look, curve: FittedCurve, size: str, *, crowded: bool) -> None:
    """Seeds as faint points unless cells crowd, their mean with a standard error, and the fitted law as a line."""
    points, fit, name = curve.points, curve.fit, curve.name
    assert fit is not None
    x = curve.place(points.sizes)
    label = _legend(name, curve.slope)
    for seed, row in () if crowded else zip(points.seeds, points.errors, strict=True):
        (dots,) = axis.plot(x, row, look.marker, color=look.colour, alpha=0.3, markersize=3, markeredgewidth=0)
        member_of(label, dots)
        tip(dots, *(f"{name}, {size} = {n:.0f}, seed {seed}: {y:.3g}" for n, y in zip(points.sizes, row, strict=True)))
    mean, low, high = spread(points)
    bars = None if len(points.seeds) < 2 else np.abs(np.stack([low, high]) - mean)
    style: dict[str, Any] = {"color": look.colour, "markersize": 5, "capsize": 2, "linewidth": 1, "zorder": 3}
    drawn = axis.errorbar(x, mean, yerr=bars, fmt=look.marker, **style)
    member_of(label, *drawn.get_children())
    marks = drawn.lines[0]
    rows = zip(points.sizes, mean, low, high, strict=True)
    tip(marks, *(f"{name}, {size} = {n:.0f}: {m:.3g} [{a:.3g}, {b:.3g}]" for n, m, a, b in rows))
    fine = np.geomspace(points.sizes[0], points.sizes[-1], 200)
    line = np.exp(fit.intercept + fit.line * fit.law.axis(fine))
    axis.plot(curve.place(fine), line, look.dash, color=look.colour, linewidth=1.2, label=label)


def spread(points: Curve) -> tuple[Floats, Floats, Floats]:
    """The geometric mean over seeds, and one standard error of the mean log below and above it; equal for one seed."""
    mean = np.exp(points.mean_log)
    if len(points.seeds) < 2:
        return mean, mean, mean
    error = np.nan_to_num(points.log_standard_error)
    return mean, mean * np.exp(-error), mean * np.exp(error)


def _slope(result: CellResult) -> Interval | None:
    return result.fit.slope if result.fit else None


def _loglog(result: CellResult) -> Interval | None:
    return result.fit.loglog if result.fit else None


def _legend(name: str, slope: Interval | None) -> str:
    name = literal(name.replace("alpha", "α"))
    return name if slope is None else f"{name}: {slope.value:.2f} [{slope.low:.2f}, {slope.high:.2f}]"


def _axis_name(drawn: Drawn, size: str) -> str:
    laws = [result.law for result, _ in drawn]
    if not all(isinstance(law, SubPolynomial) for law in laws):
        labels = dict.fromkeys(law.axis_label.replace("ln n", f"ln {size}") for law in laws)
        shown = ", ".join(labels) if len(labels) < 3 else "see the table of slopes"
        return f"axis of each cell's law: {shown}"
    gammas = {getattr(law, "gamma", None) for law in laws}
    exponent = r"\alpha/(\alpha+1)" if len(gammas) > 1 else f"{gammas.pop():.3g}"
    return rf"$(\ln {size})^{{{exponent}}}$"


def _y(axis: Axes, drawn: Drawn, names: Sequence[str]) -> None:
    """A logarithmic axis with the same limits in all panels."""
    found = [result.curve if name == "error" else result.parts.get(name) for result, _ in drawn for name in names]
    errors = np.concatenate([points.errors.ravel() for points in found if points is not None and points.positive])
    axis.set_ylim(errors.min() / 1.6, errors.max() * 1.6)
    log_axis(axis)


def _log_x(axis: Axes, drawn: Drawn, size: str) -> None:
    size_axis(axis, np.unique(np.concatenate([result.curve.sizes for result, _ in drawn])))
    axis.set_xlabel(f"sample size {size}")


def _table(drawn: Drawn, names: Sequence[str], flat: Mapping[str, str]) -> pd.DataFrame:
    rows = []
    for result, _ in drawn:
        for name in names:
            points = result.curve if name == "error" else result.parts.get(name)
            if points is None or not points.positive:
                continue
            line = points.fit(result.law if name == "error" else PowerLaw())
            for i, (n, *numbers) in enumerate(zip(points.sizes, *spread(points), strict=True)):
                here = dict(zip(("geometric_mean", "low", "high"), numbers, strict=True))
                fitted = np.exp(line.intercept + line.line * line.law.axis(points.sizes[i])) if line else None
                forecast = _forecast(result, name, i)
                rows.append(
                    {**result.axis, "part": name, "n": int(n), **here, "fitted": fitted, "forecast": forecast}
                    | {"seeds": len(points.seeds)}
                )
    return pd.DataFrame(rows + ratio_plane.rows(drawn, flat))


def _forecast(result: CellResult, name: str, index: int) -> float | None:
    expected = result.parts.get({"error": FORECAST_ERROR}.get(name, f"forecast_{name}"))
    return None if expected is None or not expected.positive else float(np.exp(expected.mean_log)[index])
