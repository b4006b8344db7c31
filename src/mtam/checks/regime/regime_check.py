"""The regime of the theorem (paper B, upper bound): where its slope and its parallel lines are to be seen.

Statement: inside r d <= (M/ln M)^{1/(2 beta + 1)} the error falls as M^{-2 beta/(2 beta + 1)}, whatever d and r. For
Gaussian tokens bias, variance and price of A are computed by quadrature, to first order in the errors of phi and A, at
any M; nothing is simulated and nothing fitted. Were the statement false, the local slope would settle elsewhere, or the
price of A would keep its share of the error.
"""

from dataclasses import replace
from functools import partial
from typing import Annotated, Self

from pydantic import Field, model_validator

from mtam.base.finding import Finding
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings, distinct_within
from mtam.checks.regime import regime_tables
from mtam.checks.regime.regime_lines import lines
from mtam.checks.regime.regime_verdicts import (
    continuation_verdict,
    free_verdict,
    parallel_verdict,
    price_verdict,
    slope_verdict,
)
from mtam.interaction.theory.regime_curve import RegimeCase, regime_curve

Margin = Annotated[float, Field(gt=0, lt=1)]


class Settings(CheckSettings):
    """Smoothness, dimensions and ranks that are looked at."""

    betas: list[int] = Field([1, 2, 3])
    dims: list[int] = Field([1, 5, 30])
    ranks: list[int] = Field([1, 2, 5])
    tokens: int = Field(3, ge=2, le=1000)  # N
    other_tokens: list[int] = Field([2, 10])  # N, with A known and rank 1
    noise: float = Field(0.3, gt=0)  # sigma
    truths: int = Field(12, ge=2, le=100)
    constant: float = Field(4.0, gt=0.5, le=32)  # c of K = c M^{1/(2 beta + 1)}
    exact: int = Field(1024, ge=64, le=4096)  # K up to which bias and variance are computed, and not continued
    digits: float = Field(15.0, ge=8, le=30)  # log10 of the M by which slopes are judged
    margins: list[Margin] = Field([0.05, 0.02, 0.01], min_length=1)  # of a slope; the smallest is judged
    most: float = Field(0.5, gt=0, lt=1)  # of the error, that the price of A may be inside the condition

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        for name, low, high in (("betas", 1, 7), ("dims", 1, 10**4), ("ranks", 1, 12)):
            try:
                distinct_within(getattr(self, name), low, high)
            except ValueError as wrong:
                raise ValueError(f"{name} = {getattr(self, name)} {wrong}") from None
        if len({self.tokens, *self.other_tokens}) <= len(self.other_tokens) or min(self.other_tokens, default=2) < 2:
            raise ValueError(
                f"other_tokens = {self.other_tokens} must be distinct, at least 2, and not hold tokens = {self.tokens}"
            )
        if max(self.ranks) > max(self.dims):
            raise ValueError(
                f"rank {max(self.ranks)} is larger than the largest of dims, {max(self.dims)}; valid: ranks up to it"
            )
        return self


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on the regime."""
    seeds = tuple(range(settings.seed, settings.seed + settings.truths))
    betas, ranks = sorted(settings.betas), sorted(settings.ranks)
    wanted = [RegimeCase(beta, rank, settings.tokens, settings.noise, seeds) for beta in betas for rank in ranks]
    others = [RegimeCase(beta, 1, count, settings.noise, seeds) for beta in betas for count in settings.other_tokens]
    everything = list(dict.fromkeys([*wanted, *others, *(replace(case, tokens=settings.tokens) for case in others)]))
    known = {
        case: regime_curve(case, settings.exact, partial(_part, tick, at, len(everything)))
        for at, case in enumerate(everything)
    }
    curves = [known[case] for case in wanted]
    found = [lines(curve, settings.dims, settings.constant) for curve in curves]
    size, margin, constant = 10.0**settings.digits, min(settings.margins), settings.constant
    margins = sorted(settings.margins, reverse=True)
    verdicts = []
    for curve, each in zip(curves, found, strict=True):
        verdicts += [
            slope_verdict(each, margin, size),
            parallel_verdict(each, margin, size),
            price_verdict(each, settings.most),
        ]
        if curve.case.rank == min(settings.ranks):
            verdicts.append(continuation_verdict(curve, len(settings.betas)))
    by_tokens = [
        {c.tokens: known[c] for c in sorted(everything, key=_tokens) if c.rank == 1 and c.beta == beta}
        for beta in betas
    ]
    by_rank = [{c.rank: known[c] for c in wanted if c.beta == beta} for beta in betas]
    for axis, groups in (("tokens", by_tokens), ("rank", by_rank)):
        verdicts += [free_verdict(axis, group, constant, margins[0], size) for group in groups if len(group) > 1]
    return Finding(
        name="regime",
        title="The regime of the theorem, by quadrature",
        source="paper B, upper bound and Figure 1",
        statement="inside r d <= (M/ln M)^(1/(2 beta + 1)) the error falls as M^(-2 beta/(2 beta + 1)), for every d",
        assumptions=[
            "Gaussian tokens, rate-hard truths, splines of degree beta + 1 with K = c M^(1/(2 beta + 1))",
            "first order in the errors of phi and A; the rest is a share of order K³ sigma²/(M N) of the price of A",
        ],
        if_false="the slope would settle elsewhere, or the price of A would keep its share of the error",
        verdicts=[verdict for verdict in verdicts if verdict is not None],
        tables=[
            regime_tables.slopes(curves, found, constant, size),
            regime_tables.visible(curves, found, margins),
            regime_tables.parallel(found, margins, size),
            regime_tables.prices(curves, found),
            regime_tables.errors(curves, found, constant, size),
            regime_tables.tokens(by_tokens, constant, size),
        ],
        panels=regime_tables.panels(curves, found, constant, size),
        notes=[
            "With K = c M^(1/(2 beta + 1)) the variance of phi has theory's slope by construction; with the best K it "
            f"has not, and single truths wiggle. Beyond K = {settings.exact} the terms are continued by their laws.",
            "Ranks above 1 have singular values at the middles of equal parts of [1/2, 1]. Beyond rank 2 means over "
            "the sphere are quasi-Monte-Carlo; another scramble changes the price of A by less than a thousandth.",
            "For beta = 1 the derivative of a rate-hard truth has no variance in the limit: the price of A depends on "
            "the last frequency, by less than (N - 2)/(2 N) of p sigma²/M.",
        ],
    )


def _tokens(case: RegimeCase) -> int:
    return case.tokens


def _part(tick: Tick, at: int, count: int, part: float) -> None:
    tick((at + part) / count)
