"""Fit a law to a learning curve with seeds: one slope per seed, an interval over the seeds.

A seed's whole curve is the unit of replication, because its sizes share target and samples; the errors at its sizes
are not independent. Logs of the errors are fitted, weighted by the trend of the spread of the seeds along n.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from mtam.rates import intervals
from mtam.rates.intervals import Interval
from mtam.rates.laws import Floats, Law, PowerLaw
from mtam.rates.meanfit import MeanFit, fit_means, influence
from mtam.rates.spread import weights

Method = Literal["student", "bca", "percentile"]


@dataclass(frozen=True)
class Fit:
    """ln error = ln(floor + exp(intercept + slope t(n))), fitted to the seeds' mean log errors."""

    law: Law
    intercept: float
    line: float  # slope of the mean log curve, for drawing; to be quoted only as ``slope``
    slope: Interval | None  # None with fewer than two seeds: a slope without an interval says nothing
    loglog: Interval | None  # the same for t = ln n and no floor, whatever the law
    r2: float | None
    seeds: int
    level: float
    floor: Interval | None = None  # None for a law without a floor, and where there is no interval
    floor_value: float = 0.0  # for drawing

    def predict(self, n: Floats) -> Floats:
        """The fitted error at sizes ``n``."""
        return np.asarray(self.floor_value + np.exp(self.intercept + self.line * self.law.axis(n)))


def student_interval(values: Floats, level: float = 0.95) -> Interval | None:
    """Mean of ``values`` (seeds,) with its Student t interval; None for fewer than two values."""
    return over_seeds(values, level)


def over_seeds(values: Floats, level: float = 0.95, method: Method = "student") -> Interval | None:
    """Mean of ``values`` (seeds,) with an interval; None for fewer than two seeds or values that are not finite."""
    if len(values) < 2 or not np.all(np.isfinite(values)):
        return None
    low, high = getattr(intervals, method)(np.asarray(values, dtype=float), level)
    return Interval(float(np.mean(values)), float(low), float(high))


def slopes(axis: Floats, log_errors: Floats, weight: Floats | None = None) -> Floats:
    """Weighted least-squares slope of every row of ``log_errors`` (..., sizes) on ``axis`` (sizes,)."""
    weight = np.ones(len(axis)) if weight is None else weight
    centred = weight * (axis - (weight * axis).sum(axis=-1, keepdims=True) / weight.sum(axis=-1, keepdims=True))
    result: Floats = (log_errors * centred).sum(axis=-1) / (axis * centred).sum(axis=-1)
    return result


def weighted_slopes(axis: Floats, sizes: Floats, logs: Floats, like: Floats | None = None) -> Floats:
    """The slope of every row of ``logs`` (rows, sizes) on ``axis`` (sizes,), each size with the weight of a fit.

    That follows from the spread of these logs, or of those of another curve, ``like`` (seeds, sizes)  # (rows,)
    """
    return slopes(axis, logs, weights(sizes, logs if like is None else like))


def by_seed(found: MeanFit, weight: Floats, logs: Floats) -> Floats:
    """The parameters of ``found`` as they would be for each seed alone, to first order  # (..., seeds, parameters).

    Without a floor this is the least-squares fit of each seed; with one, the fit to the mean plus its influence
    function times the seed's deviation from the mean. Means over seeds are the parameters of ``found``.
    ``weight`` is (..., sizes), ``logs`` (..., seeds, sizes).
    """
    names = [found.intercept] if found.law.held is not None else [found.intercept, found.slope]
    values = np.stack([*names, *([found.floor] if found.parameters > len(names) else [])], axis=-1)
    rows = influence(found.tangent, np.broadcast_to(weight, found.predicted.shape))
    apart = logs - logs.mean(axis=-2, keepdims=True)
    return np.asarray(values[..., None, :] + apart @ np.swapaxes(rows, -1, -2))


def fit(
    law: Law,
    sizes: Floats,
    errors: Floats,
    level: float = 0.95,
    *,
    floor: bool = False,
    method: Method = "student",
) -> Fit | None:
    """Fit ``law`` to ``errors`` (seeds, sizes), all positive; None for fewer than two sizes, or four with a ``floor``.

    The slope is the mean of the seeds' slopes, which is also that of the mean log curve; of a law whose exponent is
    held, it is what the exponent would be if it were free. ``r2`` is the weighted share of the variance of the mean log
    curve that the law explains (None for two sizes, where it is 1 by construction).
    """
    if len(sizes) < (4 if floor else 2):
        return None
    logs = np.log(errors)
    weight, mean = weights(sizes, logs), logs.mean(axis=0)
    found = fit_means(law, sizes, mean, weight, floor=floor)
    total = float(weight @ (mean - weight @ mean / weight.sum()) ** 2)
    enough = len(sizes) > (3 if floor else 2)
    told = None
    if floor:
        values = by_seed(found, weight, logs)
        slope, told = over_seeds(values[:, 1], level, method), over_seeds(values[:, 2], level, method)
        told = told and Interval(float(found.floor), max(told.low, 0.0), max(told.high, 0.0))
    else:
        slope = over_seeds(slopes(law.axis(sizes), logs, weight), level, method)
    return Fit(
        law,
        float(found.intercept),
        float(found.slope),
        slope,
        over_seeds(slopes(PowerLaw().axis(sizes), logs, weight), level, method),
        1 - float(found.rss) / total if enough and total > 0 else None,
        len(errors),
        level,
        told,
        float(found.floor),
    )


def local_slopes(sizes: Floats, errors: Floats) -> list[float | None]:
    """d ln error / d ln n of the mean log curve between each size and the one before it; None for the first."""
    mean = np.log(errors).mean(axis=0)
    steps = [
        float(b - a) / float(np.log(n / m)) for (a, b), (m, n) in zip(pairwise(mean), pairwise(sizes), strict=True)
    ]
    return [None, *steps]
