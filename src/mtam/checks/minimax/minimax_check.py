"""The exact minimax risk of the problem that remains when the context is recalled (paper A, main theorem).

Statement: -ln R(n) ~ 2 C^{-g} (ln n)^g with g = alpha/(alpha+1), C = g (2/c)^{1/alpha}, for lambda_j = exp(-c j^alpha).
The linear minimax risk over functions of mean-square gradient at most one is computed exactly (Pinsker 1980) at any n;
the minimax risk in white noise is at most 1.25 times less (Donoho, Liu and MacGibbon 1990). Over 1-Lipschitz functions
and random design it is bracketed by a lower bound of signed bumps that tile the box and by the same linear estimator
with the noise of the design. Were the statement false, the local exponent would settle elsewhere, or the bracket would
stay open. An estimator that knows neither the spectrum nor the smoothness is tried in the same sequence model; a
transformer cannot be trained there.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from mtam.base.finding import Finding, JudgedStatement
from mtam.base.streams import generator
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings
from mtam.checks.minimax import minimax_tables
from mtam.checks.minimax.minimax_case import MinimaxCase
from mtam.checks.minimax.minimax_tables import Adaptive
from mtam.rates.verdict import Verdict
from mtam.recall.theory.metric_entropy import WINDOW, stays_within
from mtam.recall.theory.pinsker import DONOHO
from mtam.recall.theory.spectral_case import FIRST, LN10, WITHIN, minimax_exponent, power_of_ten

OPEN = 1.15  # the bracket is closed where -ln of its ends differ by at most this factor
SHARP = 0.1  # the constant is visible where -ln R is this near to its asymptotic form, as a share
AS_GOOD = 1.1  # risk of the adaptive estimator over the linear minimax risk
NEAR = 0.1  # of its exponent, as a share
ROUNDING = 0.02  # of ln R, by which the saddle point may leave the counted bracket: it smooths the lowest levels
COUNTED = (4.0, 6.0, 10.0, 20.0, 43.0, 100.0)  # log10 n at which levels are counted

Positive = Annotated[float, Field(gt=0)]
AboveHalf = Annotated[float, Field(gt=0.5)]


class Settings(CheckSettings):
    """The spectra that are looked at."""

    alphas: list[Positive] = Field([0.5, 1.0, 2.0], min_length=1)  # of exponential spectra
    powers: list[AboveHalf] = Field([1.0, 2.0, 3.0])  # of polynomial spectra, lambda_j = j^{-2 alpha}
    decay: float = Field(1.0, gt=0)  # c
    noise: float = Field(0.1, gt=0)  # sigma, in units of the root mean square of the coefficients
    within: float = Field(WITHIN, gt=0, lt=1)  # the exponent is visible where it is this near to its limit, as a share
    draws: int = Field(50, ge=2)  # of the adaptive estimator
    digits: float = Field(60.0, gt=3, le=1000)  # log10 n at which it is tried


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on the minimax risk; about ten seconds with the default settings."""
    law = [MinimaxCase("exponential", alpha, settings.decay, settings.noise) for alpha in settings.alphas]
    powers = [MinimaxCase("polynomial", alpha, settings.decay, settings.noise) for alpha in settings.powers]
    verdicts, tried = [], []
    for at, case in enumerate([*law, *powers]):
        verdicts.append(minimax_exponent(case, settings.within))
        if case.exponential:
            tried.append(adaptive(case, settings))
            verdicts += [bracket_verdict(case), constant_verdict(case), adaptive_verdict(tried[-1])]
        tick((at + 1) / (len(law) + len(powers)))
    counts = minimax_tables.counted(law, np.array(COUNTED) * LN10)
    return Finding(
        name="minimax",
        title="The exact minimax risk at any n",
        source="paper A, main theorem",
        statement="-ln R(n) ~ 2 C^-g (ln n)^g, g = alpha/(alpha+1), C = g (2/c)^(1/alpha)",
        assumptions=[
            "the context is recalled: what remains is F on the box |u_j| <= sqrt(3 lambda_j) under the uniform law",
            "white noise: over mean-square gradient at most 1; bracket: 1-Lipschitz F with E F = 0, random design",
        ],
        if_false="the local exponent would settle elsewhere, or the bracket would stay open as n grows",
        verdicts=[counted_verdict(counts.rows), *verdicts, feasible_verdict([*law, *powers])],
        tables=[
            counts,
            minimax_tables.brackets(law),
            minimax_tables.visible([*law, *powers], (settings.within, 2 * settings.within)),
            minimax_tables.constants(law),
            minimax_tables.adaptive(tried),
        ],
        panels=[*minimax_tables.exponent_panels(law, powers), minimax_tables.constant_panel(law)],
        notes=[
            f"In white noise the minimax risk over all estimators is at most {DONOHO} times less than the linear one.",
            "No transformer can be trained at these sizes; the adaptive estimator is blockwise James-Stein in the "
            "sequence model, which knows the order of the levels and nothing else.",
            "For lambda_j = j^-2a the linear minimax risk falls as (ln n)^-(2a+1); the cover's (ln n)^-(2a-1) adds up "
            "the variances of all axes and is not sharp.",
        ],
    )


def statement(settings: Settings, key: str) -> JudgedStatement | None:
    """The verdict on an exponent by itself, as the check gives it; None for a key of another kind."""
    for alpha in settings.alphas:
        case = MinimaxCase("exponential", alpha, settings.decay, settings.noise)
        if key == f"exponent_{case.key}":
            return minimax_exponent(case, settings.within)
    return None


