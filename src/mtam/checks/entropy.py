"""Metric entropy and the exponent of the law (paper A, Assumption 1 and the main theorem).

Statement: H(theta) ~ alpha/(alpha+1) (2/c)^{1/alpha} (ln 1/theta)^{1 + 1/alpha} for lambda_j = exp(-c j^alpha), so that
-ln R(n) ~ C (ln n)^{alpha/(alpha+1)} and D_eff(n) ~ (ln n)^{1/(alpha+1)}. For lambda_j = j^{-2 alpha}, H is of order
theta^{-1/alpha} and R of order (ln n)^{-(2 alpha - 1)}. Assumed: coefficients fill the box |u_j| <= sqrt(3 lambda_j).
Were it false, H over the formula would drift away from 1 as theta vanishes, and the local exponent of R_ref would
settle elsewhere. The check also says how large n must be before the exponent is within 10% of its limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from mtam.base.finding import Finding, JudgedStatement, Panel, Series
from mtam.base.table import Cell, Table
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings
from mtam.rates.verdict import Verdict
from mtam.recall.spectrum import Spectrum
from mtam.recall.theory import metric_entropy, water_filling
from mtam.recall.theory.spectral_case import LN10, ExponentTrace, SpectralCase, exponent_statement, power_of_ten
from mtam.recall.theory.water_filling import Array

FEASIBLE = float(np.log(2) * (6 * 14) ** 0.5)  # the middle of ln n over the sizes 2^6 .. 2^14 of a sweep
POINTS = 600  # sizes at which the local exponent is looked at
SETTLED = 0.005  # the formula's second order must be this near to the entropy at the smallest radius
SHOWN = (6.0, 14.0)  # log2 n of the table of R_ref
DIGITS = (6, 100, 10**4)  # and log10 n, as far as the box is followed
RADII = 4

Positive = Annotated[float, Field(gt=0)]
AboveHalf = Annotated[float, Field(gt=0.5)]


class Settings(CheckSettings):
    """The spectra that are looked at."""

    alphas: list[Positive] = Field([0.5, 1.0, 2.0, 4.0], min_length=1)  # of exponential spectra
    powers: list[AboveHalf] = Field([1.0, 2.0, 3.0], min_length=1)  # of polynomial spectra, lambda_j = j^{-2 alpha}
    decay: float = Field(1.0, gt=0)  # c
    noise: float = Field(0.1, gt=0)  # sigma, in units of the root mean square of the coefficients
    within: float = Field(0.1, gt=0, lt=1)  # the exponent is visible where it is this near to its limit, as a share


@dataclass(frozen=True)
class Spectral(SpectralCase):
    """A spectrum with the limit of its exponent."""

    @property
    def limit(self) -> float:
        """alpha/(alpha+1), or 2 alpha - 1."""
        return self.alpha / (self.alpha + 1) if self.exponential else 2 * self.alpha - 1

    def exponents(self, log_sizes: Array) -> Array:
        """The local exponent of R_ref around every ln n."""
        if self.exponential:
            return metric_entropy.local_gamma(self.alpha, self.decay, log_sizes, self.sigma)
        return metric_entropy.local_power(self.alpha, log_sizes, self.sigma)


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on entropy."""
    given: list[tuple[Spectrum, float]] = [("exponential", alpha) for alpha in settings.alphas]
    given += [("polynomial", alpha) for alpha in settings.powers]
    cases = [Spectral(spectrum, alpha, settings.decay, settings.noise) for spectrum, alpha in given]
    traces = []
    for at, case in enumerate(cases):
        traces.append(trace(case))
        tick((at + 1) / len(cases))
    visible = [
        metric_entropy.stays_within(*found, case.limit, settings.within)
        for case, found in zip(cases, traces, strict=True)
    ]
    verdicts = [
        exponent_verdict(case, *found, seen, settings.within)
        for case, found, seen in zip(cases, traces, visible, strict=True)
    ]
    return Finding(
        name="entropy",
        title="Metric entropy and the exponent of the law",
        source="paper A, Assumption 1 and main theorem",
        statement="H(theta) ~ alpha/(alpha+1) (2/c)^(1/alpha) (ln 1/theta)^(1+1/alpha), "
        "so that -ln R ~ C (ln n)^(alpha/(alpha+1))",
        assumptions=[
            "coefficients fill the box |u_j| <= sqrt(3 lambda_j); polynomial spectra have alpha > 1/2",
            "R_ref(n) is the risk of the best water-filling cover, without the constants of the minimax theory",
        ],
        if_false="H over its formula would drift away from 1, and the local exponent would settle elsewhere",
        verdicts=[entropy_verdict(cases, [measure(case) for case in cases]), *verdicts],
        tables=[
            Table(
                name="entropy",
                title="Entropy of the box: exact covering number, water-filling cover, asymptotic formula",
                headings=[
                    "spectrum", "ln 1/theta", "D", "H = ln N exact", "leading term", "H / leading",
                    "W water-filling", "W / two terms",
                ],
                rows=[row for case in cases for row in _entropy_rows(case)],
            ),
            Table(
                name="reference",
                title="Reference curve and effective dimension at any n",
                headings=["spectrum", "n", "ln n", "-ln R_ref", "D_eff", "D_eff leading term", "ln N"],
                rows=[row for case in cases for row in _curve_rows(case)],
            ),
            Table(
                name="visible",
                title=f"Where the local exponent is within {settings.within:.0%} of its limit for good",
                headings=["spectrum", "limit", "on n = 2^6 .. 2^14", "from ln n", "that is n", "D_eff there"],
                rows=[
                    _seen_row(case, float(found[1][0]), seen)
                    for case, found, seen in zip(cases, traces, visible, strict=True)
                ],
            ),
        ],
        panels=_panels(cases, traces),
        notes=[
            "The exponent on n = 2^6 .. 2^14 is that of R_ref itself, through three sizes; measured curves are to be "
            "compared with it and not with the limit.",
            "For polynomial spectra the leading term of H has the constant sum_m ln(1+1/m) m^(-1/alpha) in place of "
            "alpha, because most split axes have few parts.",
        ],
    )  # fmt: skip


