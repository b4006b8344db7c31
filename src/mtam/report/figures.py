"""Figures, drawn from records and curves; colours are those of Okabe and Ito, safe for colour-blind readers."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mtam.rates.curve import Curve
from mtam.rates.fit import Fit, Interval
from mtam.rates.laws import PowerLaw, SubPolynomial
from mtam.report.tables import CellResult

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "svg.hashsalt": "mtam",
}
CAPTION = "large markers: geometric mean over seeds ± 1 standard error; small: single seeds; lines: fitted law"


def save(figure: Figure, path: Path) -> list[Path]:
    """Write PNG and SVG beside each other, each in one step, with no date inside."""
    written = []
    for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None})):
        target = path.with_suffix(suffix)
        draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        figure.savefig(draft, format=suffix[1:], metadata=metadata)
        os.replace(draft, target)
        written.append(target)
    return written


def curves(results: Sequence[CellResult], path: Path, size: str, parts: Mapping[str, str]) -> list[Path]:
    """Learning curves of all cells: power laws log-log with the parts of the error, others on their axis too."""
    drawn = [result for result in results if result.fit is not None]
    if not drawn:
        return []
    with mpl.rc_context(STYLE):
        if all(isinstance(result.law, PowerLaw) for result in drawn):
            figure = _power_law_figure(drawn, size, parts)
        else:
            figure = _two_axes_figure(drawn, size)
        single = all(len(result.curve.seeds) < 2 for result in drawn)
        figure.supxlabel(
            "one seed: no error bars; lines: fitted law" if single else CAPTION, fontsize=7, color="#444444"
        )
        return save(figure, path)


def _two_axes_figure(drawn: Sequence[CellResult], size: str) -> Figure:
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for index, result in enumerate(drawn):
        _draw(left, index, result.curve, result.fit, result.law.axis, _legend(result))
        _draw(right, index, result.curve, result.fit, np.asarray, _legend(result))
    _log_y(left)
    left.set_xlabel(_axis_name(drawn, size))
    left.set_title("on the axis of the theory: a straight line if the law holds", fontsize=9)
    left.set_ylabel("excess risk / variance of the target")
    _log_x(right, size)
    right.set_title("the same on log-log axes", fontsize=9)
    right.legend(fontsize=8, title="slope on the theory's axis [95% interval]", title_fontsize=8, alignment="left")
    return figure


def _power_law_figure(drawn: Sequence[CellResult], size: str, parts: Mapping[str, str]) -> Figure:
    """A panel for the total and one per part; forecasts are dotted, theory's slope is a dashed line."""
    shown = [name for name in parts if not name.startswith("forecast") and any(name in r.parts for r in drawn)]
    figure = Figure(figsize=(4.2 * (1 + len(shown)) + 0.6, 3.9), layout="constrained")
    axes = figure.subplots(1, 1 + len(shown), sharey=True, squeeze=False)[0]
    for axis, name in zip(axes, ("error", *shown), strict=True):
        for index, result in enumerate(drawn):
            points = result.curve if name == "error" else result.parts.get(name)
            line = points.fit(PowerLaw()) if points else None
            if points is not None and line is not None:
                _draw(axis, index, points, line, np.asarray, _slope_label(result, line.loglog))
            expected = result.parts.get({"error": "forecast_error"}.get(name, f"forecast_{name}"))
            if expected is not None and expected.positive:
                axis.plot(expected.sizes, np.exp(expected.mean_log), ":", color=COLOURS[index % 7], linewidth=1.4)
        if name in ("error", "oracle_error"):
            _theory(axis, drawn[0], size)
        _log_y(axis)
        _log_x(axis, size)
        axis.set_title(parts.get(name, "total error"), fontsize=9)
        axis.legend(fontsize=7, title="log-log slope [95%]; dotted: forecast", title_fontsize=7, alignment="left")
    axes[0].set_ylabel(r"$\|\hat g - g^*\|^2$  (unit: variance of $g^*$)")
    return figure


def _theory(axis: Axes, result: CellResult, size: str) -> None:
    """A guide with the slope of theory, below the first cell's curve."""
    slope, points = result.law.theory_slope, result.curve
    if slope is None:
        return
    ends = points.sizes[[0, -1]]
    guide = 0.4 * points.mean[0] * (ends / ends[0]) ** slope
    axis.plot(ends, guide, "--", color="#777777", linewidth=1, label=f"theory: {size}$^{{{slope:.3g}}}$")


def _log_x(axis: Axes, size: str) -> None:
    axis.set_xscale("log", base=2)
    axis.set_xlabel(f"sample size {size}")


def _axis_name(drawn: Sequence[CellResult], size: str) -> str:
    if not all(isinstance(result.law, SubPolynomial) for result in drawn):
        labels = dict.fromkeys(result.law.axis_label.replace("ln n", f"ln {size}") for result in drawn)
        return "axis of each cell's law: " + ", ".join(labels)
    gammas = {getattr(result.law, "gamma", None) for result in drawn}
    exponent = r"\alpha/(\alpha+1)" if len(gammas) > 1 else f"{gammas.pop():.3g}"
    return rf"$(\ln {size})^{{{exponent}}}$"


