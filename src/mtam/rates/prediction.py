"""Prediction intervals at sizes that were not run, and what to run next under a budget, for a law of one resource.

Every seed s has a curve of its own, y_s(n) = f(theta_s, n) + noise, theta_s independent over seeds and the noise
independent with variance sigma^2 / w(n), w the weights of ``fitting.spread``. To first order the estimate from one seed
at n* is p_s = f(theta, n*) + r^T (y_s - mean), r the tangent at n* times the influence of the sizes, so that

    Var p_s = tau^2 + sigma^2 h,   h = sum_k r_k^2 / w_k,   tau^2 the variance over seeds of f(theta_s, n*),

and a run with a new seed at n* misses the mean of the p_s by the variance

    V = tau^2 + sigma^2 / w(n*) + Var p_s / S = (1 + 1/S) s_p^2 + (1 / w(n*) - h) sigma^2,

s_p^2 the sample variance of the p_s with S - 1 degrees of freedom, sigma^2 from the residuals within seeds with
S (m - p). An estimate of tau^2 below 0 counts as 0. The quantile is Student's with the degrees of freedom of
Satterthwaite (1946, Biometrics Bulletin 2). Of one seed V = sigma^2 (1 / w(n*) + h), which knows nothing of other
seeds. That the law goes on to n* is taken for granted.
"""

from dataclasses import dataclass

import numpy as np

from mtam.rates.fitting.mean_fit import MeanFit, fit_means, influence
from mtam.rates.fitting.spread import weights, weights_at
from mtam.rates.intervals import Interval
from mtam.rates.laws import Floats, Law
from mtam.rates.t_quantiles import quantile

CANDIDATES = 49  # sizes that a next run may have
SMALLEST = 1e-300  # variance of curves without noise


@dataclass(frozen=True)
class Prediction:
    """The error of one further run at a size, with its prediction interval."""

    size: float
    error: Interval
    level: float
    seeds: int  # 1: another run of the same seed


@dataclass(frozen=True)
class NextRuns:
    """Runs that could be done next, and the half width of the slope's 95% interval to be expected after them."""

    what: str  # "more seeds" | "another size"
    runs: int
    size: float | None  # None: all the sizes of the curve
    cost: float  # sum of the sizes of the runs
    half_width: float
    now: float  # the same before them


@dataclass(frozen=True)
class _Scatter:
    """What whole seeds say: the fit to their mean, the scatter of their parameters, the noise within them."""

    sizes: Floats  # (m,)
    logs: Floats  # (S, m)
    weight: Floats  # (m,)
    law: MeanFit
    moved: Floats  # (S, p), parameters of every seed less their mean
    variance: float  # sigma^2
    freedom: int  # of sigma^2


def _scatter(law: Law, sizes: Floats, errors: Floats, *, floor: bool) -> _Scatter:
    logs = np.log(errors)
    logs = logs[np.isfinite(logs).all(axis=1)]
    if not len(logs):
        raise ValueError("no seed has all the sizes, and predictions rest on seeds that do")
    weight, mean = weights(sizes, logs), logs.mean(axis=0)
    if len(sizes) < (5 if floor else 3):
        raise ValueError(f"a prediction needs at least {5 if floor else 3} sizes, not {len(sizes)}")
    fit = fit_means(law, sizes, mean, weight, floor=floor)
    rows = influence(fit.tangent, weight)
    if not np.all(np.isfinite(rows)):
        raise ValueError("the curve is flat, or its floor is all there is; its slope cannot be told")
    moved = (logs - mean) @ rows.T
    rest = logs - fit.predicted - moved @ fit.tangent.T
    freedom = len(logs) * (len(sizes) - fit.parameters)
    return _Scatter(sizes, logs, weight, fit, moved, float((weight * rest**2).sum()) / freedom, freedom)


