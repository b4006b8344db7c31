"""Where searches begin: moments of the data that point at A, then chance.

With whitened tokens and E over i, Y centred:
- linear:    E[Y_i x_i m_i^T], m_i the mean of the other tokens, is proportional to A when phi has an odd part;
- marginal:  E[Y_i (x_i x_i^T - I)] has the column space of A, E[Y_i (C_i - I)] its row space, C_i the mean of x_j
  x_j^T over the other tokens, when phi has an even part (the linear moment of an even phi vanishes);
- quadratic: B -> E[Y_i (x_i x_i^T - I) B (C_i - I)] acts like A <A, B> + A B^T A; its leading eigenvector is near A
  itself, and the more so the higher the rank.

The quadratic operator has d^4 noisy entries: in high dimension some ten thousand rows drown its leading eigenvector.
Where the first starts do not settle the search, it is computed again from hundreds of rows per entry of A, and followed
downhill on as many. So are two moments that see what those of Y miss. An odd phi near its third Hermite polynomial has
no linear moment to speak of, but Y^3, centred, has one; and |Y - E Y| is an even function of the tokens' products
whatever the parity of phi, with a quadratic moment where that of Y is small.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from mtam.interaction.model.low_rank import Factors, balance, truncate
from mtam.interaction.search.multistart import hessian_sample
from mtam.interaction.solver.levenberg_marquardt import refine, start
from mtam.interaction.solver.row_sums import BLOCK_ROWS, double
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]

QUADRATIC_ROWS, POWER_STEPS = 60000, 10
THOROUGH_ROWS, KRYLOV, RESTARTS = 600, 20, 8  # rows per entry of A, vectors of Lanczos' method
DESCENT = 10  # steps from there on as many rows: on fewer a start with little of A in it is lost
FIRST_CHANCES = 3  # starts by chance before the thorough ones


@dataclass(frozen=True)
class SampleMoments:
    """The first moments of Y against tokens, in whitened coordinates."""

    linear: Array  # (d, d)
    columns: Array  # (d, d), symmetric
    rows: Array  # (d, d), symmetric


def moments(profile: Profile, target: Array) -> SampleMoments:
    """Linear and marginal moments of ``target`` (Y, or residuals), one pass  # (M, N).

    Under a layout with weights, and with sums over the partners of a token in place of those over the others.
    """
    d, tokens, layout = profile.x.shape[2], profile.tokens, profile.layout
    linear, squares = np.zeros((d, d)), np.zeros((2 * d, d))
    centred = profile.weighted(target)
    samples = max(1, BLOCK_ROWS // tokens)
    for first in range(0, len(profile.x), samples):
        x = double(profile.x[first : first + samples])
        y = centred[first : first + samples, :, None]
        here = None if layout is None else layout[first : first + samples]
        # sum over i of Y_i, for the token in the place of j
        rest = y.sum(axis=1, keepdims=True) - y if here is None else here.over_askers(y)
        weighted = np.concatenate([y * x, rest * x], axis=2)  # (S, N, 2d)
        squares += weighted.reshape(-1, 2 * d).T @ x.reshape(-1, d)
        if here is None:
            linear += weighted[..., :d].sum(axis=1).T @ x.sum(axis=1)
        else:
            linear += weighted[..., :d].reshape(-1, d).T @ here.over_partners(x).reshape(-1, d)
    columns, rows = squares.reshape(2, d, d)
    if layout is None:
        linear -= columns  # all ordered pairs but those of a token with itself
    return SampleMoments(*(profile.white.T @ part @ profile.white / profile.rows for part in (linear, columns, rows)))


class Quadratic:
    """The quadratic operator of Y; a product is one pass over pairs, without d^4 numbers."""

    def __init__(self, profile: Profile, found: SampleMoments) -> None:
        self._found, self._profile = found, profile
        self._target = profile.weighted(profile.y)

    def __call__(self, matrix: Array) -> Array:
        """The image of a matrix  # (d, d) -> (d, d)."""
        profile, d, tokens = self._profile, len(matrix), self._profile.tokens
        samples, diagonal = max(1, BLOCK_ROWS // tokens), np.arange(tokens)
        image = np.zeros((d, d))
        for first in range(0, len(profile.x), samples):
            x = (double(profile.x[first : first + samples]).reshape(-1, d) @ profile.white).reshape(-1, tokens, d)
            products = (x.reshape(-1, d) @ matrix).reshape(x.shape) @ x.transpose(0, 2, 1)
            if profile.layout is None:
                products[:, diagonal, diagonal] = 0.0
            else:
                products *= profile.layout[first : first + samples].pairs()
            weighted = self._target[first : first + samples, :, None] * (products @ x)
            image += x.reshape(-1, d).T @ weighted.reshape(-1, d)
        others = tokens - 1
        return np.asarray(
            image / (profile.rows * others) - self._found.columns @ matrix - matrix @ self._found.rows / others
        )


def quadratic(profile: Profile, found: SampleMoments, begin: Factors, norm: float) -> Factors:
    """The leading eigenvector of the operator among matrices of rank r, nearly: a few truncated power steps."""
    u, v = begin
    image = Quadratic(profile.first(QUADRATIC_ROWS), found)
    for _ in range(POWER_STEPS):
        u, v = truncate(image(u @ v.T), u.shape[1], norm)
    return u, v


def thorough(profile: Profile, begin: Factors, norm: float) -> Factors:
    """The leading eigenvector over all rows, by Lanczos' method, which finds it also next to noisy ones."""
    (d, rank), image = begin[0].shape, Quadratic(profile, moments(profile, profile.y))
    operator = LinearOperator((d * d, d * d), matvec=lambda b: image(b.reshape(d, d)).ravel(), dtype=float)
    first = (begin[0] @ begin[1].T).ravel()
    try:
        _, vectors = eigsh(operator, k=1, which="LM", v0=first, ncv=min(KRYLOV, d * d), maxiter=RESTARTS, tol=0.01)
    except ArpackNoConvergence:
        return begin
    return truncate(vectors[:, 0].reshape(d, d), rank, norm)


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

    def chance() -> Factors:
        return balance(rng.standard_normal((d, rank)), rng.standard_normal((d, rank)), norm)

    yield truncate(found.linear, rank, norm)
    rough = quadratic(profile, found, chance(), norm)
    yield rough
    for _ in range(FIRST_CHANCES):
        yield chance()
    many = profile.first(max(QUADRATIC_ROWS, THOROUGH_ROWS * d * d))
    for u, v in _hard(many, rank, norm, rough):
        other = chance()  # half way to chance: a narrow basin does not draw both
        for begin in ((u, v), truncate(u @ v.T + other[0] @ other[1].T, rank, norm)):
            point = refine(many, hessian_sample(many, rank), start(many, *begin, norm), DESCENT)
            yield point.u, point.v
    while True:
        yield chance()


def _hard(profile: Profile, rank: int, norm: float, rough: Factors) -> Iterator[Factors]:
    """Where A still shows when the moments of few rows hide it: in |Y|, in Y^3, in Y over all rows given."""
    y = profile.deviations(profile.y)
    yield thorough(replace(profile, y=np.abs(y)), rough, norm)
    yield truncate(moments(profile, y**3).linear, rank, norm)
    if profile.rows > QUADRATIC_ROWS + profile.tokens:  # more than ``rough`` has seen
        yield thorough(profile, rough, norm)
