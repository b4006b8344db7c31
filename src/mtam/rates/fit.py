"""Fit a law to a learning curve with seeds: one slope per seed, a Student interval over the seeds.

A seed's whole curve is the unit of replication, because its sizes share target and samples; the errors at its sizes
are not independent.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mtam.rates.laws import Floats, Law, PowerLaw
from mtam.rates.student import quantile


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Fit:
    """ln error = intercept + slope t(n), fitted to the seeds' mean log errors."""

    law: Law
    intercept: float
    line: float  # least-squares slope of the mean log curve, for drawing; to be quoted only as ``slope``
    slope: Interval | None  # None with fewer than two seeds: a slope without an interval says nothing
    loglog: Interval | None  # the same for t = ln n, whatever the law
    r2: float | None
    seeds: int
    level: float


def student_interval(values: Floats, level: float = 0.95) -> Interval | None:
    """Mean of ``values`` (seeds,) with its Student t interval; None for fewer than two values."""
    if len(values) < 2:
        return None
    mean = float(np.mean(values))
    half = quantile(0.5 + level / 2, len(values) - 1) * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return Interval(mean, mean - half, mean + half)


def slopes(axis: Floats, log_errors: Floats) -> Floats:
    """Least-squares slope of every row of ``log_errors`` (seeds, sizes) on ``axis`` (sizes,)."""
    centred = axis - axis.mean()
    result: Floats = log_errors @ centred / (centred @ centred)
    return result


def fit(law: Law, sizes: Floats, errors: Floats, level: float = 0.95) -> Fit | None:
    """Fit ``law`` to ``errors`` (seeds, sizes), all positive; None for fewer than two sizes.

    The slope is the mean of the seeds' slopes, which is also the slope of the mean log curve. ``r2`` is the share of
    the variance of the mean log curve that the line explains (None for two sizes, where it is 1 by construction).
    """
    if len(sizes) < 2:
        return None
    log_errors = np.log(errors)
    axis, mean = law.axis(sizes), log_errors.mean(axis=0)
    slope = float(slopes(axis, mean[None])[0])
    intercept = float(mean.mean() - slope * axis.mean())
    total = float(np.sum((mean - mean.mean()) ** 2))
    rest = float(np.sum((mean - intercept - slope * axis) ** 2))
    return Fit(
        law,
        intercept,
        slope,
        student_interval(slopes(axis, log_errors), level),
        student_interval(slopes(PowerLaw().axis(sizes), log_errors), level),
        1 - rest / total if len(sizes) > 2 and total > 0 else None,
        len(errors),
        level,
    )


def local_slopes(sizes: Floats, errors: Floats) -> list[float | None]:
    """d ln error / d ln n of the mean log curve between each size and the one before it; None for the first."""
    mean = np.log(errors).mean(axis=0)
    steps = [
        float(b - a) / float(np.log(n / m)) for (a, b), (m, n) in zip(pairwise(mean), pairwise(sizes), strict=True)
    ]
    return [None, *steps]