def _draw(axis: Axes, index: int, points: Curve, fit: Fit | None, place: Callable[[Any], Any], label: str) -> None:
    """Seeds as faint points, their geometric mean with a standard error, and the fitted law as a line."""
    assert fit is not None
    colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
    x = place(points.sizes)
    for row in points.errors:
        axis.plot(x, row, marker, color=colour, alpha=0.3, markersize=3, markeredgewidth=0)
    mean, bars = np.exp(points.mean_log), None
    if len(points.seeds) > 1:
        spread = np.log(points.errors).std(axis=0, ddof=1) / len(points.seeds) ** 0.5
        bars = np.abs(mean * np.exp([-spread, spread]) - mean)
    style: dict[str, Any] = {"color": colour, "markersize": 5, "capsize": 2, "linewidth": 1, "zorder": 3}
    axis.errorbar(x, mean, yerr=bars, fmt=marker, **style)
    fine = np.geomspace(points.sizes[0], points.sizes[-1], 200)
    axis.plot(
        place(fine), np.exp(fit.intercept + fit.line * fit.law.axis(fine)), color=colour, linewidth=1.2, label=label
    )


def _legend(result: CellResult) -> str:
    return _slope_label(result, result.fit.slope if result.fit else None)


def _slope_label(result: CellResult, slope: Interval | None) -> str:
    name = result.label.replace("alpha", r"$\alpha$")
    return name if slope is None else f"{name}: {slope.value:.2f} [{slope.low:.2f}, {slope.high:.2f}]"


def _log_y(axis: Axes) -> None:
    axis.set_yscale("log")  # its own formatter labels minor ticks where less than a decade is shown


def interaction_fit(numbers: dict[str, Any], path: Path, title: str) -> list[Path]:
    """phi-hat against phi* over the density of u = x' A* y, and the spectrum of A-hat against that of A*."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.6, 1))
        _activation_panel(left, numbers)
        _spectrum_panel(right, numbers)
        figure.suptitle(title, fontsize=9)
        return save(figure, path)


def _activation_panel(axis: Axes, numbers: dict[str, Any]) -> None:
    u = np.array(numbers["phi_grid"])
    density = np.array(numbers["u_density"])
    behind = axis.twinx()
    behind.fill_between(u, density, color="#999999", alpha=0.25, linewidth=0)
    behind.set_ylim(0, 1.15 * density.max())
    behind.set_yticks([])
    behind.grid(visible=False)
    behind.spines["right"].set_visible(False)
    axis.set_zorder(behind.get_zorder() + 1)
    axis.patch.set_visible(False)
    if "phi_true" in numbers:
        axis.plot(u, numbers["phi_true"], color="#000000", linewidth=2.4, alpha=0.55, label=r"true $\varphi^*$")
    if "band_low" in numbers:
        band: dict[str, Any] = {"color": COLOURS[1], "alpha": 0.25, "linewidth": 0, "label": "95% band, pointwise"}
        axis.fill_between(u, numbers["band_low"], numbers["band_high"], **band)
    axis.plot(u, numbers["phi_hat"], color=COLOURS[1], linewidth=1.3, label=r"fitted $\hat\varphi$")
    axis.fill_between([], [], color="#999999", alpha=0.25, label="density of $u$")
    known = "phi_true" in numbers
    axis.set_xlabel(r"$u = x^\top A^* y$" if known else r"$u = x^\top \hat A y$")
    axis.set_ylabel(r"$\varphi(u)$   (unit: s.d. of $g^*$)" if known else r"$\hat\varphi(u)$   (unit of $Y$)")
    axis.legend(loc="best", fontsize=8)


def _spectrum_panel(axis: Axes, numbers: dict[str, Any]) -> None:
    """The singular values, as many as are not zero and a few more."""
    series = [
        (name, label, colour, marker, shift)
        for name, label, colour, marker, shift in (
            ("singular_true", "$A^*$", "#000000", "o", -0.06),
            ("singular_hat", r"$\hat A$", COLOURS[1], "D", 0.06),
        )
        if name in numbers
    ]
    everything = np.array([numbers[name] for name, *_ in series])
    rank = int((everything > 1e-9 * everything.max()).sum(axis=1).max())
    shown = min(everything.shape[1], max(rank + 3, 5))
    for values, (_, label, colour, marker, shift) in zip(everything[:, :shown], series, strict=True):
        index = np.arange(1, shown + 1) + shift
        axis.vlines(index, 0, values, color=colour, linewidth=1, alpha=0.5)
        axis.plot(index, values, marker, color=colour, markersize=5, label=label)
    axis.set_xlabel("index")
    axis.set_ylabel("singular value")
    axis.set_title(f"largest {shown} of {everything.shape[1]}", fontsize=9)
    axis.set_ylim(bottom=0)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.0f}" if float(x).is_integer() else ""))
    axis.legend(loc="best", fontsize=8)
