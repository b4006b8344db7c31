"""Regression with recall given: estimators that see the true coefficients of the answering component.

They bound from below what a transformer can reach on a sample; the distance between the two is the price of recall, of
finite tokens and of the optimiser. Inputs are z = (u / scale, q (x - 1/2)), in which the target is isotropic.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.linalg.blas
import scipy.linalg.lapack
from numpy.typing import NDArray

from mtam.recall.evaluation.matern import Matern, tabulated

Array = NDArray[np.float64]

NEIGHBOURS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
TRIED = 2048  # training points on which the number of neighbours is chosen
CHUNK = 512  # rows of a distance matrix at a time
TOLERANCE, ITERATIONS = 1e-10, 60  # of conjugate gradients, relative to the given side


def squared_distances(left: Array, right: Array) -> Array:
    """(n, dim), (m, dim) -> (n, m), never negative."""
    squares = left @ (-2 * right.T)
    squares += (left**2).sum(1)[:, None]
    squares += (right**2).sum(1)
    return np.asarray(np.maximum(squares, 0.0, out=squares))


def _solve(kernel: Matern, points: Array, nugget: float, given: Array) -> Array:
    """(K + nugget I)^-1 given. (n, dim), (n,) -> (n,)

    A Cholesky factor in single precision preconditions conjugate gradients in double precision, whose products compute
    the kernel anew; a few iterations reach TOLERANCE. Where they do not, the factor is computed in double precision.
    Raises numpy.linalg.LinAlgError when that fails as well.
    """
    upper = kernel.upper(points, nugget, np.float32)
    factor, failed = scipy.linalg.lapack.spotrf(upper.T, lower=1, overwrite_a=1, clean=0)
    if not failed:
        found = np.zeros(len(given))
        rest, size = given.copy(), float(np.linalg.norm(given))
        step, last = np.zeros(len(given)), 1.0
        for _ in range(ITERATIONS):
            half = scipy.linalg.blas.strsv(factor, rest, lower=1)  # ten times as fast as potrs for one side
            pulled = scipy.linalg.blas.strsv(factor, half, lower=1, trans=1).astype(np.float64)
            now = float(rest @ pulled)
            step = pulled + (now / last) * step
            image = kernel.symmetric_product(points, nugget, step)
            length = now / float(step @ image)
            found += length * step
            rest -= length * image
            last = now
            if not np.isfinite(length) or np.linalg.norm(rest) <= TOLERANCE * size:
                break
        if np.linalg.norm(rest) <= TOLERANCE * size:
            return found
    del upper, factor
    exact = scipy.linalg.cho_factor(kernel.upper(points, nugget, np.float64), overwrite_a=True, check_finite=False)
    return np.asarray(scipy.linalg.cho_solve(exact, given, check_finite=False))


@dataclass(frozen=True)
class PosteriorMean:
    """The mean of a Gaussian process given a sample, at any points."""

    points: Array  # (n, dim)
    seen: NDArray[np.bool_]  # modes too faint to be drawn are zero everywhere
    kernel: Matern  # of the prior's variance
    solution: Array  # (n,)

    def __call__(self, test: Array) -> Array:
        """(m, dim) -> (m,)"""
        asked = np.ascontiguousarray(test[:, self.seen])
        return self.kernel.reaching((self.points, asked)).product(asked, self.points, self.solution)


def posterior_mean(train: Array, observed: Array, test: Array, variance: float, noise: float) -> PosteriorMean:
    """The posterior under the prior covariance ``variance`` k and noise ``noise``^2, to be asked near ``test``.

    Raises numpy.linalg.LinAlgError when the kernel matrix is singular to rounding.
    """
    seen = np.asarray(train.any(0) | test.any(0))
    points = train[:, seen]
    kernel = tabulated((points, test[:, seen]), variance)
    return PosteriorMean(points, seen, kernel, _solve(kernel, points, noise**2, observed))


def gaussian_process(train: Array, observed: Array, test: Array, variance: float, noise: float) -> Array:
    """Posterior mean under the prior covariance ``variance`` k and noise ``noise``^2. (n, dim), (n,), (m, dim) -> (m,)

    For a Matern target this is the Bayes rule up to its finite number of spectral features.
    Raises numpy.linalg.LinAlgError when the kernel matrix is singular to rounding.
    """
    return posterior_mean(train, observed, test, variance, noise)(test)


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
