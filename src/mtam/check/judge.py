"""From numbers with standard errors to one of four words; many looks at chance are paid for by Bonferroni."""

from collections.abc import Sequence
from statistics import NormalDist

from mtam.finding import Estimate, Said

LEVEL = 0.01  # chance of contradicting a true claim


def critical(looks: int, sides: int = 2) -> float:
    """The z that the largest of ``looks`` independent normal scores exceeds with probability at most 1%."""
    return NormalDist().inv_cdf(1 - LEVEL / (sides * max(looks, 1)))


def at_least(estimates: Sequence[Estimate], bound: float, resolution: float) -> Said:
    """Whether all estimates are at least ``bound``.

    contradicted: one lies below it by more than the chance of so many looks. supported: none does, and every one is
    known not to lie below ``bound - resolution``. undecided: the standard errors are too large for that; outside: there
    is nothing to judge.
    """
    if not estimates:
        return "outside"
    z = critical(len(estimates), sides=1)
    if any(each.value + z * each.se < bound - 1e-12 for each in estimates):
        return "contradicted"
    return "supported" if all(each.value - z * each.se >= bound - resolution for each in estimates) else "undecided"


def equal(estimates: Sequence[Estimate], figure: float, resolution: float) -> Said:
    """Whether all estimates equal ``figure``: as ``at_least``, to both sides."""
    if not estimates:
        return "outside"
    z = critical(len(estimates))
    if any(abs(each.value - figure) > z * each.se + 1e-12 for each in estimates):
        return "contradicted"
    within = all(abs(each.value - figure) + z * each.se <= resolution for each in estimates)
    return "supported" if within else "undecided"


def pooled(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of independent estimates of one figure, weighted by their precision."""
    weights = [max(each.se, 1e-12) ** -2 for each in estimates]
    value = sum(w * each.value for w, each in zip(weights, estimates, strict=True)) / sum(weights)
    return Estimate(value=value, se=sum(weights) ** -0.5)
