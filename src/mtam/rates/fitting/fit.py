"""Fit a law to a learning curve with seeds: one slope per seed, an interval over the seeds.

A seed's whole curve is the unit of replication, because its sizes share target and samples; the errors at its sizes
are not independent. Logs of the errors are fitted, weighted by the trend of the spread of the seeds along n.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from mtam.rates import intervals
from mtam.rates.fitting.mean_fit import MeanFit, fit_means, influence
from mtam.rates.fitting.spread import weights
from mtam.rates.fitting.unbalanced import Own, adjusted_means, combined, own_estimates
from mtam.rates.intervals import Interval
from mtam.rates.laws import Floats, Law, PowerLaw
from mtam.rates.t_quantiles import quantile

Method = Literal["student", "bca", "percentile"]
Basis = Literal["seeds", "residuals"]  # what the scatter behind an interval is that of


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
    basis: Basis = "seeds"

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
    single: bool = False,
) -> Fit | None:
    """Fit ``law`` to ``errors`` (seeds, sizes), all positive; None for fewer than two sizes, or four with a ``floor``.

    The slope is the mean of the seeds' slopes, which is also that of the mean log curve; of a law whose exponent is
    held, it is what the exponent would be if it were free. ``r2`` is the weighted share of the variance of the mean log
    curve that the law explains (None for two sizes, where it is 1 by construction).

    With ``single``, errors may be NaN where a seed lacks a size, and the residuals of a single seed give its intervals,
    as if they were independent: see ``mtam.rates.fitting.unbalanced``.
    """
    if len(sizes) < (4 if floor else 2):
        return None
    logs = np.log(errors)
    if single and unbalanced(logs):
        return _fit_unbalanced(law, sizes, logs, level, floor=floor)
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


def unbalanced(logs: Floats) -> bool:
    """Whether ``logs`` (seeds, sizes) are of a single seed, or of seeds that lack sizes."""
    return len(logs) == 1 or bool(np.isnan(logs).any())


def mean_curve(sizes: Floats, logs: Floats) -> tuple[Floats, Floats, Floats]:
    """The weights of sizes in a seed, the mean log curve, and its own weights, which count the seeds  # 3 (sizes,)."""
    weight = weights(sizes, logs)
    mass = weight * np.isfinite(logs).sum(axis=0)
    return weight, adjusted_means(logs, weight), mass / mass.mean()


def interval_of(own: Own, level: float = 0.95) -> Interval | None:
    """The estimate over seeds, or from the residuals of a single one, with Student's interval."""
    found = combined(own)
    if found is None:
        return None
    half = quantile(0.5 + level / 2, found.freedom) * found.error
    return Interval(found.value, found.value - half, found.value + half)


def _fit_unbalanced(law: Law, sizes: Floats, logs: Floats, level: float, *, floor: bool) -> Fit:
    weight, mean, mass = mean_curve(sizes, logs)
    found = fit_means(law, sizes, mean, mass, floor=floor)
    total = float(mass @ (mean - mass @ mean / mass.sum()) ** 2)
    ones, t = np.ones((len(sizes), 1)), law.axis(sizes)
    straight = own_estimates(ones, t, logs, weight)
    loglog = interval_of(own_estimates(ones, PowerLaw().axis(sizes), logs, weight), level)
    intercept, line, told = float(found.intercept), float(found.slope), None
    if floor:
        slope, told = (_parameter(found, k, logs, weight, level) for k in (1, 2))
        told = told and Interval(float(found.floor), max(told.low, 0.0), max(told.high, 0.0))
    else:
        slope = interval_of(straight, level)
        line = slope.value if slope and law.held is None else line
        intercept = float(mass @ (mean - line * t) / mass.sum())
    predicted = mean if not np.isfinite(line) else np.logaddexp(
        intercept + line * t, np.log(found.floor) if found.floor > 0 else -np.inf
    )  # fmt: skip
    rest = float(mass @ (mean - predicted) ** 2)
    enough = len(sizes) > (3 if floor else 2) and total > 0
    basis: Basis = "seeds" if len(straight.values) > 1 else "residuals"
    return Fit(
        law, intercept, line, slope, loglog, 1 - rest / total if enough else None, len(logs), level, told,
        float(found.floor), basis,
    )  # fmt: skip


def _parameter(found: MeanFit, which: int, logs: Floats, weight: Floats, level: float) -> Interval | None:
    """One parameter of a fit with a floor, to first order seed by seed."""
    others = np.delete(found.tangent, which, axis=-1)
    own = own_estimates(others, found.tangent[:, which], logs - found.predicted, weight)
    moved, start = interval_of(own, level), (found.intercept, found.slope, found.floor)[which]
    return moved and moved.mapped(lambda change: float(start) + change)


def local_slopes(sizes: Floats, errors: Floats) -> list[float | None]:
    """d ln error / d ln n of the mean log curve between each size and the one before it; None for the first."""
    mean = np.log(errors).mean(axis=0)
    steps = [
        float(b - a) / float(np.log(n / m)) for (a, b), (m, n) in zip(pairwise(mean), pairwise(sizes), strict=True)
    ]
    return [None, *steps]