def _panels(cases: Sequence[Spectral], traces: Sequence[tuple[Array, Array]]) -> list[Panel]:
    exponents = [
        _series(f"{case.name}: {case.limit:.3g}", sizes, found / case.limit, at)
        for at, (case, (sizes, found)) in enumerate(zip(cases, traces, strict=True))
    ]
    ratios = []
    for at, case in enumerate(cases):
        radii, exact, *_ = measure(case, 60)
        ratios.append(_series(case.name, -radii, exact / leading(case, radii), at))
    return [
        Panel(
            title="local exponent of R_ref over its limit", x_label="ln n", y_label="exponent / limit",
            series=exponents, log_x=True, level=1.0,
        ),
        Panel(
            title="exact entropy over its leading term", x_label="ln 1/θ", y_label="H / leading term",
            series=ratios, log_x=True, level=1.0,
        ),
    ]  # fmt: skip


def leading(case: Spectral, log_radii: Array) -> Array:
    """The leading term of the exact entropy H."""
    found = metric_entropy.leading_entropy(case.alpha, case.decay, case.spectrum, log_radii)
    return found if case.exponential else found * metric_entropy.cube_constant(case.alpha) / case.alpha


def _axes(case: Spectral) -> Array:
    return water_filling.log_half_axes(case.alpha, case.decay, case.spectrum, 2**17)


def measure(case: Spectral, count: int = RADII) -> tuple[Array, Array, Array, Array]:
    """ln theta, H, W and the two terms of its formula, down to the level where 2^16 axes are split. (r,) each"""
    axes = _axes(case)
    deepest = min(1e4, -float(axes[2**16]))
    radii = -np.geomspace(1.0, deepest, count) if case.exponential else -np.linspace(1.0, deepest, count)
    formula = metric_entropy.leading_entropy(case.alpha, case.decay, case.spectrum, radii)
    formula = formula + metric_entropy.next_entropy(case.alpha, case.spectrum, radii)
    return radii, metric_entropy.cube_entropy(axes, radii), metric_entropy.water_entropy(axes, radii), formula


