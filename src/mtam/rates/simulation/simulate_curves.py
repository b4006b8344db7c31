"""Learning curves from a known law: floor, seeds that differ, residuals correlated along n, noise that changes with n.

    ln error(seed, n) = ln(floor + exp(intercept + slope t(n))) + level(seed) + tilt(seed) (ln n - mean)
                        + noise (n / n_1)^trend r(seed, n)

level and tilt are independent over seeds, r is a stationary autoregression of order one along the sizes: nested samples
of one seed share data. With level = tilt = noise = 0 the curve is the law itself, which every fit has to recover.
"""

from dataclasses import dataclass

import numpy as np

from mtam.rates.laws import Floats, Law


@dataclass(frozen=True)
class CurveTruth:
    """What curves are drawn from. All standard deviations are of the logarithm of the error."""

    law: Law
    slope: float
    intercept: float = 0.0
    floor: float = 0.0
    level: float = 0.0  # standard deviation of the seeds' levels
    tilt: float = 0.0  # standard deviation of the seeds' own slopes, per unit of ln n
    noise: float = 0.0  # standard deviation of the residual at the smallest size
    trend: float = 0.0  # the residual's standard deviation goes as n^trend
    correlation: float = 0.0  # of residuals at neighbouring sizes of one seed
    skewed: bool = False  # level, tilt and residuals from exponential instead of normal draws

    def mean(self, sizes: Floats) -> Floats:
        """The error without noise  # (sizes,)."""
        return np.asarray(self.floor + np.exp(self.intercept + self.slope * self.law.axis(sizes)))


def simulate(
    truth: CurveTruth, sizes: Floats, seeds: int, rng: np.random.Generator, *, replications: int | None = None
) -> Floats:
    """Errors (seeds, sizes), or (replications, seeds, sizes) where a number of replications is given.

    Raises ValueError for fewer than one seed, a negative floor or spread, or a correlation outside [0, 1).
    """
    spreads = (truth.floor, truth.level, truth.tilt, truth.noise)
    if seeds < 1 or min(spreads) < 0 or not 0 <= truth.correlation < 1:
        raise ValueError("simulate needs a seed, a floor and spreads of at least 0, and a correlation in [0, 1)")
    shape = (replications or 1, seeds)
    x = np.log(sizes)
    logs = np.log(truth.mean(sizes)) + truth.level * _draw(rng, (*shape, 1), truth.skewed)
    logs = logs + truth.tilt * _draw(rng, (*shape, 1), truth.skewed) * (x - x.mean())
    steps = _draw(rng, (*shape, len(sizes)), truth.skewed)
    errors = np.exp(logs + steps @ _memory(truth, x).T)
    return np.asarray(errors if replications else errors[0])


def _memory(truth: CurveTruth, x: Floats) -> Floats:
    """Rows that turn independent steps into the residuals at sizes with logarithms ``x``  # (sizes, sizes)."""
    lag = np.subtract.outer(np.arange(len(x)), np.arange(len(x)))
    rows = np.where(lag >= 0, truth.correlation ** np.abs(lag), 0.0)
    rows[:, 1:] *= (1 - truth.correlation**2) ** 0.5  # what is new at each size but the first
    return np.asarray(truth.noise * np.exp(truth.trend * (x - x[0]))[:, None] * rows)


def _draw(rng: np.random.Generator, shape: tuple[int, ...], skewed: bool) -> Floats:
    """Mean 0, variance 1; exponential draws have skewness 2."""
    return np.asarray(rng.exponential(size=shape) - 1 if skewed else rng.normal(size=shape))
