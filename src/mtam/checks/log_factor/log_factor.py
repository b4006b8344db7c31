"""Whether the factor ln M of the upper bound is there (paper B, upper bound against Theorem 4.4).

Statement: the upper bound is (ln M/M)^{2b/(2b+1)}, the lower one M^{-2b/(2b+1)}; between them lies (ln M)^{2b/(2b+1)}.
The worst risk of the paper's estimator over bumps of every width, A unknown, is computed for any M from the Gaussian
law of what samples say (``hardest_family``). Were the factor there, risk times M^{2b/(2b+1)} would grow with ln M, as
it does for a threshold at the universal level, computed beside it on the same bumps.
"""

from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from mtam.base.finding import Finding, JudgedStatement, Panel, Series
from mtam.base.table import Cell, Estimate, Table
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings, distinct_within
from mtam.checks.judge_estimates import LEVEL, trend
from mtam.checks.log_factor.hardest_family import (
    FamilyCase,
    HardestFamily,
    grid,
    hardest_family,
    threshold_risk,
)
from mtam.rates.intervals import Interval
from mtam.rates.t_quantiles import quantile
from mtam.rates.verdict import Verdict

Array = npt.NDArray[np.float64]
Margin = Annotated[float, Field(gt=0, lt=1)]

PER_DECADE = 2
FIRST_K, SPAN = 4, 5.0  # the grid of K: from the first to SPAN M^{1/(2b+1)} of the largest M, for L = 10, sigma = .3
MOST_K = 4096
FINE = 1.05  # from one m of the threshold to the next


class Settings(CheckSettings):
    """Smoothness, tokens, noise, the Hoelder constant, and the M over which ln M is followed."""

    seed: int = Field(1000, ge=0)
    beta: int = Field(2, ge=2, le=4)
    tokens: int = Field(3, ge=2, le=1000)  # N
    noise: float = Field(0.3, gt=0)  # sigma
    holder: float = Field(10.0, gt=0)  # L
    dims: list[int] = Field([1, 5, 30])
    draws: int = Field(8, ge=2, le=100)  # random words at every width
    digits_low: float = Field(3.0, ge=2, le=20)  # log10 of the smallest M
    digits_high: float = Field(12.0, ge=3, le=24)
    margin: Margin = 0.1  # of the exponent of ln M

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        try:
            distinct_within(self.dims, 1, 10**6)
        except ValueError as wrong:
            raise ValueError(f"dims = {self.dims} {wrong}") from None
        if self.digits_high < self.digits_low + 2:
            raise ValueError(
                f"digits_high = {self.digits_high:g} must be at least digits_low + 2 = {self.digits_low + 2:g}: over "
                "less than two decades ln M hardly grows"
            )
        if self.last() > MOST_K:
            raise ValueError(
                f"digits_high = {self.digits_high:g} asks for splines on {self.last()} intervals; valid: at most "
                f"{MOST_K}"
            )
        return self

    def sizes(self) -> Array:
        """M, two a decade."""
        count = 1 + round(PER_DECADE * (self.digits_high - self.digits_low))
        return np.asarray(10.0 ** np.linspace(self.digits_low, self.digits_high, count))

    def last(self) -> int:
        """The largest K that is tried: bias^2 ~ L^2 K^{-2b} meets K sigma^2/M before it."""
        scale = (self.holder / 10 * 0.3 / self.noise) ** 2 * 10.0**self.digits_high
        return int(SPAN * max(scale, 1e3) ** (1 / (2 * self.beta + 1))) + FIRST_K


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on the factor ln M; seconds."""
    case = FamilyCase(settings.beta, settings.tokens, settings.noise, settings.holder, settings.draws, settings.seed)
    sizes = settings.sizes()
    family = hardest_family(case, grid(FIRST_K, settings.last(), 1.15), lambda part: tick(0.9 * part))
    threshold = threshold_risk(case, sizes, grid(FIRST_K, settings.last(), FINE))
    tick(1.0)
    looks = 1 + len(settings.dims)
    verdicts = [no_factor_verdict(family, sizes, family.known(sizes), settings.margin, looks)]
    verdicts += [upper_bound_verdict(family, sizes, d, looks) for d in sorted(settings.dims) if d > 1]
    verdicts.append(contrast_verdict(case, sizes, threshold, settings.margin))
    return Finding(
        name="log_factor",
        title="The factor ln M between the bounds",
        source="paper B, upper bound and Theorem 4.4",
        statement="the worst risk lies between M^(-2b/(2b+1)) and (ln M/M)^(2b/(2b+1)) times constants",
        assumptions=[
            "Gaussian tokens, A of rank 1, splines of degree b + 1 with the best K for the worst width",
            "first order in the errors of phi and A: what samples say is Gaussian",
            "the hardest of the bumps of Theorem 4.4 at every width, on top of tanh(3u)",
        ],
        if_false="risk times M^(2b/(2b+1)) would grow with ln M, as that of the threshold does",
        verdicts=verdicts,
        tables=[_table(family, sizes, sorted(settings.dims), threshold)],
        panels=[_panel(family, sizes, sorted(settings.dims), threshold)],
        notes=[
            "Widths from 10 K^-1 to K^-1/2 of the cells are looked at, with random, alternating and equal signs; the "
            "worst is about one bump on two to three intervals at every M.",
            "With A unknown in d > 1 the exponent is negative: the price of A falls as 1/M, faster than the rate.",
        ],
    )


def no_factor_verdict(
    family: HardestFamily, sizes: Array, risks: Array, margin: float, looks: int = 1
) -> JudgedStatement:
    """Whether these risks (sizes, draws), times M^{2b/(2b+1)}, grow by no power of ln M beyond ``margin``.

    To one side: by the lower bound no power below 0 lasts. Of phi, A known: the price of A has a power of M of its own.
    outside: the best K is the last that was tried.
    """
    interval = exponent(sizes, family.scaled(sizes, risks).mean(axis=1), looks)
    said = (
        Verdict.CONTRADICTED
        if interval.low > margin
        else Verdict.SUPPORTED
        if interval.high <= margin
        else Verdict.UNDECIDED
    )
    return JudgedStatement(
        key="no_factor",
        claim=f"the worst risk of phi, times M^{family.case.exponent:.3g}, grows by no power of ln M beyond {margin:g}",
        said=said if _within(family, sizes) else Verdict.OUTSIDE,
        because=f"exponent of ln M {interval:.3f} over M = {sizes[0]:.0e} .. {sizes[-1]:.0e}, upper bound "
        f"{family.case.exponent:.3g}",
        expected=0.0,
        value=interval.value,
        low=interval.low,
        high=interval.high,
    )


def upper_bound_verdict(family: HardestFamily, sizes: Array, d: int, looks: int = 1) -> JudgedStatement:
    """Whether the worst risk with A unknown grows by a smaller power of ln M than the upper bound allows."""
    allowed = family.case.exponent
    interval = exponent(sizes, family.scaled(sizes, family.worst(sizes, d)).mean(axis=1), looks)
    said = (
        Verdict.SUPPORTED
        if interval.high < allowed
        else Verdict.CONTRADICTED
        if interval.low > allowed
        else Verdict.UNDECIDED
    )
    share = float(np.mean(family.price_at(sizes[-1:], d) / family.worst(sizes[-1:], d)))
    return JudgedStatement(
        key=f"upper_bound_d{d}",
        claim=f"with A unknown in d = {d} the worst risk keeps below the upper bound's (ln M)^{allowed:.3g}",
        said=said if _within(family, sizes) else Verdict.OUTSIDE,
        because=f"exponent of ln M {interval:.3f}; A costs {share:.2f} of the risk at M = {sizes[-1]:.0e}",
        expected=allowed,
        value=interval.value,
        low=interval.low,
        high=interval.high,
    )


def contrast_verdict(case: FamilyCase, sizes: Array, risks: Array, margin: float) -> JudgedStatement:
    """Whether a rule that is known to pay a power of ln M is seen to pay it, by the same reading  # (sizes,)."""
    interval = exponent(sizes, risks * sizes**case.exponent)
    said = (
        Verdict.SUPPORTED
        if interval.low > margin
        else Verdict.CONTRADICTED
        if interval.high < margin
        else Verdict.UNDECIDED
    )
    return JudgedStatement(
        key="threshold",
        claim="a threshold at sqrt(2 ln n) standard deviations pays a power of ln M on the same bumps",
        said=said,
        because=f"exponent of ln M {interval:.3f}, in the limit {case.exponent:.3g}",
        expected=case.exponent,
        value=interval.value,
        low=interval.low,
        high=interval.high,
    )


