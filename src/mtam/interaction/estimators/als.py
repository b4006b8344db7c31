"""Alternating least squares, the readable reference: phi, then U, then V, each by linear least squares.

With A = U V^T fixed, phi is a linear regression. With phi and V fixed, a step in U is one after linearisation:
residual_i ~ <dU, x_i (V^T z_i)^T>, z_i = (N-1)^{-1} sum_j phi'(u_ij) x_j; likewise in V. Plain numpy and scipy, with
scipy's sparse B-spline design over all pairs; no variable projection, no curvature between the blocks, no subsamples.
It is here to be read and to check the fast path against, not to be fast.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from mtam.base.compile_time import Stopwatch
from mtam.interaction.model.low_rank import balance, truncate
from mtam.interaction.model.pair_kernels_reference import derivative, off_diagonal_mean
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.row_sums import Data, double
from mtam.interaction.solver.varpro import whitener

Array = npt.NDArray[np.float64]

TOLERANCE = 1e-7  # relative decrease of the loss per sweep over the blocks
SWEEPS = 200
TRIAL_SWEEPS, TRIAL_SAMPLES = 5, 2000  # starts are compared after a few sweeps on some samples
RIDGE = 1e-8
HALVINGS = 6


@dataclass(frozen=True)
class Als:
    """g(x, y) = phi(x^T A y)."""

    matrix: Array  # (d, d)
    phi: Spline
    loss: float
    converged: bool
    sweeps: int
    seconds: float

    def g(self, x: Array, y: Array) -> Array:
        """g(x, y)  # (n, d), (n, d) -> (n,)."""
        return self.phi(np.einsum("nd,nd->n", x @ self.matrix, y))


def fit(
    x: Data,
    y: Array,
    rank: int,
    space: SplineSpace,
    rng: np.random.Generator,
    max_starts: int = 5,
    tick: Callable[[], None] = lambda: None,
) -> Als:
    """Least squares over phi in ``space`` and A of rank r  # x (M, N, d), y (M, N).

    Starts: the linear moment and random factors; the best after a few sweeps on a subsample goes on with all data.
    """
    watch = Stopwatch()
    white = whitener(x)
    x = double(x) @ white
    d, few = x.shape[2], slice(None, TRIAL_SAMPLES)
    others = (x.sum(axis=1, keepdims=True) - x).reshape(-1, d)
    candidates = [truncate((x.reshape(-1, d) * (y - y.mean()).reshape(-1, 1)).T @ others, rank, SCALE)]
    while len(candidates) < max_starts:
        candidates.append(balance(rng.standard_normal((d, rank)), rng.standard_normal((d, rank)), SCALE))
    tried = []
    for u, v in candidates:
        tried.append(_descend(x[few], y[few], u, v, space, TRIAL_SWEEPS, tick))
    _, u, v, _, _ = min(tried, key=lambda result: result[0])
    loss, u, v, phi, sweeps = _descend(x, y, u, v, space, SWEEPS, tick)
    seconds = watch.cpu
    return Als((white @ u) @ (white @ v).T, phi, loss, sweeps < SWEEPS, sweeps, seconds)


def _descend(
    x: Array, y: Array, u: Array, v: Array, space: SplineSpace, limit: int, tick: Callable[[], None]
) -> tuple[float, Array, Array, Spline, int]:
    loss, phi = spline_step(x, y, u, v, space)
    for sweep in range(1, limit + 1):
        tick()
        before = loss
        for side in (0, 1):
            step = factor_step(x, y, u, v, phi, side)
            for halving in range(HALVINGS):
                part = step * 0.5**halving
                trial = balance(u + part, v, SCALE) if side == 0 else balance(u, v + part, SCALE)
                new_loss, new_phi = spline_step(x, y, *trial, space)
                if new_loss < loss:
                    (u, v), loss, phi = trial, new_loss, new_phi
                    break
        if before - loss < TOLERANCE * before:
            return loss, u, v, phi, sweep
    return loss, u, v, phi, limit


def spline_step(x: Data, y: Array, u: Array, v: Array, space: SplineSpace) -> tuple[float, Spline]:
    """The least-squares phi at A = u v^T, and the mean squared residual."""
    from scipy.interpolate import BSpline  # takes longer to load than a fit by ips_erm, which has no use for it

    samples, tokens = y.shape
    pairs = ~np.eye(tokens, dtype=bool)
    arguments = np.clip(((x @ u) @ (x @ v).transpose(0, 2, 1))[:, pairs], -1, 1 - 1e-15)
    knots = -1 + 2 / space.intervals * np.arange(-space.degree, space.intervals + space.degree + 1)
    design = BSpline.design_matrix(arguments.reshape(-1), knots, space.degree)
    count = samples * tokens * (tokens - 1)  # pairs of one row follow one another
    mean = csr_array(
        (np.full(count, 1 / (tokens - 1)), np.arange(count), np.arange(0, count + 1, tokens - 1)),
        shape=(samples * tokens, count),
    )
    features = np.asarray((mean @ csr_array(design)).toarray())
    gram = features.T @ features
    gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    coefficients = np.linalg.solve(gram, features.T @ y.reshape(-1))
    residual = y.reshape(-1) - features @ coefficients
    return float(np.mean(residual**2)), Spline(space, coefficients)


def factor_step(x: Data, y: Array, u: Array, v: Array, phi: Spline, side: int) -> Array:
    """The Gauss-Newton step in U (side 0) or V (side 1), everything else fixed  # (d, r)."""
    tokens, d = x.shape[1:]
    arguments = (x @ u) @ (x @ v).transpose(0, 2, 1)
    residual = (y - off_diagonal_mean(phi(arguments)).reshape(y.shape)).reshape(-1)
    slopes = derivative(phi.table, arguments) * (1 - np.eye(tokens)) / (tokens - 1)
    flat, z = x.reshape(-1, d), (slopes @ x).reshape(-1, d)
    left, right = (flat, z @ v) if side == 0 else (z, flat @ u)
    jacobian = (left[:, :, None] * right[:, None, :]).reshape(len(flat), -1)
    gram = jacobian.T @ jacobian
    gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    return np.asarray(np.linalg.solve(gram, jacobian.T @ residual)).reshape(u.shape)
