"""The lower bound of paper B (Theorem 4.4) with numbers: bumps, Fano's inequality, and what is achieved.

Statement: inf over estimators, sup over phi in the Hoelder class of order b, of E||g_hat - g||^2, is at least a
constant times (N M)^{-2b/(2b+1)}. Assumed: Gaussian noise; A is known, which only helps. The proof puts bumps of width
h and height L h^b, signs from a Varshamov-Gilbert code, h of order M^{-1/(2b+1)}, so that a flipped sign moves the law
of all M samples by a fixed amount (``signal``, nats) whatever M is. Then the risk on this family, times M^{2b/(2b+1)},
is flat. Were the statement false, the bound times M^{2b/(2b+1)} would fall with M; with a wrong height, so would the
numbers here. Were N M what counts, as in the statement, the divergence of the hypotheses would grow as N at fixed M;
the proof bounds it by Jensen's inequality, which is generous by about N.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from mtam.base.finding import Finding
from mtam.base.streams import generator
from mtam.base.table import Estimate
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings, distinct_within
from mtam.checks.fano import fano_tables
from mtam.checks.fano.fano_case import FanoCase
from mtam.checks.fano.fano_verdicts import verdicts
from mtam.interaction.interaction_spec import InteractionData, TokenLaw
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.tokens import Tokens, token_law
from mtam.interaction.theory import lower_bound
from mtam.interaction.theory.coercivity_ratio import matrix
from mtam.interaction.theory.family_risk import erm_risk
from mtam.interaction.theory.lower_bound import BumpMoments, HypothesisFamily

REACH = 2 / 3  # bumps cover [-REACH, REACH], two standard deviations of u
DECADES = (100, 1000, 10000)
SETS = 4  # independent sets of rows; their spread is the standard error
FEWEST, MOST = 4, 128  # bumps: 2^16 words of 128 signs can still be listed


class Settings(CheckSettings):
    """Smoothness, tokens and samples to cross; how close the hypotheses are; how precisely to compute."""

    betas: list[int] = Field([1, 2, 3])
    tokens: list[int] = Field([3, 10])
    sizes: list[int] = Field([*(scale * step for scale in DECADES for step in (10, 18, 32, 56)), 10**6])
    bumps: int = Field(96, ge=FEWEST, le=MOST)
    signal: float = Field(0.1, gt=0)
    noise: float = Field(0.3, gt=0)
    d: int = Field(5, ge=1, le=1000)
    token_law: TokenLaw = "cube"
    rows: int = Field(50000, ge=5000, le=10**7)
    draws: int = Field(2000, ge=100, le=10**6)
    scaling_beta: int = Field(2, ge=1, le=9)
    scaling_tokens: list[int] = Field([3, 5, 10, 20, 40])
    scaling_samples: int = Field(100000, ge=10)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        for name, values, low, high in (
            ("betas", self.betas, 1, 9),
            ("tokens", self.tokens, 2, 200),
            ("sizes", self.sizes, 10, 10**9),
            ("scaling_tokens", self.scaling_tokens, 2, 200),
        ):
            try:
                distinct_within(values, low, high)
            except ValueError as error:
                raise ValueError(f"{name} = {values} {error}") from None
        if len(self.sizes) < 3 or max(self.sizes) < 10 * min(self.sizes):
            raise ValueError(f"sizes = {self.sizes} must be three or more over a factor of 10, to show a rate")
        self._enough_bumps()
        return self

    def _enough_bumps(self) -> None:
        for beta in self.betas:
            cells = self.cells(beta, min(self.sizes))
            if cells < FEWEST:
                raise ValueError(
                    f"bumps = {self.bumps} at M = {max(self.sizes)} leave {cells} at M = {min(self.sizes)} for "
                    f"beta = {beta}; valid: at least {FEWEST}"
                )
        first, last = min(self.scaling_tokens), max(self.scaling_tokens)
        most = self.cells(self.scaling_beta, self.scaling_samples * last / first)
        least = self.cells(self.scaling_beta, self.scaling_samples * first / last)
        if most > MOST or least < FEWEST:
            raise ValueError(
                f"scaling_samples = {self.scaling_samples} with scaling_tokens = {self.scaling_tokens} would take "
                f"{least} to {most} bumps; valid: {FEWEST} to {MOST}"
            )

    def width(self, beta: int, samples: float) -> float:
        """h = c M^{-1/(2 beta + 1)}, with the asked number of bumps at the largest M."""
        return 2 * REACH / self.bumps * math.pow(samples / max(self.sizes), -1 / (2 * beta + 1))

    def cells(self, beta: int, samples: float) -> int:
        """m, the bumps that fit [-REACH, REACH]."""
        return round(2 * REACH / self.width(beta, samples))


@dataclass(frozen=True)
class Setup:
    """The fixed parts of the problem."""

    settings: Settings
    law: Tokens
    factors: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]  # of A


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on the lower bound; a minute or two with the default settings."""
    law = token_law(InteractionData(d=settings.d, tokens=2, rank=1, token_law=settings.token_law), settings.seed)
    factors = matrix(law, min(2, settings.d), generator(settings.seed, "check", "fano", "matrix"))
    setup = Setup(settings, law, factors)
    sizes = sorted(settings.sizes)
    wanted = [(b, n, m, float(m)) for b in settings.betas for n in settings.tokens for m in sizes]
    rates = len(wanted)
    beta, first = settings.scaling_beta, min(settings.scaling_tokens)
    for n in settings.scaling_tokens:
        m, less = settings.scaling_samples, round(settings.scaling_samples * first / n)
        wanted += [(beta, n, m, float(m)), (beta, n, m, m * n / first), (beta, n, less, float(m))]
    holders = {b: _holder(setup, b) for b in {*settings.betas, beta}}
    cases = []
    for done, (b, n, m, counted) in enumerate(wanted):
        cases.append(_case(setup, b, n, m, counted, holders[b]))
        tick((done + 1) / len(wanted))
    return _finding(settings, cases[:rates], cases[rates:], holders)