def exponent(sizes: Array, scaled: Array, looks: int = 1) -> Interval:
    """The slope of ln(risk M^{2b/(2b+1)}) in ln ln M, from the scatter around the line  # (sizes,), (sizes,).

    Draws would not tell its error: where the worst signs are the alternating ones all draws agree.
    """
    slope = trend(np.log(np.log(sizes)), np.log(scaled))
    half = quantile(1 - LEVEL / (2 * looks), len(sizes) - 2) * slope.se
    return Interval(slope.value, slope.value - half, slope.value + half)


def _within(family: HardestFamily, sizes: Array) -> bool:
    """Whether the best K is never the last that was tried."""
    return bool(family.best(sizes).max() < family.intervals[-1])


def _mean(values: Array) -> Estimate:
    return Estimate(value=float(values.mean()), se=float(values.std(ddof=1) / len(values) ** 0.5))


def _table(family: HardestFamily, sizes: Array, dims: list[int], threshold: Array) -> Table:
    known = family.scaled(sizes, family.known(sizes))
    unknown = {d: family.scaled(sizes, family.worst(sizes, d)) for d in dims if d > 1}
    best, pays = family.best(sizes), threshold * sizes**family.case.exponent
    rows: list[list[Cell]] = [
        [
            f"{m:.1e}",
            round(float(best[at].mean())),
            _mean(known[at]),
            *(_mean(values[at]) for values in unknown.values()),
            float(pays[at]),
        ]
        for at, m in enumerate(sizes)
    ]
    return Table(
        name="risks",
        title=f"Worst risk times M^{family.case.exponent:.3g}, K the best for it, mean over draws",
        headings=["M", "K", "A known", *(f"d = {d}" for d in unknown), "threshold, A known"],
        rows=rows,
    )


def _panel(family: HardestFamily, sizes: Array, dims: list[int], threshold: Array) -> Panel:
    lines = {"A known": family.known(sizes)} | {f"d = {d}, A unknown": family.worst(sizes, d) for d in dims if d > 1}
    series = [
        Series(
            label=label, x=sizes.tolist(), y=family.scaled(sizes, risks).mean(axis=1).tolist(), style="line", colour=at
        )
        for at, (label, risks) in enumerate(lines.items())
    ]
    pays = threshold * sizes**family.case.exponent
    series.append(Series(label="threshold, A known", x=sizes.tolist(), y=pays.tolist(), style="dashed", colour=0))
    return Panel(
        title="No factor ln M",
        x_label="M",
        y_label=f"worst risk × M^{family.case.exponent:.3g}",
        series=series,
        log_x=True,
        log_y=True,
    )
