"""What the numbers of the lower bound say."""

import math
from collections.abc import Sequence

import numpy as np

from mtam.base.finding import JudgedStatement
from mtam.base.table import Estimate
from mtam.checks.fano.fano_case import FanoCase
from mtam.checks.judge_estimates import at_least, critical, critical_t, trend, within
from mtam.rates.verdict import Verdict

SLACK = 0.1  # of the exponent of the bound, whose steps are those of a finite code
TINY = 1e-300  # in the place of a bound that is zero, so that its slope is absurd and not an exception
TIGHT = 0.05  # of the exponent of the ERM's risk


def groups(cases: Sequence[FanoCase]) -> dict[tuple[int, int], list[FanoCase]]:
    """The cases of one beta and N together, in the order of M."""
    found: dict[tuple[int, int], list[FanoCase]] = {}
    for case in cases:
        found.setdefault((case.beta, case.tokens), []).append(case)
    return found


def slope(cases: Sequence[FanoCase], name: str) -> Estimate:
    """Log-log slope of a risk in M, with the scatter about the line as its error."""
    values = [max(getattr(case, name).value, TINY) for case in cases]
    return trend(np.log([case.samples for case in cases]), np.log(values))


def verdicts(rates: Sequence[FanoCase], scaling: Sequence[FanoCase]) -> list[JudgedStatement]:
    """All verdicts of the check."""
    told = []
    for beta in dict.fromkeys(case.beta for case in rates):
        told += [_bound(rates, beta), _achieved(rates, beta)]
    return [*told, _decoding([*rates, *scaling]), _jensen([*rates, *scaling]), *_tokens(scaling[::3])]


def _slopes(rates: Sequence[FanoCase], beta: int, name: str) -> tuple[list[Estimate], str, int]:
    """Slopes less theory's exponent, their description, and the number of points of each."""
    theory = -2 * beta / (2 * beta + 1)
    parts = {n: cases for (b, n), cases in groups(rates).items() if b == beta}
    found = {n: slope(cases, name) for n, cases in parts.items()}
    words = "; ".join(f"N = {n}: {each.value:.3f} ± {each.se:.3f}" for n, each in found.items())
    excess = [Estimate(value=each.value - theory, se=each.se) for each in found.values()]
    return excess, f"{words}; theory {theory:.3f}", len(next(iter(parts.values())))


def _bound(rates: Sequence[FanoCase], beta: int) -> JudgedStatement:
    excess, words, points = _slopes(rates, beta, "bound")
    worst = min(excess, key=lambda each: each.value)
    theory = -2 * beta / (2 * beta + 1)
    return JudgedStatement(
        key=f"bound_beta{beta}",
        claim=f"Fano's bound on the risk falls no faster than M^({theory:.3f}) for beta = {beta}",
        said=within(excess, -SLACK, math.inf, points),
        because=f"slope of the bound, {words}, to {SLACK}",
        expected=theory,
        value=theory + worst.value,
        low=theory + worst.value - critical_t(len(excess), points) * worst.se,
        high=theory + worst.value + critical_t(len(excess), points) * worst.se,
    )


def _achieved(rates: Sequence[FanoCase], beta: int) -> JudgedStatement:
    excess, words, points = _slopes(rates, beta, "erm")
    worst = max(excess, key=lambda each: abs(each.value))
    theory = -2 * beta / (2 * beta + 1)
    return JudgedStatement(
        key=f"erm_beta{beta}",
        claim=f"on the same family the ERM's risk falls as M^({theory:.3f}) for beta = {beta}",
        said=within(excess, -TIGHT, TIGHT, points),
        because=f"slope of the risk, {words}, to {TIGHT}",
        expected=theory,
        value=theory + worst.value,
        low=theory + worst.value - critical_t(len(excess), points) * worst.se,
        high=theory + worst.value + critical_t(len(excess), points) * worst.se,
    )


def _decoding(cases: Sequence[FanoCase]) -> JudgedStatement:
    margins = [
        Estimate(value=case.decoding.value - case.fano.value, se=math.hypot(case.decoding.se, case.fano.se))
        for case in cases
    ]
    z = critical(len(margins), sides=1)
    least = min(margins, key=lambda margin: margin.value + z * margin.se)
    return JudgedStatement(
        key="decoding",
        claim="maximum likelihood errs at least as often as Fano's inequality demands",
        said=at_least(margins, 0.0, 0.05),
        because=f"smallest of {len(margins)} margins {least.value:.3f} ± {least.se:.3f}",
        value=least.value,
        low=least.value - z * least.se,
        high=least.value + z * least.se,
    )


def _jensen(cases: Sequence[FanoCase]) -> JudgedStatement:
    margins = [Estimate(value=1 - case.share.value, se=case.share.se) for case in cases]
    z = critical(len(margins), sides=1)
    least = min(margins, key=lambda margin: margin.value - z * margin.se)
    return JudgedStatement(
        key="jensen",
        claim="KL is at most M N ||g||²/(2 sigma²) in every direction (the proof's use of Jensen's inequality)",
        said=at_least(margins, 0.0, 0.05),
        because=f"largest share of it over {len(margins)} cases {1 - least.value:.3f} ± {least.se:.3f}",
        value=1 - least.value,
        low=1 - least.value - z * least.se,
        high=1 - least.value + z * least.se,
    )


def _tokens(cases: Sequence[FanoCase]) -> list[JudgedStatement]:
    """Whether the numbers at fixed M change with N as the statement's N M lets one expect."""
    first, last = min(cases, key=lambda case: case.tokens), max(cases, key=lambda case: case.tokens)
    if first.tokens == last.tokens:
        return []
    theory = 2 * first.beta / (2 * first.beta + 1)
    told = []
    for key, name, exponent, what in (
        ("tokens_divergence", "divergence", 1.0, "KL of the same hypotheses grows as N (only N M counts)"),
        (
            "tokens_risk",
            "erm",
            -theory,
            f"the ERM's risk falls as N^({-theory:.3f}) (the ERM matches the N of the bound)",
        ),
    ):
        low, high = getattr(first, name), getattr(last, name)
        ratio = high.value / low.value
        error = ratio * math.hypot(high.se / high.value, low.se / low.value)
        expected = (last.tokens / first.tokens) ** exponent
        distance = abs(math.log(ratio / expected)) * ratio / error if error > 0 else math.inf
        told.append(
            JudgedStatement(
                key=key,
                claim=f"at fixed M, {what}",
                said=Verdict.CONTRADICTED if distance > critical(1) else Verdict.SUPPORTED,
                because=f"from N = {first.tokens} to {last.tokens}: times {ratio:.3f} ± {error:.3f}, "
                f"expected {expected:.2f}",
                expected=expected,
                value=ratio,
                low=ratio - critical(1) * error,
                high=ratio + critical(1) * error,
            )
        )
    return told
