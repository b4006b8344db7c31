"""Where searches begin: moments of the data that point at A, then chance.

With whitened tokens and E over i, Y centred:
- linear:    E[Y_i x_i m_i^T], m_i the mean of the other tokens, is proportional to A when phi has an odd part;
- marginal:  E[Y_i (x_i x_i^T - I)] has the column space of A, E[Y_i (C_i - I)] its row space, C_i the mean of x_j
  x_j^T over the other tokens, when phi has an even part (the linear moment of an even phi vanishes);
- quadratic: B -> E[Y_i (x_i x_i^T - I) B (C_i - I)] acts like A <A, B> + A B^T A; its leading eigenvector is near A
  itself, and the more so the higher the rank.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.factors import Factors, balance, truncate
from mtam.interaction.passes import BLOCK_ROWS, double
from mtam.interaction.profile import Profile

Array = npt.NDArray[np.float64]

QUADRATIC_ROWS, POWER_STEPS = 60000, 10


@dataclass(frozen=True)
class Moments:
    """The first moments of Y against tokens, in whitened coordinates."""

    linear: Array  # (d, d)
    columns: Array  # (d, d), symmetric
    rows: Array  # (d, d), symmetric


def moments(profile: Profile, target: Array) -> Moments:
    """Linear and marginal moments of ``target`` (Y, or residuals), one pass  # (M, N)."""
    d, tokens = profile.x.shape[2], profile.tokens
    linear, squares = np.zeros((d, d)), np.zeros((2 * d, d))
    centred = target - target.mean()
    samples = max(1, BLOCK_ROWS // tokens)
    for first in range(0, len(profile.x), samples):
        x = double(profile.x[first : first + samples])
        y = centred[first : first + samples, :, None]
        rest = y.sum(axis=1, keepdims=True) - y  # sum over i of Y_i, for the token in the place of j
        weighted = np.concatenate([y * x, rest * x], axis=2)  # (S, N, 2d)
        squares += weighted.reshape(-1, 2 * d).T @ x.reshape(-1, d)
        linear += weighted[..., :d].sum(axis=1).T @ x.sum(axis=1)
    columns, rows = squares.reshape(2, d, d)
    linear -= columns  # all ordered pairs but those of a token with itself
    return Moments(*(profile.white.T @ part @ profile.white / profile.rows for part in (linear, columns, rows)))


def quadratic(profile: Profile, found: Moments, rank: int, norm: float, rng: np.random.Generator) -> Factors:
    """The leading eigenvector of the quadratic operator among matrices of rank r, by truncated power iteration.

    From a random matrix; each step is one pass over pairs, without any array of d^4 numbers.
    """
    d, others = profile.x.shape[2], profile.tokens - 1
    head = profile.head(QUADRATIC_ROWS // profile.tokens + 1)
    centred = head.y - head.y.mean()
    samples = max(1, BLOCK_ROWS // profile.tokens)
    diagonal = np.arange(profile.tokens)
    u, v = balance(rng.standard_normal((d, rank)), rng.standard_normal((d, rank)), norm)
    for _ in range(POWER_STEPS):
        matrix = u @ v.T
        image = np.zeros((d, d))
        for first in range(0, len(head.x), samples):
            x = (double(head.x[first : first + samples]).reshape(-1, d) @ profile.white).reshape(-1, head.tokens, d)
            products = (x.reshape(-1, d) @ matrix).reshape(x.shape) @ x.transpose(0, 2, 1)
            products[:, diagonal, diagonal] = 0.0
            weighted = centred[first : first + samples, :, None] * (products @ x)
            image += x.reshape(-1, d).T @ weighted.reshape(-1, d)
        image = image / (head.rows * others) - found.columns @ matrix - matrix @ found.rows / others
        u, v = truncate(image, rank, norm)
    return u, v


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
    yield quadratic(profile, found, rank, norm, rng)
    while True:
        yield balance(rng.standard_normal((d, rank)), rng.standard_normal((d, rank)), norm)
