"""Which law fits better, and which exponent gamma a curve itself would choose: honest answers at feasible sizes."""

import numpy as np

from mtam.rates.fit import Interval
from mtam.rates.laws import Floats, Law, SubPolynomial
from mtam.rates.student import quantile

GAMMAS = np.round(np.arange(0.02, 2.001, 0.01), 2)
DECIDES = 2.0  # a difference of AIC below this says nothing


def residual(law: Law, sizes: Floats, log_errors: Floats) -> float:
    """Sum of squared residuals of the least-squares line on the law's axis; log_errors (sizes,)."""
    t = law.axis(sizes)
    t, y = t - t.mean(), log_errors - log_errors.mean()
    return float(y @ y - (t @ y) ** 2 / (t @ t))


def aic_difference(law: Law, rival: Law, sizes: Floats, errors: Floats) -> float | None:
    """AIC(rival) - AIC(law) on the mean log curve: positive prefers ``law``. Both have two parameters.

    m ln(RSS_rival / RSS_law) with m sizes; None for fewer than four sizes or where both are exact.
    """
    mean = np.log(errors).mean(axis=0)
    ours, theirs = residual(law, sizes, mean), residual(rival, sizes, mean)
    if len(sizes) < 4 or min(ours, theirs) < 1e-20:
        return None
    return float(len(sizes) * np.log(theirs / ours))


def free_gamma(sizes: Floats, log_errors: Floats) -> float:
    """The gamma in [0.02, 2] for which exp(a - C (ln n)^gamma) fits ``log_errors`` (sizes,) best."""
    return float(GAMMAS[np.argmin([residual(SubPolynomial(gamma), sizes, log_errors) for gamma in GAMMAS])])


def gamma_interval(sizes: Floats, errors: Floats, level: float = 0.95) -> Interval | None:
    """The free gamma of the mean log curve of ``errors`` (seeds, sizes), with a jackknife interval over seeds.

    None for fewer than two seeds or four sizes. A side is open (infinite) where the curve itself, or the curve without
    one of its seeds, wants a gamma beyond the range that is searched: there the data set no limit.
    """
    seeds = len(errors)
    if seeds < 2 or len(sizes) < 4:
        return None
    logs = np.log(errors)
    value = free_gamma(sizes, logs.mean(axis=0))
    others = np.array([free_gamma(sizes, np.delete(logs, seed, axis=0).mean(axis=0)) for seed in range(seeds)])
    spread = float(np.sqrt((seeds - 1) / seeds * np.sum((others - others.mean()) ** 2)))
    half = quantile(0.5 + level / 2, seeds - 1) * spread
    lowest, highest = float(GAMMAS[0]), float(GAMMAS[-1])
    low, high = min(value, float(others.min())), max(value, float(others.max()))
    return Interval(
        value,
        -np.inf if low <= lowest or value - half <= lowest else value - half,
        np.inf if high >= highest or value + half >= highest else value + half,
    )


def verdict(difference: float | None, free: Interval | None, gamma: float) -> str:
    """What can be said of theory's law (exponent ``gamma``) against a power law (exponent 1).

    The sizes of one seed share target and samples, so AIC, which takes them for independent, decides too often. It must
    agree with the interval of the free gamma over seeds: that has to exclude the exponent of the losing law.
    """
    if difference is None or free is None:
        return "too few sizes or seeds to compare laws"
    loser = 1.0 if difference > 0 else gamma
    if abs(difference) < DECIDES or free.low <= loser <= free.high:
        return "these sizes cannot tell"
    return "theory's law fits better" if difference > 0 else "a power law fits better"
