"""The error that theory forecasts at finite M: exact bias of this truth plus first-order variance, best over K.

With the estimator's score features Z = [aggregated B-splines, aggregated tangents of A] and their pair versions W,

    E ||g_hat - g*||^2  ~  bias^2(K) + sigma^2/(M N) tr(E[W W^T] E[Z Z^T]^{-1}),

the delta method for least squares: Z has a row per (sample, token), W per pair under rho. Leaving the tangents out
gives oracle-A. The asymptotic exponents of the theorem are not visible at feasible M; measured slopes are compared with
the slope of min over K of this forecast on the same sizes, and the asymptotic figure is printed beside it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction import kernels
from mtam.interaction.spec import InteractionData, InteractionTrial
from mtam.interaction.splines import SplineSpace
from mtam.interaction.tokens import TokenStream
from mtam.interaction.truth import Truth, draw_truth

Array = npt.NDArray[np.float64]

ROWS_PER_COLUMN = 120  # Monte-Carlo rows per feature: the trace is overestimated by about its inverse
FEWEST_ROWS = 24000
STEP = 1.12  # ratio of neighbouring K
MOST_INTERVALS = 150
DIFFERENCE = 1e-5  # half-width of the difference quotient for phi*'


@dataclass(frozen=True)
class Forecast:
    """Expected squared errors at one M, with the K that minimises the total of each."""

    total: float  # ERM
    oracle: float  # A* known
    intervals: int  # K of the ERM's minimum


@dataclass(frozen=True)
class _Level:
    intervals: int
    bias: float  # bias^2
    spline: float  # tr for oracle-A
    joint: float  # tr for the ERM


def forecast(trial: InteractionTrial) -> Forecast:
    """min over K of bias^2(K) + variance(K) for this truth, this N and sigma, at M = trial.n."""
    moving = trial.n if trial.data.activation == "hypotheses" else 1
    levels = _levels(trial.data, trial.seed, trial.model.degree or trial.data.degree, moving)
    unit = trial.data.noise**2 / (trial.n * trial.data.tokens)
    totals = [level.bias + unit * level.joint for level in levels]
    best = int(np.argmin(totals))
    return Forecast(totals[best], min(level.bias + unit * level.spline for level in levels), levels[best].intervals)


@lru_cache(maxsize=256)
def _levels(data: InteractionData, seed: int, degree: int, moving: int = 1) -> tuple[_Level, ...]:
    """Bias and traces over a geometric grid of K; they depend on the truth, not on M."""
    truth = draw_truth(data, seed, moving)
    grid = sorted({round(STEP**k) for k in range(100) if 2 <= STEP**k <= MOST_INTERVALS})
    columns = MOST_INTERVALS + degree + 2 * data.rank * data.d
    samples = max(FEWEST_ROWS, ROWS_PER_COLUMN * columns) // data.tokens + 1
    x = TokenStream(truth.law, seed, "forecast").take(samples, data.tokens)
    u = (x @ truth.left) @ (x @ truth.right).transpose(0, 2, 1)
    pairs = ~np.eye(data.tokens, dtype=bool)
    tangents = _Tangents(truth, x, u)
    return tuple(_level(SplineSpace(degree, intervals), truth, u, pairs, tangents) for intervals in grid)


class _Tangents:
    """Directions of A that keep rank and norm, as features per row and per pair."""

    def __init__(self, truth: Truth, x: Array, u: Array) -> None:
        d = x.shape[2]
        self.p, self.q = x.reshape(-1, d) @ truth.left, x.reshape(-1, d) @ truth.right
        left, right = _tangent_directions(truth)
        slope = (truth.phi(u + DIFFERENCE) - truth.phi(u - DIFFERENCE)) / (2 * DIFFERENCE)
        tokens = x.shape[1]
        slope[:, np.arange(tokens), np.arange(tokens)] = 0.0
        self.rows, self.pairs = self._features(x @ left, x @ right, slope, _radial(truth, left, right))
        # The same for every K, and most of the work.
        self.row_gram, self.pair_gram = self.rows.T @ self.rows, self.pairs.T @ self.pairs

    @staticmethod
    def _features(a: Array, b: Array, slope: Array, keep: Array) -> tuple[Array, Array]:
        """(M N, p) sums over j, and (M N, p) of one pair (i, i+1) per row: under rho, both are unbiased."""
        tokens = a.shape[1]
        rows = a * (slope @ b) / (tokens - 1)
        index = np.arange(tokens)
        one = (index + 1) % tokens
        pairs = a * b[:, one] * slope[:, index, one][..., None]
        width = a.shape[2]
        return rows.reshape(-1, width) @ keep, pairs.reshape(-1, width) @ keep


def _tangent_directions(truth: Truth) -> tuple[Array, Array]:
    """a_k, b_k with the matrices a_k b_k^T a basis of the tangent space of rank-r matrices at A*  # (d, 2rd - r^2)."""
    d, r = truth.left.shape
    columns = np.linalg.qr(truth.left, mode="complete")[0]
    rows = np.linalg.qr(truth.right)[0]
    left = [np.repeat(columns[:, :r], d, axis=1), np.repeat(columns[:, r:], r, axis=1)]
    right = [np.tile(np.eye(d), (1, r)), np.tile(rows, (1, d - r))]
    return np.concatenate(left, axis=1), np.concatenate(right, axis=1)


def _radial(truth: Truth, left: Array, right: Array) -> Array:
    """An orthonormal basis of the coefficients orthogonal to the direction A* itself  # (2rd - r^2, p)."""
    radial = np.einsum("dk,de,ek->k", left, truth.matrix, right)
    return np.asarray(scipy.linalg.null_space(radial[None]))


def _level(space: SplineSpace, truth: Truth, u: Array, pairs: npt.NDArray[np.bool_], tangents: _Tangents) -> _Level:
    samples, tokens = u.shape[:2]
    index = np.arange(tokens)
    one = (index + 1) % tokens
    features = np.empty((samples * tokens, space.dimension))
    kernels.features(tangents.p, tangents.q, tokens, space.pieces, space.intervals, features)
    target = np.where(pairs, truth.phi(u), 0.0).sum(axis=2).reshape(-1) / (tokens - 1)
    v = u[:, index, one].reshape(-1)
    single = space.design(v)
    rows, singles = features.T @ features, single.T @ single
    inverse = np.linalg.pinv(rows, rcond=1e-12, hermitian=True)
    bias = float(np.mean((single @ (inverse @ (features.T @ target)) - truth.phi(v)) ** 2))
    spline = float(np.sum(singles * inverse))
    if not tangents.rows.shape[1]:
        return _Level(space.intervals, bias, spline, spline)
    joint = _trace(
        _bordered(singles, single.T @ tangents.pairs, tangents.pair_gram),
        _bordered(rows, features.T @ tangents.rows, tangents.row_gram),
    )
    return _Level(space.intervals, bias, spline, joint)


def _bordered(corner: Array, side: Array, gram: Array) -> Array:
    return np.block([[corner, side], [side.T, gram]])


def _trace(pairs: Array, rows: Array) -> float:
    """tr(E[W W^T] E[Z Z^T]^{-1}) from the two Gram matrices; directions that no row sees are left out."""
    return float(np.sum(pairs * np.linalg.pinv(rows, rcond=1e-10, hermitian=True)))
