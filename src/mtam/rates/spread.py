"""Weights of the sizes of a curve from the spread of its seeds.

With few seeds the spread at one size is known badly, and weights that follow it size by size would make intervals too
short. So only its trend is used: ln s^2 = const + c ln n, with c shrunk by its own sampling error.
"""

import numpy as np

from mtam.rates.laws import Floats

CAUTION = 2.0  # at 1, James and Stein's shrinkage, intervals over 3 seeds cover in 93% instead of 95%
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
    by about a quarter, by more if residuals are correlated along n: weights err towards equal ones.
    """
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
    return np.asarray(np.where(variance.max(axis=-1) > SILENT, kept, 0.0))


def weights(sizes: Floats, logs: Floats) -> Floats:
    """Weights of the sizes, proportional to 1 / s^2(n), of mean 1, for ``logs`` (..., seeds, sizes)  # (..., sizes)."""
    x = np.log(sizes) - np.log(sizes).mean()
    found = np.exp(-trend(sizes, logs)[..., None] * x)
    return np.asarray(found / found.mean(axis=-1, keepdims=True))
