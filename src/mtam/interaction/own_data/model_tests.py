"""Two hypotheses on a fit to own data: phi is linear, and A has rank r rather than r + 1. Score tests over samples.

Both look at s_m = sum_{i in sample m} psi'_i e_i, e the residuals under the hypothesis and psi' functions that the
larger model would add, less what the smaller one reaches of them (``residual_structure``). Under the hypothesis the s_m
are independent with mean zero given the tokens, and the law of a statistic of sum_m s_m is that of sum_m eps_m s_m with
random signs eps_m, whatever the noise (wild bootstrap of the score; Wu 1986; Kline and Santos 2012, J. Econometric
Methods 1).

*phi is linear*: Y_i = c + x_i^T A m_i + noise with m_i the mean of the other tokens and rank A = r, fitted by
alternating least squares from the A of the fit. psi are five broken lines, the means over j of (u_ij - k)_+ with k the
quantiles .1, .3, .5, .7, .9 of u = x^T A y, and the statistic the quadratic form of ``quadratic_test``.

*rank r*: a direction a b^T of R^d x R^d outside the column and the row space of A adds the function
psi = (w_i^T a) (z_i^T b), z_i = mean over j of phi'(u_ij) w_j, w the whitened tokens. So T = sum_m s_m is a matrix
(d - r, d - r), the gradient of the loss there, and its largest singular value is the steepest descent by one rank more
(a test of rank by the singular values of a matrix that is zero under it, as in Robin and Smith 2000, Econometric
Theory 16). Its law is simulated with ``DRAWS`` vectors of signs.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.model import pair_kernels
from mtam.interaction.model.row_layout import RowLayout, by_group, mean_of_partners, pairs_of, part_of
from mtam.interaction.model.splines import Spline
from mtam.interaction.own_data import confidence_band
from mtam.interaction.own_data.residuals.residual_structure import BLOCK, NUMBERS, ROWS, quadratic_test
from mtam.interaction.solver.varpro import whitener

Array = npt.NDArray[np.float64]
Parts = Callable[[], Iterator[tuple[Array, Array, Array]]]  # Z, psi, residuals of successive samples

LEVEL = 0.05
KNOTS = (0.1, 0.3, 0.5, 0.7, 0.9)  # quantiles of u at which lines may break
DRAWS = 499
SWEEPS, STILL = 200, 1e-12  # of alternating least squares; relative gain at which they end


def linear_phi(x: Array, y: Array, matrix: Array, rank: int, layout: RowLayout | None = None) -> float:
    """p of the hypothesis that phi is linear  # x (M, N, d), y (M, N), matrix (d, d) of the given rank.

    Under a layout rows are multiplied by the roots of their weights, and m_i is the mean of the partners.
    """
    white = whitener(x, layout)
    step = max(1, -(-y.size // ROWS))
    x, y, layout = x[::step] @ white, y[::step], part_of(layout, np.s_[::step])
    root = np.ones(y.shape) if layout is None else layout.root
    back = np.linalg.pinv(white)
    a, s, bt = np.linalg.svd(back @ matrix @ back.T)
    means = mean_of_partners(x, layout)
    scaled = (x, means, y) if layout is None else (x * root[..., None], means, y * root)
    rows, others, responses = (part.reshape(-1, *part.shape[2:]) for part in scaled)
    u, v, rest = _bilinear(root.reshape(-1, 1), rows, others, responses, a[:, :rank] * s[:rank], bt[:rank].T)
    scale = float(np.std((x @ u) @ (x @ v).transpose(0, 2, 1)))
    if not scale > 0:
        return 1.0
    knots = np.quantile(confidence_band.arguments(x, u @ v.T, layout), KNOTS)

    def parts() -> Iterator[tuple[Array, Array, Array]]:
        many = max(1, BLOCK // x.shape[1])
        for first in range(0, len(x), many):
            part = slice(first, first + many)
            some, mean = scaled[0][part].reshape(-1, x.shape[2]), means[part].reshape(-1, x.shape[2])
            ones = root[part].reshape(-1, 1)
            z = np.concatenate([ones, _outer(some, mean @ v), _outer(some @ u, mean)], axis=1)
            psi = _broken(x[part], u, v, knots, part_of(layout, part)) / scale
            psi = psi if layout is None else psi * ones
            yield z, psi, rest[first * x.shape[1] : first * x.shape[1] + len(some)]

    s_m, power, spare = projected(parts, x.shape[1], layout)
    return quadratic_test(s_m, power, spare, float(rest @ rest) / (y.size if layout is None else layout.rows))[0]


def _bilinear(ones: Array, x: Array, means: Array, y: Array, u: Array, v: Array) -> tuple[Array, Array, Array]:
    """u v^T and residuals of y = c + x^T u v^T m by alternating least squares  # (n, d) twice, (n,), (d, r) twice.

    ``ones`` (n, 1) stands for the constant: the roots of the weights where x and y are multiplied by them.
    """
    before = np.inf
    rest = y - y.mean()
    for _ in range(SWEEPS):
        for left in (True, False):
            features = _outer(x, means @ v) if left else _outer(x @ u, means)
            design = np.concatenate([ones, features], axis=1)
            weights = confidence_band.pseudoinverse(design.T @ design) @ (design.T @ y)
            rest = y - design @ weights
            if left:
                u = np.linalg.qr(weights[1:].reshape(u.shape))[0]
            else:
                v = weights[1:].reshape(v.shape[::-1]).T
        loss = float(rest @ rest)
        if before - loss <= STILL * loss:
            break
        before = loss
    return u, v, rest


def _broken(x: Array, u: Array, v: Array, knots: Array, layout: RowLayout | None) -> Array:
    """Means over the partners j of (u_ij - k)_+  # (S, N, d) -> (SN, knots)."""
    tokens = x.shape[1]
    above = ((x @ u) @ (x @ v).transpose(0, 2, 1))[..., None] - knots
    values = np.maximum(above, 0.0) * pairs_of(layout, len(x), tokens)[..., None]
    counts = tokens - 1 if layout is None else np.maximum(layout.count, 1).reshape(-1, 1)
    return np.asarray(values.sum(axis=2).reshape(-1, len(knots)) / counts)