def trace(case: Spectral) -> tuple[Array, Array]:
    """ln n from the feasible sizes to as far as the box is followed, and the local exponent there."""
    top = metric_entropy.largest_log_size(case.alpha, case.decay, case.spectrum) / metric_entropy.WINDOW**0.5
    sizes = np.geomspace(FEASIBLE, max(top, 2 * FEASIBLE), POINTS)
    return sizes, case.exponents(sizes)


def entropy_verdict(cases: Sequence[Spectral], found: Sequence[tuple[Array, Array, Array, Array]]) -> JudgedStatement:
    """Whether W <= H <= W + D ln 2 everywhere, and W comes to its formula as the radius vanishes."""
    ratios, bracket = [], True
    for case, (radii, exact, water, formula) in zip(cases, found, strict=True):
        most = water + metric_entropy.split_axes(_axes(case), radii) * np.log(2)
        bracket &= bool(((water <= exact + 1e-9) & (exact <= most + 1e-9)).all())
        ratios.append(float(water[-1] / formula[-1]))
    worst = max(ratios, key=lambda ratio: abs(ratio - 1))
    return JudgedStatement(
        key="entropy",
        claim="the entropy of the box follows its asymptotic formula",
        said=Verdict.SUPPORTED if bracket and abs(worst - 1) < SETTLED else Verdict.CONTRADICTED,
        because=f"W over two terms of the formula is {worst:.4f} at the smallest radius of the worst spectrum; "
        f"W <= H <= W + D ln 2 {'everywhere' if bracket else 'fails'}",
        expected=1.0,
        value=worst,
    )


def exponent_verdict(
    case: Spectral, sizes: Array, exponents: Array, visible: float | None, within: float
) -> JudgedStatement:
    """The verdict on the local exponent of R_ref."""
    trace = ExponentTrace("R_ref", "(2 alpha - 1) ln ln n", case.limit, sizes, exponents, visible)
    return exponent_statement(case, trace, within)


def _entropy_rows(case: Spectral) -> list[list[Cell]]:
    radii, exact, water, formula = measure(case)
    first, split = leading(case, radii), metric_entropy.split_axes(_axes(case), radii)
    columns = (-radii, split, exact, first, exact / first, water, water / formula)
    return [[case.name, *(cell.item() for cell in row)] for row in zip(*columns, strict=True)]


def _curve_rows(case: Spectral) -> list[list[Cell]]:
    top = metric_entropy.largest_log_size(case.alpha, case.decay, case.spectrum)
    sizes = np.array([k * np.log(2) for k in SHOWN] + [k * LN10 for k in DIGITS if k * LN10 <= top])
    box = water_filling.whole_box(case.alpha, case.decay, case.spectrum, float(sizes[-1]))
    found = water_filling.best_covers(box, sizes, case.sigma)
    formula = (
        metric_entropy.dimension_formula(case.alpha, case.decay, sizes) if case.exponential else sizes / case.alpha
    )
    columns = (sizes, -found.log_risk, found.dimension, formula, found.log_cells)
    return [[case.name, power_of_ten(row[0]), *(cell.item() for cell in row)] for row in zip(*columns, strict=True)]


def _seen_row(case: Spectral, first: float, visible: float | None) -> list[Cell]:
    if visible is None:
        return [case.name, case.limit, first, None, None, None]
    box = water_filling.whole_box(case.alpha, case.decay, case.spectrum, visible)
    dimension = int(water_filling.best_covers(box, np.array([visible]), case.sigma).dimension[0])
    return [case.name, case.limit, first, visible, power_of_ten(visible), dimension]


def _series(label: str, x: Array, y: Array, colour: int) -> Series:
    """A line as fine as a picture shows it, in no more digits than that."""
    drawn = ([float(f"{value:.5g}") for value in values] for values in (x, y))
    return Series(label=label, x=next(drawn), y=next(drawn), style="line", colour=colour)
