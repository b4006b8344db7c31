"""Weights of the sizes of a curve from the spread of its seeds.

With few seeds the spread at one size is known badly, and weights that follow it size by size would make intervals too
short. So only its trend is used: ln s^2 = const + c ln n, with c shrunk by its own sampling error.

Removing the seeds' levels mixes the sizes, so that this c says too little where the spread falls or grows by large
factors. There the likelihood says so: where a c of restricted maximum likelihood, for contrasts that are free of levels
and residuals that are correlated along n, gains more than ``STEEP``, it is taken instead.
"""

from functools import lru_cache

import numpy as np

from mtam.rates.laws import Floats

CAUTION = 2.0  # at 1, James and Stein's shrinkage, intervals over 3 seeds cover in 93% instead of 95%
STEEP = 10.0  # of twice the log likelihood: without a trend reached in less than 1% of draws, skewed ones too
KNOWN = 5  # seeds from which on that likelihood is relied upon: of fewer, intervals would cover in 92%
RATIOS = np.arange(-16.0, 16.01, 0.5)  # ln of the variance at the largest over that at the smallest size
CORRELATIONS = np.array([0.0, 0.3, 0.6, 0.8, 0.9, 0.95])  # of residuals at neighbouring sizes
MOST = 64  # sizes beyond which matrices of them are too large, and ``STEEP`` is not tried
SILENT = 1e-20  # spread of noise-free curves, below which there is nothing to weigh


def trigamma(x: float) -> float:
    """The variance of ln Gamma(x), by recurrence to x >= 10 and the asymptotic series there (Abramowitz, Stegun 6.4).

    ln of a chi-squared variable with k degrees of freedom has variance trigamma(k / 2).
    """
    total = 0.0
    while x < 10:
        total, x = total + x**-2, x + 1
    return total + 1 / x + 1 / (2 * x**2) + 1 / (6 * x**3) - 1 / (30 * x**5) + 1 / (42 * x**7)


def trend(sizes: Floats, logs: Floats) -> Floats:
    """c in s^2(n) ~ n^c, the spread of log errors ``logs`` (..., seeds, sizes) about each seed's level  # (...).

    The least-squares slope c of ln s^2 on ln n, times 1 - (CAUTION se(c) / c)^2 where that is positive, else 0. It is 0
    for fewer than three seeds or four sizes. Removing the levels mixes the sizes and so understates the trend,
    by about a quarter, by more if residuals are correlated along n: weights err towards equal ones, unless the
    likelihood is clear (``STEEP``). Of seeds that lack sizes (NaN) the larger of two blocks without gaps is used: whole
    seeds, or the sizes that all seeds have.
    """
    if logs.ndim == 2 and np.isnan(logs).any():
        sizes, logs = _block(sizes, logs)
    seeds, m = logs.shape[-2:]
    if seeds < 3 or m < 4:
        return np.zeros(logs.shape[:-2])
    rest = logs - logs.mean(axis=-2, keepdims=True)
    rest = rest - rest.mean(axis=-1, keepdims=True)  # the seed's level is no noise of the form of the curve
    variance = (rest**2).sum(axis=-2) / (seeds - 1)
    x = np.log(sizes) - np.log(sizes).mean()
    c = np.log(np.maximum(variance, SILENT)) @ x / (x @ x)
    error = trigamma((seeds - 1) / 2) / (x @ x)
    kept = c * np.maximum(0.0, 1 - CAUTION**2 * error / np.maximum(c**2, 1e-30))
    kept = np.where(variance.max(axis=-1) > SILENT, kept, 0.0)
    if m > MOST or seeds < KNOWN:
        return np.asarray(kept)
    likely, gain = _likely(np.log(sizes), logs, kept)
    return np.asarray(np.where((gain > STEEP) & (variance.max(axis=-1) > SILENT), likely, kept))


def _likely(x: Floats, logs: Floats, kept: Floats) -> tuple[Floats, Floats]:
    """c of restricted maximum likelihood, and what it gains over ``kept`` in twice the log likelihood  # (...), (...).

    The residuals are a stationary autoregression along the sizes times n^{c/2}.
    """
    seeds, m = logs.shape[-2:]
    contrasts, trends, inverse, determinant = _shapes(tuple(x))
    seen = (logs - logs.mean(axis=-2, keepdims=True)) @ contrasts.T
    scatter = np.swapaxes(seen, -1, -2) @ seen  # (..., m - 1, m - 1)
    flat = inverse.reshape(-1, (m - 1) ** 2)
    power = (scatter.reshape(*scatter.shape[:-2], -1) @ flat.T).reshape(*scatter.shape[:-2], *inverse.shape[:2])
    freedom = (seeds - 1) * (m - 1)
    loss = freedom * np.log(np.maximum(power, 1e-300)) + (seeds - 1) * determinant
    profile = loss.min(axis=-1)  # (..., trends)
    place = np.clip((kept * np.ptp(x) - RATIOS[0]) / (RATIOS[1] - RATIOS[0]), 0, len(RATIOS) - 1)
    under = np.minimum(place.astype(int), len(RATIOS) - 2)
    low, high = (np.take_along_axis(profile, (under + k)[..., None], axis=-1)[..., 0] for k in (0, 1))
    there = low + (place - under) * (high - low)
    return np.asarray(trends[profile.argmin(axis=-1)]), np.asarray(there - profile.min(axis=-1))


@lru_cache(maxsize=64)
def _shapes(x: tuple[float, ...]) -> tuple[Floats, Floats, Floats, Floats]:
    """Contrasts (m - 1, m) without a level, trends (k,), and of the contrasts' covariances (k, correlations, m - 1,
    m - 1) the inverses and the logarithms of the determinants."""
    m, place = len(x), np.array(x)
    contrasts = np.linalg.svd(np.ones((1, m)))[2][1:]
    trends = RATIOS / np.ptp(place)
    spreads = np.exp(0.5 * trends[:, None] * (place - place.mean()))
    lag = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
    shapes = CORRELATIONS[:, None, None] ** lag * (spreads[:, None, :, None] * spreads[:, None, None, :])
    shapes = contrasts @ shapes @ contrasts.T
    return contrasts, trends, np.linalg.inv(shapes), np.linalg.slogdet(shapes)[1]


def _block(sizes: Floats, logs: Floats) -> tuple[Floats, Floats]:
    there = np.isfinite(logs)
    whole, shared = there.all(axis=1), there.all(axis=0)
    if whole.sum() >= 3 and whole.sum() * len(sizes) >= len(logs) * shared.sum():
        return sizes, logs[whole]
    return sizes[shared], logs[:, shared]


def weights(sizes: Floats, logs: Floats) -> Floats:
    """Weights of the sizes, proportional to 1 / s^2(n), of mean 1, for ``logs`` (..., seeds, sizes)  # (..., sizes)."""
    return weights_at(sizes, sizes, logs)


def weights_at(at: Floats, sizes: Floats, logs: Floats) -> Floats:
    """The weights that sizes ``at`` (k,) would have by the same trend, beyond the curve too  # (..., k)."""
    middle, c = np.log(sizes).mean(), trend(sizes, logs)[..., None]
    found = np.exp(-c * (np.log(sizes) - middle))
    return np.asarray(np.exp(-c * (np.log(at) - middle)) / found.mean(axis=-1, keepdims=True))