def next_rank(
    x: Array,
    y: Array,
    matrix: Array,
    rank: int,
    phi: Spline,
    rng: np.random.Generator,
    layout: RowLayout | None = None,
) -> float | None:
    """p of the hypothesis that A has the given rank, not one more; None for a rank of d."""
    d = x.shape[2]
    if rank >= d:
        return None
    frame = confidence_band.Frame.at(whitener(x, layout), matrix, rank)
    keep = scipy.linalg.block_diag(np.eye(phi.space.dimension), frame.keep)
    beside = scipy.linalg.null_space(frame.rows.T)  # (d, d - r)
    step = max(1, -(-y.size // ROWS), -(-len(x) * (d - rank) ** 2 // NUMBERS))
    x, y, layout = x[::step], y[::step], part_of(layout, np.s_[::step])

    def parts() -> Iterator[tuple[Array, Array, Array]]:
        many = max(1, BLOCK // x.shape[1])
        for first in range(0, len(x), many):
            part = slice(first, first + many)
            some, here = np.ascontiguousarray(x[part]), part_of(layout, part)
            z, e = confidence_band.scores(some, y[part], frame, phi, np.eye(phi.space.dimension), here)
            white = some.reshape(-1, d) @ frame.white
            slopes = np.empty_like(white)
            p, q = white @ frame.u / phi.space.reach, white @ frame.v
            mask = None if here is None else here.mask()
            pair_kernels.directions(p, q, white, x.shape[1], phi.table, slopes, mask)
            yield z @ keep, _outer(white @ frame.rest, slopes @ beside), e

    s, _, _ = projected(parts, x.shape[1], layout)
    signs = rng.integers(0, 2, size=(DRAWS, len(s))) * 2.0 - 1.0
    sums = np.concatenate([s.sum(axis=0)[None], signs @ s]).reshape(-1, d - rank, d - rank)
    largest = np.linalg.norm(sums, ord=2, axis=(1, 2))
    return float((1 + np.sum(largest[1:] >= largest[0])) / (1 + DRAWS))


def projected(parts: Parts, tokens: int, layout: RowLayout | None = None) -> tuple[Array, Array, float]:
    """s_m (M, D), the power of every psi' (D,), and the share of degrees of freedom that the fit has left.

    s_m of groups, where samples have them.
    """
    first, psi, _ = next(parts())
    bread, reached = np.zeros((first.shape[1],) * 2), np.zeros((first.shape[1], psi.shape[1]))
    rows = 0
    for z, psi, e in parts():
        bread, reached, rows = bread + z.T @ z, reached + z.T @ psi, rows + len(e)
    projection = confidence_band.pseudoinverse(bread) @ reached
    sums, power = [], np.zeros(projection.shape[1])
    for z, psi, e in parts():
        left = psi - z @ projection
        sums.append((left * e[:, None]).reshape(-1, tokens, left.shape[1]).sum(axis=1))
        power += (left**2).sum(axis=0)
    rows = rows if layout is None else layout.rows
    return by_group(np.concatenate(sums), layout), power, max(0.0, 1 - len(projection) / rows)


def _outer(left: Array, right: Array) -> Array:
    """# (n, a), (n, b) -> (n, a b)."""
    return np.asarray((left[:, :, None] * right[:, None, :]).reshape(len(left), -1))
