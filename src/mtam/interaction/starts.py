"""Where searches begin: moments of the data that point at A, then chance.

With whitened tokens and E over i, Y centred:
- linear:    E[Y_i x_i m_i^T], m_i the mean of the other tokens, is proportional to A when phi has an odd part;
- marginal:  E[Y_i (x_i x_i^T - I)] has the column space of A, E[Y_i (C_i - I)] its row space, C_i the mean of x_j
  x_j^T over the other tokens, when phi has an even part (the linear moment of an even phi vanishes);
- quadratic: B -> E[Y_i (x_i x_i^T - I) B (C_i - I)] acts like A <A, B> + A B^T A; its leading eigenvector is near A
  itself. It is solved inside the spaces that the marginal moments have found, where it is an r^2 x r^2 matrix and its
  noise small.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.factors import Factors, balance, truncate
from mtam.interaction.profile import BLOCK_ROWS, Profile

Array = npt.NDArray[np.float64]

MAX_QUADRATIC = 8  # the quadratic operator has r^4 entries


@dataclass(frozen=True)
class Moments:
    """The first moments of Y against tokens, in whitened coordinates."""

    linear: Array  # (d, d)
    columns: Array  # (d, d), symmetric
    rows: Array  # (d, d), symmetric


def moments(profile: Profile, target: Array) -> Moments:
    """Linear and marginal moments of ``target`` (Y, or residuals), one pass  # (M, N)."""
    d, tokens = profile.x.shape[2], profile.tokens
    linear, columns, rows = np.zeros((d, d)), np.zeros((d, d)), np.zeros((d, d))
    centred = target - target.mean()
    samples = max(1, BLOCK_ROWS // tokens)
    for first in range(0, len(profile.x), samples):
        x = profile.x[first : first + samples] @ profile.white
        y = centred[first : first + samples, :, None]
        others = x.sum(axis=1, keepdims=True) - x
        flat, weighted = x.reshape(-1, d), (y * x).reshape(-1, d)
        linear += weighted.T @ others.reshape(-1, d)
        columns += weighted.T @ flat
        rest = (y.sum(axis=1, keepdims=True) - y) * x  # sum over i of Y_i, for the token in the place of j
        rows += rest.reshape(-1, d).T @ flat
    n = profile.rows
    return Moments(linear / n, columns / n, rows / n)


def quadratic(profile: Profile, left: Array, right: Array) -> Array:
    """The leading eigenvector of the quadratic operator between two subspaces  # (d, k), (d, l) -> (k, l).

    The operator is the kl x kl matrix E[Y_i (p_i p_i^T - I) (x) (D_i - I)], p = left^T x, D_i the mean of q_j q_j^T
    over the other tokens, q = right^T x, its indices paired as (row of B, column of B).
    """
    k, m = left.shape[1], right.shape[1]
    tokens = profile.tokens
    tensor = np.zeros((k * k, m * m))
    centred = profile.y - profile.y.mean()
    samples = max(1, BLOCK_ROWS // tokens)
    for first in range(0, len(profile.x), samples):
        x = profile.x[first : first + samples] @ profile.white
        p, q = x @ left, x @ right
        pp = (p[..., :, None] * p[..., None, :]).reshape(-1, k * k) - np.eye(k).ravel()
        qq = (q[..., :, None] * q[..., None, :]).reshape(len(x), tokens, m * m)
        mean = ((qq.sum(axis=1, keepdims=True) - qq) / (tokens - 1)).reshape(-1, m * m) - np.eye(m).ravel()
        tensor += (centred[first : first + samples].reshape(-1, 1) * pp).T @ mean
    paired = tensor.reshape(k, k, m, m).transpose(0, 2, 1, 3).reshape(k * m, k * m)
    values, vectors = np.linalg.eigh((paired + paired.T) / 2)
    return np.asarray(vectors[:, np.argmax(np.abs(values))].reshape(k, m))


def dominant(symmetric: Array, rank: int) -> Array:
    """Eigenvectors of the ``rank`` eigenvalues that are largest in absolute value  # (d, d) -> (d, rank)."""
    values, vectors = np.linalg.eigh(symmetric)
    return np.asarray(vectors[:, np.argsort(-np.abs(values))[:rank]])


def spaces(profile: Profile, target: Array, rank: int) -> tuple[Array, Array]:
    """Estimates of the column and the row space of A from Y, or of what is missing from residuals  # (d, r), (d, r).

    Linear and marginal moments are pooled in units of their noise: sums over the N-1 other tokens have N-1 times the
    variance of an entry of E[Y_i x_i x_i^T].
    """
    found = moments(profile, target)
    others = profile.tokens - 1
    columns = found.linear @ found.linear.T / others + found.columns @ found.columns
    rows = (found.linear.T @ found.linear + found.rows @ found.rows) / others
    return dominant(columns, rank), dominant(rows, rank)


def starts(profile: Profile, rank: int, norm: float, rng: np.random.Generator) -> Iterator[Factors]:
    """Factors to start from, the most promising first, without end."""
    d = profile.x.shape[2]
    found = moments(profile, profile.y)
    yield truncate(found.linear, rank, norm)
    width = min(rank, MAX_QUADRATIC)
    left, right = dominant(found.columns, width), dominant(found.rows, width)
    inner = quadratic(profile, left, right)
    if width == rank:
        yield balance(left @ inner, right, norm)
    while True:
        yield balance(rng.standard_normal((d, rank)), rng.standard_normal((d, rank)), norm)
