"""From numbers with standard errors to one of four words; many looks at chance are paid for by Bonferroni."""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from mtam.base.table import Estimate
from mtam.rates.t_quantiles import quantile
from mtam.rates.verdict import Verdict

LEVEL = 0.01  # chance of contradicting a true claim


def critical(looks: int, sides: int = 2) -> float:
    """The z that the largest of ``looks`` independent normal scores exceeds with probability at most 1%."""
    return NormalDist().inv_cdf(1 - LEVEL / (sides * max(looks, 1)))


def at_least(estimates: Sequence[Estimate], bound: float, resolution: float) -> Verdict:
    """Whether all estimates are at least ``bound``.

    contradicted: one lies below it by more than the chance of so many looks. supported: none does, and every one is
    known not to lie below ``bound - resolution``. undecided: the standard errors are too large for that; outside: there
    is nothing to judge.
    """
    if not estimates:
        return Verdict.OUTSIDE
    z = critical(len(estimates), sides=1)
    if any(each.value + z * each.se < bound - 1e-12 for each in estimates):
        return Verdict.CONTRADICTED
    return (
        Verdict.SUPPORTED
        if all(each.value - z * each.se >= bound - resolution for each in estimates)
        else Verdict.UNDECIDED
    )


def equal(estimates: Sequence[Estimate], figure: float, resolution: float) -> Verdict:
    """Whether all estimates equal ``figure``: as ``at_least``, to both sides."""
    if not estimates:
        return Verdict.OUTSIDE
    z = critical(len(estimates))
    if any(abs(each.value - figure) > z * each.se + 1e-12 for each in estimates):
        return Verdict.CONTRADICTED
    within = all(abs(each.value - figure) + z * each.se <= resolution for each in estimates)
    return Verdict.SUPPORTED if within else Verdict.UNDECIDED


def pooled(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of independent estimates of one figure, weighted by their precision."""
    weights = [max(each.se, 1e-12) ** -2 for each in estimates]
    value = sum(w * each.value for w, each in zip(weights, estimates, strict=True)) / sum(weights)
    return Estimate(value=value, se=sum(weights) ** -0.5)


def trend(x: ArrayLike, y: ArrayLike) -> Estimate:
    """Slope of the least-squares line with its standard error from the scatter; needs three points  # (n,), (n,)."""
    t, values = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    t = t - t.mean()
    slope = float(t @ values / (t @ t))
    residual = values - values.mean() - slope * t
    return Estimate(value=slope, se=float(np.sqrt(residual @ residual / (len(t) - 2) / (t @ t))))


def critical_t(looks: int, points: int, sides: int = 2) -> float:
    """Like ``critical``, for slopes through so many points whose scatter is estimated from them."""
    return quantile(1 - LEVEL / (sides * looks), points - 2)


def within(trends: Sequence[Estimate], low: float, high: float, points: int) -> Verdict:
    """Whether all slopes, each through so many points, lie in [low, high]; Student's intervals at 99%, Bonferroni;
    one-sided where low or high is infinite.

    supported: all intervals lie inside. contradicted: one lies outside altogether. undecided: anything else.
    """
    if not trends:
        return Verdict.OUTSIDE
    t = critical_t(len(trends), points, sides=1 if math.isinf(low) or math.isinf(high) else 2)
    if any(each.value + t * each.se < low or each.value - t * each.se > high for each in trends):
        return Verdict.CONTRADICTED
    inside = all(each.value - t * each.se >= low and each.value + t * each.se <= high for each in trends)
    return Verdict.SUPPORTED if inside else Verdict.UNDECIDED
