"""Tables and panels of check minimax."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtam.base.finding import Panel, Series
from mtam.base.table import Cell, Table
from mtam.checks.minimax.minimax_case import MinimaxCase
from mtam.recall.theory import water_filling
from mtam.recall.theory.metric_entropy import local_gamma, stays_within
from mtam.recall.theory.spectral_case import LN10, power_of_ten

Array = NDArray[np.float64]

DIGITS = (2.8, 6.0, 10.0, 20.0, 43.0, 100.0, 434.0, 1000.0, 10000.0)
DRAWN = 120  # points of a line


@dataclass(frozen=True)
class Adaptive:
    """The adaptive estimator at one size."""

    case: MinimaxCase
    log_size: float
    ratio: Array  # risk over the linear minimax risk, a draw each
    gamma: Array  # its local exponent, a draw each


def counted(cases: Sequence[MinimaxCase], log_sizes: Array) -> Table:
    """Levels counted on a grid, rounded either way, against the saddle point."""
    rows: list[list[Cell]] = []
    for case in cases:
        below, above = case.bracket(log_sizes)
        for size, risk, low, high in zip(log_sizes, case.risk(log_sizes), below, above, strict=True):
            rows.append([case.name, power_of_ten(size), -float(risk), -float(low), -float(high)])
    return Table(
        name="counted",
        title="-ln R of the linear minimax risk: by the saddle point, and from levels counted from below and above",
        headings=["spectrum", "n", "saddle point", "at most", "at least"],
        rows=rows,
    )


def brackets(cases: Sequence[MinimaxCase]) -> Table:
    """The risk over 1-Lipschitz functions, bracketed, beside the white-noise curve and the best cover."""
    rows: list[list[Cell]] = []
    sizes = np.array(DIGITS[:-1]) * LN10
    for case in cases:
        box = water_filling.whole_box(case.alpha, case.decay, case.spectrum, float(sizes[-1]))
        cover = water_filling.best_covers(box, sizes, case.sigma).log_risk
        below, white, above = case.risk_below(sizes), case.risk(sizes), case.risk_above(sizes)
        for at, size in enumerate(sizes):
            values = [-float(each[at]) for each in (below, white, above, cover)]
            rows.append([case.name, power_of_ten(size), *values, float(below[at] / above[at])])
    return Table(
        name="bracket",
        title="-ln R: lower bound, linear minimax in white noise, upper bound under random design, best cover",
        headings=["spectrum", "n", "lower bound", "white noise", "upper bound", "best cover", "lower / upper"],
        rows=rows,
    )


def visible(cases: Sequence[MinimaxCase], shares: Sequence[float]) -> Table:
    """From where on the local exponent stays near its limit."""
    rows: list[list[Cell]] = []
    for case in cases:
        exponents = case.exponents(case.sizes)
        seen = [stays_within(case.sizes, exponents, case.limit, share) for share in shares]
        at = [float(case.exponents(np.array([digits * LN10]))[0]) for digits in (6.0, 20.0, 100.0)]
        where = [None if size is None else power_of_ten(size) for size in seen]
        rows.append([case.name, case.limit, float(exponents[0]), *at, float(exponents[-1]), *where])
    within = [f"within {share:.0%} from n =" for share in shares]
    return Table(
        name="visible",
        title="The local exponent of the linear minimax risk",
        headings=["spectrum", "limit", "n = 2^6 .. 2^14", "10^6", "10^20", "10^100", "last", *within],
        rows=rows,
    )


def constants(cases: Sequence[MinimaxCase]) -> Table:
    """-ln R over 2 C^{-g} (ln n)^g, which is to be one."""
    rows: list[list[Cell]] = []
    for case in cases:
        sizes = np.array(DIGITS) * LN10
        ratio = -case.risk(sizes) / (case.constant * sizes**case.limit)
        rows.append([case.name, case.constant, *(float(value) for value in ratio)])
    return Table(
        name="constant",
        title="-ln R over 2 C^-g (ln n)^g",
        headings=["spectrum", "2 C^-g", *(f"n = 10^{digits:g}" for digits in DIGITS)],
        rows=rows,
    )


def adaptive(tried: Sequence[Adaptive]) -> Table:
    """Blockwise James-Stein."""
    return Table(
        name="adaptive",
        title="An adaptive estimator in the sequence model: blockwise James-Stein",
        headings=["spectrum", "n", "draws", "risk / linear minimax", "largest", "exponent", "limit"],
        rows=[
            [
                each.case.name, power_of_ten(each.log_size), len(each.ratio), float(each.ratio.mean()),
                float(each.ratio.max()), float(each.gamma.mean()), each.case.limit,
            ]
            for each in tried
        ],
    )  # fmt: skip


def _series(label: str, x: Array, y: Array, colour: int, *, dashed: bool = False) -> Series:
    drawn = ([float(f"{value:.5g}") for value in values] for values in (x, y))
    return Series(label=label, x=next(drawn), y=next(drawn), style="dashed" if dashed else "line", colour=colour)


def exponent_panels(law: Sequence[MinimaxCase], powers: Sequence[MinimaxCase]) -> list[Panel]:
    """Local exponents over their limits, with those of the best cover where the law is sub-polynomial."""
    series = []
    for at, case in enumerate(law):
        sizes = case.sizes[:: max(1, len(case.sizes) // DRAWN)]
        series.append(_series(f"{case.name}: {case.limit:.3g}", sizes, case.exponents(sizes) / case.limit, at))
        cover = local_gamma(case.alpha, case.decay, sizes, case.sigma) / case.limit
        series.append(_series(f"{case.name}, best cover", sizes, cover, at, dashed=True))
    others = []
    for at, case in enumerate(powers):
        sizes = case.sizes[:: max(1, len(case.sizes) // DRAWN)]
        others.append(_series(f"{case.name}: {case.limit:.3g}", sizes, case.exponents(sizes) / case.limit, at))
    panels = [
        Panel(
            title="local exponent over its limit", x_label="ln n", y_label="exponent / limit", series=series,
            log_x=True, level=1.0,
        )
    ]  # fmt: skip
    if others:
        panels.append(
            Panel(
                title="polynomial spectra: local power of 1 / ln n over 2α + 1", x_label="ln n",
                y_label="power / limit", series=others, log_x=True, level=1.0,
            )
        )  # fmt: skip
    return panels


def constant_panel(cases: Sequence[MinimaxCase]) -> Panel:
    """ln R against theory's axis, where its slope is -1."""
    series, top = [], 0.0
    for at, case in enumerate(cases):
        sizes = case.sizes[case.sizes <= 434 * LN10]
        axis = case.constant * sizes**case.limit
        series.append(_series(case.name, axis, case.risk(sizes), at))
        top = max(top, float(axis[-1]))
    line = np.linspace(0.0, top, 2)
    series.append(Series(label="slope -1", x=line.tolist(), y=(-line).tolist(), style="dashed"))
    return Panel(
        title="ln R on theory's axis, n to 10^434", x_label="2 C^-g (ln n)^g", y_label="ln R", series=series
    )  # fmt: skip
