"""The kernels again, in plain numpy, written to be read. Tests hold the fast ones to these within 1e-9.

Everything here builds arrays over pairs, (samples, N, N) and larger: for checks, not for work.
"""

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.row_layout import RowLayout
from mtam.interaction.model.splines import SplineSpace

Array = npt.NDArray[np.float64]


def pair_arguments(p: Array, q: Array, tokens: int) -> Array:
    """u_ij = p_i . q_j within each sample  # (SN, r), (SN, r) -> (S, N, N)."""
    rank = p.shape[1]
    return np.asarray(p.reshape(-1, tokens, rank) @ q.reshape(-1, tokens, rank).transpose(0, 2, 1))


def factors(samples: int, tokens: int, layout: RowLayout | None) -> Array:
    """What phi(u_ij) is multiplied by in row i: 1/(N-1) off the diagonal, or omega_i^{1/2} m_ij / n_i  # (S, N, N)."""
    if layout is None:
        return np.broadcast_to((1 - np.eye(tokens)) / (tokens - 1), (samples, tokens, tokens))
    out = np.zeros((samples, tokens, tokens))
    for m, i, j in np.ndindex(out.shape):
        there = layout.there[m, i] and layout.there[m, j]
        out[m, i, j] = there and ((layout.itself and j == i) or j < i or (j > i and not layout.causal))
    return np.asarray(out * (np.sqrt(layout.weights) / np.maximum(out.sum(axis=2), 1))[..., None])


def off_diagonal_mean(values: Array) -> Array:
    """(N-1)^{-1} sum_{j != i} values[., i, j, ...]  # (S, N, N, ...) -> (SN, ...)."""
    tokens = values.shape[1]
    index = np.arange(tokens)
    total = values.sum(axis=2) - values[:, index, index]
    return np.asarray(total.reshape(-1, *values.shape[3:]) / (tokens - 1))


def derivative(table: Array, u: Array) -> Array:
    """phi'(u), zero outside (-1, 1)  # (K, s+1), any shape -> same shape."""
    intervals, width = table.shape
    v = (u + 1) * (intervals / 2)
    k = np.clip(v.astype(np.int64), 0, intervals - 1)
    powers = (v - k - 0.5)[..., None] ** np.arange(width - 1) * np.arange(1, width)
    slope = (powers * table[k][..., 1:]).sum(axis=-1) * (intervals / 2)
    return np.where((v > 0) & (v < intervals), slope, 0.0)


def features(p: Array, q: Array, tokens: int, space: SplineSpace, layout: RowLayout | None = None) -> Array:
    """(N-1)^{-1} sum_{j != i} B_b(u_ij)  # -> (SN, K+s)."""
    u = pair_arguments(p, q, tokens)
    splines = space.design(u.reshape(-1)).reshape(*u.shape, space.dimension)
    rows = np.einsum("mij,mijb->mib", factors(len(u), tokens, layout), splines)
    return np.asarray(rows.reshape(-1, space.dimension))


def pullback(
    p: Array, q: Array, tokens: int, space: SplineSpace, c: Array, y: Array, layout: RowLayout | None = None
) -> tuple[Array, Array, Array]:
    """Residuals and half the negative gradients of their sum of squares  # -> (SN,), (SN, r), (SN, r)."""
    u = pair_arguments(p, q, tokens)
    residual = y - features(p, q, tokens, space, layout) @ c
    slope = derivative(space.table(c), u) * factors(len(u), tokens, layout)
    weighted = residual.reshape(-1, tokens, 1) * slope
    shape = (-1, tokens, p.shape[1])
    grad_p = weighted @ q.reshape(shape)
    grad_q = weighted.transpose(0, 2, 1) @ p.reshape(shape)
    return residual, grad_p.reshape(p.shape), grad_q.reshape(q.shape)


def directions(p: Array, q: Array, x: Array, tokens: int, table: Array, layout: RowLayout | None = None) -> Array:
    """z_i = (N-1)^{-1} sum_{j != i} phi'(u_ij) x_j  # x (SN, d) -> (SN, d)."""
    slope = derivative(table, pair_arguments(p, q, tokens))
    weighted = slope * factors(len(slope), tokens, layout)
    return (weighted @ x.reshape(-1, tokens, x.shape[1])).reshape(x.shape)