def predictions(
    law: Law, sizes: Floats, errors: Floats, at: Floats, *, floor: bool = False, level: float = 0.9
) -> list[Prediction]:
    """Prediction intervals at sizes ``at`` from ``errors`` (seeds, sizes); seeds that lack a size have no part.

    Raises ValueError where no seed has all sizes, or there are fewer than one more than the law has parameters, or the
    law is not known at a size.
    """
    seen = _scatter(law, sizes, errors, floor=floor)
    seeds = len(seen.logs)
    tangents = seen.law.tangent_at(at)  # (k, p)
    row = tangents @ influence(seen.law.tangent, seen.weight)  # (k, m)
    noise, h = seen.variance / weights_at(at, sizes, seen.logs), (row**2 / seen.weight).sum(axis=1)
    told = []
    for k, middle in enumerate(seen.law.at(at)):
        if seeds == 1:
            variance, freedom = noise[k] + seen.variance * h[k], float(seen.freedom)
        else:
            own = float(np.sum((seen.moved @ tangents[k]) ** 2)) / (seeds - 1)
            variance, freedom = _combined(own, noise[k], seen.variance * h[k], seeds, seen.freedom)
        half = quantile(0.5 + level / 2, freedom) * float(np.sqrt(variance))
        found = Interval(float(middle), float(middle) - half, float(middle) + half)
        told.append(Prediction(float(at[k]), found.mapped(lambda v: float(np.exp(v))), level, seeds))
    return told


def _combined(own: float, noise: float, spread: float, seeds: int, freedom: int) -> tuple[float, float]:
    """V and its degrees of freedom from s_p^2, sigma^2 / w(n*) and sigma^2 h."""
    first, second = own * (1 + 1 / seeds), noise - spread
    if own < spread:  # the estimate of tau^2 is 0
        first, second = own / seeds, noise
    variance = max(first + second, SMALLEST)
    parts = first**2 / (seeds - 1) + second**2 / freedom
    return variance, max(1.0, variance**2 / parts if parts > 0 else float(freedom))


def next_runs(law: Law, sizes: Floats, errors: Floats, budget: float, *, floor: bool = False) -> list[NextRuns]:
    """What a budget, a sum of sizes, buys: more seeds at all sizes, or another size for all; shortest interval first.

    After S seeds and sizes with influence row r of the slope its variance is (tau^2 + sigma^2 sum r_k^2 / w_k) / S,
    with tau^2 and sigma^2 as they are estimated now, and the half width the 97.5% quantile of Student's t times its
    root. Empty where the budget buys neither. Raises ValueError as ``predictions`` does.
    """
    seen = _scatter(law, sizes, errors, floor=floor)
    seeds, count = len(seen.logs), len(sizes)
    g = _information(seen, sizes)
    own = float(seen.moved[:, 1].var(ddof=1)) if seeds > 1 else 0.0
    tau = max(0.0, own - seen.variance * g)

    def half(spread: float, runs: int, m: int) -> float:
        freedom = runs - 1 if runs > 1 else m - seen.law.parameters
        return float(quantile(0.975, freedom) * np.sqrt((tau + seen.variance * spread) / runs))

    now, options = half(g, seeds, count), []
    if seeds > 1 and (more := int(budget // sizes.sum())):
        options.append(NextRuns("more seeds", more, None, more * float(sizes.sum()), half(g, seeds + more, count), now))
    largest = min(budget / seeds, law.largest)
    smallest = float(sizes[0])  # below it the law was not seen to hold
    sides = [
        (half(_information(seen, np.append(sizes, size)), seeds, count + 1), float(size))
        for size in (np.geomspace(smallest, largest, CANDIDATES) if largest > smallest else ())
        if np.min(np.abs(np.log(size / sizes))) > 1e-9
    ]
    if sides:
        width, size = min(sides)
        options.append(NextRuns("another size", seeds, size, seeds * size, width, now))
    return sorted(options, key=lambda option: option.half_width)


def _information(seen: _Scatter, sizes: Floats) -> float:
    """sum_k r_k^2 / w_k of the slope for other sizes, the parameters being those of the fit."""
    weight = weights_at(sizes, seen.sizes, seen.logs)
    rows = influence(seen.law.tangent_at(sizes), weight)
    return float((rows[1] ** 2 / weight).sum())
