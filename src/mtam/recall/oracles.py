"""Regression with recall given: estimators that see the true coefficients of the answering component.

They bound from below what a transformer can reach on a sample; the distance between the two is the price of recall, of
finite tokens and of the optimiser. Inputs are z = (u / scale, q (x - 1/2)), in which the target is isotropic.
"""

import numpy as np
import scipy.linalg
import scipy.special
from numpy.typing import NDArray

Array = NDArray[np.float64]

NEIGHBOURS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
TRIED = 2048  # training points on which the number of neighbours is chosen
CHUNK = 512  # rows of a distance matrix at a time
JITTER = 1e-10
TABLE, REACH = 2**20, 40.0  # the kernel is tabulated up to a distance where it is below 1e-23


def squared_distances(left: Array, right: Array) -> Array:
    """(n, dim), (m, dim) -> (n, m), never negative."""
    squares = left @ (-2 * right.T)
    squares += (left**2).sum(1)[:, None]
    squares += (right**2).sum(1)
    return np.asarray(np.maximum(squares, 0.0, out=squares))


def matern1(distance: Array) -> Array:
    """k(r) = sqrt2 r K_1(sqrt2 r), k(0) = 1: the Matern kernel of smoothness 1 and unit length scale."""
    r = np.sqrt(2) * np.maximum(distance, 1e-12)
    return np.asarray(r * scipy.special.k1(r))


def _table() -> Array:
    return matern1(np.linspace(0, REACH, TABLE + 1))


def _kernel_rows(left: Array, right: Array, table: Array) -> Array:
    """k by linear interpolation, exact to about 1e-9: the Bessel function itself is thirty times slower."""
    at = np.sqrt(squared_distances(left, right))
    at *= TABLE / REACH
    np.minimum(at, TABLE - 1.0, out=at)
    below = at.astype(np.int32)
    at -= below
    low = table[below]
    return np.asarray(low + at * (table[below + 1] - low))


def gaussian_process(train: Array, observed: Array, test: Array, variance: float, noise: float) -> Array:
    """Posterior mean under the prior covariance ``variance`` k and noise ``noise``^2. (n, dim), (n,), (m, dim) -> (m,)

    For a Matern target this is the Bayes rule up to its finite number of spectral features.
    Raises numpy.linalg.LinAlgError when the kernel matrix is singular to rounding.
    """
    table = variance * _table()
    kernel = np.empty((len(train), len(train)), order="F")
    for at in range(0, len(train), CHUNK):  # symmetric, so columns may be filled from rows
        kernel[:, at : at + CHUNK] = _kernel_rows(train[at : at + CHUNK], train, table).T
    kernel[np.diag_indices_from(kernel)] = variance * (1 + JITTER) + noise**2
    factor = scipy.linalg.cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
    weights = scipy.linalg.cho_solve(factor, observed, check_finite=False)
    parts = [_kernel_rows(test[at : at + CHUNK], train, table) @ weights for at in range(0, len(test), CHUNK)]
    return np.concatenate(parts)


def _neighbour_means(train: Array, observed: Array, points: Array, own: NDArray[np.int64] | None) -> Array:
    """Means of the answers over the k nearest, for every k of NEIGHBOURS; ``own`` rows are left out. (k, points)"""
    most = min(NEIGHBOURS[-1], len(train) - 1)
    means = []
    for at in range(0, len(points), CHUNK):
        squares = squared_distances(points[at : at + CHUNK], train)
        rows = np.arange(len(squares))
        if own is not None:
            squares[rows, own[at : at + CHUNK]] = np.inf
        nearest = np.argpartition(squares, most - 1, axis=1)[:, :most]
        order = np.argsort(np.take_along_axis(squares, nearest, 1), axis=1)
        values = observed[np.take_along_axis(nearest, order, 1)]  # (rows, most), nearest first
        running = np.cumsum(values, axis=1) / np.arange(1, most + 1)
        means.append(running[:, [min(k, most) - 1 for k in NEIGHBOURS]].T)
    return np.concatenate(means, axis=1)


def nearest_neighbours(train: Array, observed: Array, test: Array) -> tuple[Array, int]:
    """k-nearest-neighbour means with k chosen by leave-one-out on the sample, and that k. (m,), int

    The nonparametric benchmark without any knowledge of the target: it attains the Lipschitz rate.
    """
    own = np.arange(min(TRIED, len(train)))
    loss = ((_neighbour_means(train, observed, train[own], own) - observed[own]) ** 2).mean(1)
    best = int(np.argmin(loss))
    return _neighbour_means(train, observed, test, None)[best], NEIGHBOURS[best]
