"""The exponent gamma that a curve itself would choose in exp(a - C (ln n)^gamma)."""

import numpy as np

from mtam.rates.fitting.unbalanced import adjusted_means
from mtam.rates.intervals import Interval
from mtam.rates.laws import Floats, SubPolynomial
from mtam.rates.t_quantiles import quantile

JACKKNIFE = 1000  # seeds with lacking sizes, beyond which the additive model is not solved without each of them
GAMMAS = np.round(np.arange(0.02, 2.001, 0.01), 2)


def free_gammas(sizes: Floats, curves: Floats) -> Floats:
    """The gamma in [0.02, 2] for which exp(a - C (ln n)^gamma) fits each of ``curves`` (k, sizes) of logs best  # (k,).

    Plain least squares on a grid of gammas; the ends of the range stand for everything beyond.
    """
    axes = np.array([SubPolynomial(gamma).axis(sizes) for gamma in GAMMAS])
    axes = axes - axes.mean(axis=1, keepdims=True)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    explained = (curves - curves.mean(axis=1, keepdims=True)) @ axes.T  # (k, gammas)
    return np.asarray(GAMMAS[np.argmax(explained**2, axis=1)])


def free_gamma(sizes: Floats, log_errors: Floats) -> float:
    """The gamma in [0.02, 2] for which exp(a - C (ln n)^gamma) fits ``log_errors`` (sizes,) best."""
    return float(free_gammas(sizes, log_errors[None])[0])


def at_border(gamma: float) -> bool:
    """Whether a free gamma is an end of the range that is searched, so that the curve sets it no value."""
    return gamma in (float(GAMMAS[0]), float(GAMMAS[-1]))


def gamma_interval(sizes: Floats, errors: Floats, level: float = 0.95) -> Interval | None:
    """The free gamma of the mean log curve of ``errors`` (seeds, sizes), with a jackknife interval over seeds.

    Seeds may lack sizes (NaN). None for fewer than two seeds or four sizes, where a size is below 1, where ln n has no
    real power, and where one seed alone has a size.

    A side is open (infinite) where the curve itself, or the curve without
    one of its seeds, wants a gamma beyond the range that is searched: there the data set no limit. Both are where all
    of them do, since values that end at the same border have no spread to measure.
    """
    seeds = len(errors)
    if seeds < 2 or len(sizes) < 4 or sizes[0] < 1:
        return None
    logs = np.log(errors)
    if np.isnan(logs).any():
        if seeds > JACKKNIFE or np.isfinite(logs).sum(axis=0).min() < 2:
            return None
        value = free_gamma(sizes, adjusted_means(logs))
        rest = np.stack([adjusted_means(np.delete(logs, seed, axis=0)) for seed in range(seeds)])
        others = free_gammas(sizes, rest)
    else:
        value = free_gamma(sizes, logs.mean(axis=0))
        others = free_gammas(sizes, (logs.sum(axis=0) - logs) / (seeds - 1))
    spread = float(np.sqrt((seeds - 1) / seeds * np.sum((others - others.mean()) ** 2)))
    half = quantile(0.5 + level / 2, seeds - 1) * spread
    lowest, highest = float(GAMMAS[0]), float(GAMMAS[-1])
    if at_border(float(others.min())) and np.ptp(others) == 0:
        return Interval(value, -np.inf, np.inf)
    low, high = min(value, float(others.min())), max(value, float(others.max()))
    return Interval(
        value,
        -np.inf if low <= lowest or value - half <= lowest else value - half,
        np.inf if high >= highest or value + half >= highest else value + half,
    )
