"""Statements about few, skewed or two-humped figures, such as ratios to a fit that may have collapsed: order alone.

Student's interval of their logarithms means nothing there. The median needs no shape: of n figures, the k-th smallest
and the k-th largest enclose it with probability 1 - 2 P(Binomial(n, 1/2) < k), for any law. A share of successes has
the interval of Clopper and Pearson (1934, Biometrika 26), whose coverage is at least its level; where several trials
share a data set it is taken at the number of independent trials that are worth as much (``clustered_shares``).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from mtam.rates.intervals import Interval
from mtam.rates.judge_curves import NOTHING, within
from mtam.rates.laws import Floats
from mtam.rates.verdict import Judgement


def fewer(successes: int, trials: int, chance: float) -> float:
    """P(X < successes) for X ~ Binomial(trials, chance)."""
    return math.fsum(
        math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(min(successes, trials + 1))
    )


def median_interval(values: Floats, level: float = 0.95) -> Interval | None:
    """The median with the narrowest interval of order statistics that covers it with ``level``; None for too few.

    The smallest number for 95% is six, whose extremes cover with 1 - 2^{-5} = 96.9%.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    count = len(ordered)
    depth = max((k for k in range(1, count // 2 + 1) if 2 * fewer(k, count, 0.5) <= 1 - level + 1e-12), default=0)
    if not depth or not np.all(np.isfinite(ordered)):
        return None
    return Interval(float(np.median(ordered)), float(ordered[depth - 1]), float(ordered[count - depth]))


def share_interval(successes: int, trials: int, level: float = 0.95) -> Interval:
    """The share of successes with the interval of Clopper and Pearson.

    Raises ValueError unless 0 <= successes <= trials.
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(
            f"{successes} successes of {trials} trials are none; valid: 0 to the number of trials, one or more"
        )
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else _root(lambda p: 1 - fewer(successes, trials, p) - tail)
    high = 1.0 if successes == trials else _root(lambda p: tail - fewer(successes + 1, trials, p))
    return Interval(successes / trials, low, high)


def _root(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return 0.5 * (low + high)


def median_within(values: Floats, low: float = -np.inf, high: float = np.inf, *, level: float = 0.95) -> Judgement:
    """Whether the median lies in [low, high], as ``judge_curves.within``; undecided with fewer than six values."""
    found = median_interval(values, level)
    return NOTHING if found is None else within(found, low, high)


def share_within(passed: Sequence[bool], low: float = 0.0, high: float = 1.0, *, level: float = 0.95) -> Judgement:
    """Whether the chance of what ``passed`` tells of every start lies in [low, high]."""
    return within(share_interval(sum(passed), len(passed), level), low, high) if passed else NOTHING