def _holder(setup: Setup, beta: int) -> float:
    """The L at which a flipped sign moves the law of the smallest M by ``signal``, were tokens degenerate.

    KL is quadratic in L; with G = B/(N-1) and N - 1 = N a flip costs M/(2 sigma^2) 4 B_ll, averaged over the bumps.
    """
    settings = setup.settings
    samples = min(settings.sizes)
    unit = _family(setup, beta, samples, 1.0)
    about = lower_bound.moments(unit, setup.factors, setup.law, 2, SETS * settings.rows, settings.seed)
    flip = samples / (2 * settings.noise**2) * 4 * float(about.single.mean())
    return math.sqrt(settings.signal / flip)


def _family(setup: Setup, beta: int, counted: float, holder: float) -> HypothesisFamily:
    cells = setup.settings.cells(beta, counted)
    rng = generator(setup.settings.seed, "check", "fano", "code", cells)
    return lower_bound.family(beta, cells, setup.settings.width(beta, counted), holder, rng)


def _case(setup: Setup, beta: int, tokens: int, samples: int, counted: float, holder: float) -> FanoCase:
    settings = setup.settings
    members = _family(setup, beta, counted, holder)
    arguments = (members, setup.factors, setup.law, tokens)
    parts = [lower_bound.moments(*arguments, settings.rows, settings.seed + part) for part in range(SETS)]
    whole = lower_bound.mean_of(parts)
    rng = generator(settings.seed, "check", "fano", "decoding", beta, tokens, samples)
    decoded = lower_bound.decode(members, whole, samples, settings.noise, settings.draws, rng)
    space = SplineSpace(beta, math.ceil(2 / members.width))
    risks = [erm_risk(*arguments, space, settings.rows, settings.seed + part) for part in range(SETS)]
    values = _numbers(members, whole, samples, settings.noise)
    spread = [_numbers(members, part, samples, settings.noise) for part in parts]
    separation, divergence, divergence_max, jensen, share, fano, bound = (
        Estimate(value=value, se=_error([each[k] for each in spread])) for k, value in enumerate(values)
    )
    return FanoCase(
        beta,
        tokens,
        samples,
        counted,
        members.cells,
        len(members.words),
        members.distance,
        separation,
        divergence,
        divergence_max,
        jensen,
        share,
        fano,
        bound,
        decoding=Estimate(value=decoded.error, se=decoded.error_se),
        decoding_risk=Estimate(value=decoded.risk, se=decoded.risk_se),
        erm=_mean([risk.at(samples, tokens, settings.noise) for risk in risks]),
        erm_bias=_mean([risk.bias for risk in risks]),
    )


def _numbers(members: HypothesisFamily, about: BumpMoments, samples: int, noise: float) -> tuple[float, ...]:
    """Separation, mean and largest divergence, Jensen's, the share of it, Fano's probability, the risk bound.

    A decoder that takes the hypothesis nearest to g_hat errs only if ||g_hat - g_w||^2 >= separation/4.
    """
    separation = about.separation(members.words)
    divergences = about.divergences(members.words, samples, noise)
    probability = lower_bound.fano(float(divergences.mean()), len(members.words))
    return (
        separation,
        float(divergences.mean()),
        float(divergences.max()),
        about.jensen(samples, noise),
        about.share(),
        probability,
        separation / 4 * probability,
    )


def _error(values: list[float]) -> float:
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))


def _mean(values: list[float]) -> Estimate:
    return Estimate(value=float(np.mean(values)), se=_error(values))


def _finding(settings: Settings, rates: list[FanoCase], scaling: list[FanoCase], holders: dict[int, float]) -> Finding:
    told = ", ".join(f"{holder:.3g} for beta = {beta}" for beta, holder in sorted(holders.items()))
    return Finding(
        name="fano",
        title="Lower bound by Fano's inequality",
        source="paper B, Theorem 4.4",
        statement="inf sup E||g_hat - g*||² >= c0 (N M)^(-2b/(2b+1)) over the Hoelder class of order b",
        assumptions=["Gaussian noise", "A known (which only helps)", "for decoder and ERM: F^T F near its mean"],
        if_false="the bound times M^(2b/(2b+1)) would fall with M; were only N M to count, KL would grow as N",
        verdicts=verdicts(rates, scaling),
        tables=[
            fano_tables.rates(rates),
            fano_tables.family(rates),
            fano_tables.risks(rates),
            fano_tables.bumps(settings.betas, min(settings.sizes), max(settings.sizes)),
            fano_tables.tokens(scaling[::3], scaling[1::3]),
            fano_tables.tokens_times_samples(scaling[2::3]),
        ],
        panels=[*fano_tables.rate_panels(rates), fano_tables.scaling_panel(scaling[::3])],
        notes=[
            f"A flipped sign costs about {settings.signal} nats at every M; this fixes L: {told}. Cells tile "
            "[-2/3, 2/3], so their number is rounded: the bound steps with it and with the code. K = 2/h for the "
            "ERM makes its variance, nearly all of its risk, flat by construction; the content is in the lower bound.",
            "At beta = 7 bumps hardly change over feasible M (see the table of bumps): such a rate cannot be "
            "seen, neither here nor in a fit.",
        ],
    )
