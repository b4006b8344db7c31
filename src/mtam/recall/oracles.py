"""Regression with recall given: estimators that see the true coefficients of the answering component.

They bound from below what a transformer can reach on a sample; the distance between the two is the price of recall, of
finite tokens and of the optimiser. Inputs are z = (u / scale, q (x - 1/2)), in which the target is isotropic.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.linalg.blas
import scipy.linalg.lapack
import scipy.special
from numpy.typing import NDArray

Array = NDArray[np.float64]

NEIGHBOURS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
TRIED = 2048  # training points on which the number of neighbours is chosen
CHUNK = 512  # rows of a distance matrix at a time
JITTER = 1e-10
ROWS = 64  # rows of a kernel matrix at a time, so that they stay in the cache
TABLE, REACH = 2**16, 40.0  # the kernel is tabulated up to a distance where it is below 1e-23
TOLERANCE, ITERATIONS = 1e-10, 60  # of conjugate gradients, relative to the given side


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


@dataclass(frozen=True)
class _Kernel:
    """variance times k by linear interpolation in a table that stays in the cache, exact to about 1e-8.

    The Bessel function itself is thirty times slower.
    """

    values: Array  # (TABLE + 1,), at evenly spaced distances
    steps: Array  # (TABLE + 1,): differences to the next
    per_distance: float  # table entries per unit of distance

    def rows(self, left: Array, right: Array) -> Array:
        """(n, dim), (m, dim) -> (n, m)"""
        at = squared_distances(left, right)
        np.sqrt(at, out=at)
        at *= self.per_distance
        np.minimum(at, TABLE - 1.0, out=at)
        below = at.astype(np.int32)
        at -= below
        at *= self.steps.take(below)
        at += self.values.take(below)
        return at


def _tabulated(points: Sequence[Array], variance: float) -> _Kernel:
    """A table up to the largest distance that points in these sets can have, or to where the kernel vanishes."""
    radius = max(float(np.sqrt((some**2).sum(1).max())) for some in points)
    reach = min(2 * radius, REACH) * (1 + 1e-6) + 1e-9
    values = variance * matern1(np.linspace(0, reach, TABLE + 1))
    return _Kernel(values, np.append(np.diff(values), 0.0), TABLE / reach)


def _lower(kernel: _Kernel, points: Array, nugget: float) -> Array:
    """The lower triangle of K + nugget I in Fortran order; what lies above is undefined. (n, n)"""
    matrix = np.empty((len(points), len(points)), order="F")
    for at in range(0, len(points), ROWS):
        matrix[at:, at : at + ROWS] = kernel.rows(points[at : at + ROWS], points[at:]).T
    matrix[np.diag_indices_from(matrix)] = kernel.values[0] * (1 + JITTER) + nugget
    return matrix


def _solve(matrix: Array, given: Array) -> Array:
    """The solution for a positive definite matrix of which only the lower triangle counts.

    A Cholesky factor in single precision, which costs a third, preconditions conjugate gradients in double precision; a
    few iterations reach TOLERANCE. Where they do not, the factor is computed in double precision.
    Raises numpy.linalg.LinAlgError when that fails as well.
    """
    factor, failed = scipy.linalg.lapack.spotrf(matrix.astype(np.float32, order="F"), lower=1, overwrite_a=1, clean=0)
    if not failed:
        found = np.zeros(len(given))
        rest, size = given.copy(), float(np.linalg.norm(given))
        step, last = np.zeros(len(given)), 1.0
        for _ in range(ITERATIONS):
            pulled = scipy.linalg.lapack.spotrs(factor, rest.astype(np.float32), lower=1)[0].astype(np.float64)
            now = float(rest @ pulled)
            step = pulled + (now / last) * step
            image = scipy.linalg.blas.dsymv(1.0, matrix, step, lower=1)
            length = now / float(step @ image)
            found += length * step
            rest -= length * image
            last = now
            if not np.isfinite(length) or np.linalg.norm(rest) <= TOLERANCE * size:
                break
        if np.linalg.norm(rest) <= TOLERANCE * size:
            return found
    exact = scipy.linalg.cho_factor(matrix, lower=True, check_finite=False)
    return np.asarray(scipy.linalg.cho_solve(exact, given, check_finite=False))


def gaussian_process(train: Array, observed: Array, test: Array, variance: float, noise: float) -> Array:
    """Posterior mean under the prior covariance ``variance`` k and noise ``noise``^2. (n, dim), (n,), (m, dim) -> (m,)

    For a Matern target this is the Bayes rule up to its finite number of spectral features.
    Raises numpy.linalg.LinAlgError when the kernel matrix is singular to rounding.
    """
    kernel = _tabulated((train, test), variance)
    weights = _solve(_lower(kernel, train, noise**2), observed)
    return np.concatenate([kernel.rows(test[at : at + ROWS], train) @ weights for at in range(0, len(test), ROWS)])


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
