"""A share of successes among trials that come in clusters, as several starts of a training on one data set do.

Trials of a cluster succeed together more often than independent ones, so that Clopper and Pearson's interval over all
of them would be too narrow. Korn and Graubard (1998, Survey Methodology 24) take it at the effective number of trials
n* = p (1 - p) / v, v the variance of p from the scatter of the clusters' own shares, less what the few degrees of
freedom of v ask for. n* lies between the number of clusters, as if the trials of one were copies of each other, and the
number of trials. Where all succeed or all fail v says nothing, and n* is the number of clusters.
"""

import math

import numpy as np

from mtam.rates.intervals import Interval
from mtam.rates.judge_curves import NOTHING, within
from mtam.rates.laws import Floats
from mtam.rates.t_quantiles import quantile
from mtam.rates.verdict import Judgement

STEPS, NEGLIGIBLE = 500, 1e-15  # of the continued fraction


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), a, b > 0, by its continued fraction (Lentz's method)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_cdf(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    value, c, d = 1.0, 1.0, 0.0
    for k in range(STEPS):
        half = k // 2
        if k == 0:
            term = 1.0
        elif k % 2:
            term = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            term = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        d = 1 / (1 + term * d)
        c = 1 + term / c
        value *= c * d
        if k and abs(c * d - 1) < NEGLIGIBLE:
            break
    return front * (value - 1)


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x with I_x(a, b) = p, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if beta_cdf(middle, a, b) < p else (low, middle)
    return 0.5 * (low + high)


def effective_trials(shares: Floats, sizes: Floats) -> float:
    """n* of clusters of so many trials (clusters,), and of their shares of successes (clusters,); two clusters or more.

    v is that of the ratio estimate p = sum of successes / sum of trials, to first order.
    """
    clusters, trials = len(shares), float(sizes.sum())
    p = float(shares @ sizes) / trials
    if p in (0.0, 1.0):
        return float(clusters)
    apart = sizes * (shares - p)
    variance = clusters / (clusters - 1) * float(apart @ apart) / trials**2
    worth = trials if variance == 0 else min(max(p * (1 - p) / variance, clusters), trials)
    return worth * (quantile(0.975, trials - 1) / quantile(0.975, clusters - 1)) ** 2


def clustered_share_interval(shares: Floats, sizes: Floats, level: float = 0.95) -> Interval | None:
    """The share of successes with Korn and Graubard's interval, as ``effective_trials``; None for one cluster.

    Raises ValueError for shares outside [0, 1] and clusters without a trial.
    """
    shares, sizes = np.asarray(shares, dtype=float), np.asarray(sizes, dtype=float)
    if len(shares) and not (shares.min() >= 0 and shares.max() <= 1 and sizes.min() >= 1):
        raise ValueError("shares of successes lie between 0 and 1, of one trial or more in every cluster")
    if len(shares) < 2:
        return None
    p, n, tail = float(shares @ sizes) / float(sizes.sum()), effective_trials(shares, sizes), (1 - level) / 2
    low = 0.0 if p == 0 else beta_quantile(tail, p * n, (1 - p) * n + 1)
    high = 1.0 if p == 1 else beta_quantile(1 - tail, p * n + 1, (1 - p) * n)
    return Interval(p, low, high)


def clustered_share_within(
    shares: Floats, sizes: Floats, low: float = 0.0, high: float = 1.0, *, level: float = 0.95
) -> Judgement:
    """Whether the chance of success lies in [low, high], as ``judge_curves.within``."""
    found = clustered_share_interval(shares, sizes, level)
    return NOTHING if found is None else within(found, low, high)
