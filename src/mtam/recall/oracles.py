"""Regression with recall given: estimators that see the true coefficients of the answering component.

They bound what a transformer can reach on a sample from below; the distance between the two is the price of recall,
of finite tokens and of the optimiser.
"""

import numpy as np
import scipy.linalg
import scipy.special
from numpy.typing import NDArray

Array = NDArray[np.float64]

JITTER = 1e-10


def matern1(distance: Array) -> Array:
    """k(r) = sqrt2 r K_1(sqrt2 r), k(0) = 1: the Matern kernel of smoothness 1 and unit length scale."""
    r = np.sqrt(2) * np.maximum(distance, 1e-12)
    return np.asarray(r * scipy.special.k1(r))


def distances(left: Array, right: Array) -> Array:
    """Euclidean distances. (n, dim), (m, dim) -> (n, m)"""
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1) - 2 * left @ right.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def gaussian_process(train: Array, observed: Array, test: Array, variance: float, noise: float) -> Array:
    """Posterior mean under the kernel ``variance`` k + noise^2: the Bayes rule for a Matern target. (m,)"""
    kernel = variance * matern1(distances(train, train))
    kernel[np.diag_indices_from(kernel)] = variance * (1 + JITTER) + noise**2
    factor = scipy.linalg.cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
    weights = scipy.linalg.cho_solve(factor, observed, check_finite=False)
    return np.asarray(variance * matern1(distances(test, train)) @ weights)