def adaptive(case: MinimaxCase, settings: Settings) -> Adaptive:
    """The adaptive estimator at three sizes around the one asked for, every draw at all three."""
    sizes = settings.digits * LN10 * WINDOW ** np.array([-0.5, 0.0, 0.5])
    found = []
    for at, size in enumerate(sizes):
        stream = generator(settings.seed, "recall", "block_stein", case.key, at)
        found.append(case.adaptive(float(size), settings.draws, stream))
    risks = np.array([risk for risk, _ in found])  # (3, draws)
    gamma = np.log((risks[2] - risks[1]) / (risks[1] - risks[0])) / np.log(WINDOW**0.5)
    return Adaptive(case, float(sizes[1]), np.exp(risks[1] - found[1][1]), gamma)


def counted_verdict(rows: Sequence[Sequence[Any]]) -> JudgedStatement:
    """Whether the saddle point lies between the risks of levels counted from below and from above."""
    worst = max(max(row[2] - row[3], row[4] - row[2], 0.0) for row in rows)
    return JudgedStatement(
        key="counted",
        claim="the saddle point's risk is that of the counted levels",
        said=Verdict.SUPPORTED if worst <= ROUNDING else Verdict.CONTRADICTED,
        because=f"-ln R leaves the bracket by {worst:.2g} at most",
        expected=0.0,
        value=worst,
    )


def feasible_verdict(cases: Sequence[MinimaxCase]) -> JudgedStatement:
    """Whether the sizes of a sweep show the exponents of the exact curve, with neither noise nor seeds in the way."""
    first = [float(case.exponents(np.array([FIRST]))[0]) for case in cases]
    far = [
        f"{case.name}: {here:.2f} for {case.limit:.2f}"
        for case, here in zip(cases, first, strict=True)
        if abs(here - case.limit) > NEAR * case.limit
    ]
    return JudgedStatement(
        key="feasible_sizes",
        claim=f"n = 2^6 .. 2^14 shows the exponents of the theorem within {NEAR:.0%}",
        said=Verdict.CONTRADICTED if far else Verdict.SUPPORTED,
        because=", ".join(far) or "each of them does",
    )


def bracket_verdict(case: MinimaxCase) -> JudgedStatement:
    """Whether lower and upper bound over 1-Lipschitz functions agree on the curve at last."""
    sizes = case.sizes
    ratio = case.risk_below(sizes) / case.risk_above(sizes)
    right = bool((case.risk_below(sizes) <= case.risk_above(sizes)).all())
    closed = np.flatnonzero(ratio > OPEN)
    first = None if len(closed) and closed[-1] == len(ratio) - 1 else float(sizes[closed[-1] + 1 if len(closed) else 0])
    where = f"from n = {power_of_ten(first)} on" if first is not None else "nowhere for good"
    return JudgedStatement(
        key=f"bracket_{case.key}",
        claim=f"upper and lower bounds of {case.name} have the same -ln R up to a factor that closes",
        said=Verdict.CONTRADICTED if not right else Verdict.SUPPORTED if first is not None else Verdict.UNDECIDED,
        because=f"their ratio is at most {OPEN} {where}; {ratio[-1]:.3f} at n = {power_of_ten(float(sizes[-1]))}",
        expected=1.0,
        value=float(ratio[-1]),
    )


def constant_verdict(case: MinimaxCase) -> JudgedStatement:
    """Whether -ln R against 2 C^{-g} (ln n)^g has slope one at last: theory's slope is -1 on that axis."""
    ratio = -case.risk(case.sizes) / (case.constant * case.sizes**case.limit)
    slope = np.gradient(-case.risk(case.sizes), case.constant * case.sizes**case.limit)
    seen = stays_within(case.sizes[1:-1], slope[1:-1], 1.0, SHARP)
    where = f"from n = {power_of_ten(seen)} on" if seen is not None else "nowhere for good"
    return JudgedStatement(
        key=f"slope_{case.key}",
        claim=f"ln R of {case.name} has slope -1 on the axis 2 C^-g (ln n)^g",
        said=Verdict.SUPPORTED if seen is not None else Verdict.UNDECIDED,
        because=f"within {SHARP:.0%} {where}; -ln R over the axis is {ratio[-1]:.3f} at the last size",
        expected=-1.0,
        value=-float(slope[-2]),
    )


def adaptive_verdict(found: Adaptive) -> JudgedStatement:
    """Whether the adaptive estimator attains the linear minimax risk, whose exponent its own then is."""
    case = found.case
    good = int((found.ratio <= AS_GOOD).sum())
    near = int((np.abs(found.gamma - case.limit) <= NEAR * case.limit).sum())
    return JudgedStatement(
        key=f"adaptive_{case.key}",
        claim=f"an estimator that does not know {case.name} attains the linear minimax risk",
        said=Verdict.SUPPORTED if good == len(found.ratio) else Verdict.CONTRADICTED,
        because=f"risk at most {AS_GOOD} times it in {good} of {len(found.ratio)} draws at n = "
        f"{power_of_ten(found.log_size)}; its exponent {found.gamma.mean():.3f} is within {NEAR:.0%} of "
        f"{case.limit:.3g} in {near}",
        expected=1.0,
        value=float(found.ratio.mean()),
    )
