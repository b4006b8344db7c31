"""What is left in the residuals of a fit: score tests against everything simple that phi(x_i^T A x_j) cannot express.

Functions psi of a token and its sample, in groups (w are the tokens centred and whitened, bars are means over j != i):
single tokens w_i, means of the others, squares of both, products w_i (mean w_j)^T, products with squares, distances
|w_i - w_j|, the position i of the token, and the order of the tokens (the fitted interaction with earlier tokens
alone, with neighbours, with the token itself, and its size along the positions).

The estimation of (phi, A) is accounted for: with Z the score features of the fit (``confidence_band``), the part of psi
that the fit can reach is projected out, psi' = psi - Z (Z^T Z)^{-1} Z^T psi. To first order the residuals are (I - H)
noise with Z^T (I - H) = 0, and sum_i psi'_i e_i = sum_i psi'_i noise_i: fitting does not move it. Per function

    t_k^2 = (sum_m s_mk)^2 / sum_m s_mk^2,   s_mk = sum_{i in sample m} psi'_ik e_i,

and per group Q = sum_k t_k^2. If residuals are noise of mean zero given the tokens, samples are independent and signs
of the s_m are as good as random: neither the law of the noise, nor its variance given the tokens, nor its dependence
within a sample enters. The law of Q over random signs is matched in mean, variance and skewness by a scaled and
shifted chi^2 (Pearson's approximation for quadratic forms, Imhof 1961); with G = S D^{-1} S^T, D = diag sum_m s_mk^2:

    E Q = tr G,   Var Q = 2 sum_{a != b} G_ab^2,   third cumulant = 8 sum_{a, b, c distinct} G_ab G_bc G_ca.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg
import scipy.special

from mtam.interaction.files.validate_arrays import blocks
from mtam.interaction.model.row_layout import RowLayout, by_group, mean_of_partners, part_of
from mtam.interaction.model.splines import Spline
from mtam.interaction.own_data import confidence_band
from mtam.interaction.solver.varpro import whitener

Array = npt.NDArray[np.float64]

ROWS, NUMBERS = 60000, 2**23  # rows looked at; entries of S
BLOCK = 512  # rows at a time
QUADRATIC, CUBIC = 16, 3  # leading coordinates whose products, and products with squares, are looked at
FREQUENCIES = 16  # cosines along the positions; all functions of the position for N <= 17
UNREACHED = 1e-8  # of the power of psi: what is left of it counts as rounding
NEGLIGIBLE = 1e-4  # of the variance of Y: structure that explains less is the error of the spline


@dataclass(frozen=True)
class Structure:
    """p-values and explained shares of the variance of Y, by group."""

    p_values: Array  # (groups,), one by one
    shares: Array  # (groups,), less what chance explains

    @property
    def p_value(self) -> float:
        """Of all groups together, by Bonferroni."""
        return float(min(1.0, len(self.p_values) * np.min(self.p_values)))


@dataclass(frozen=True)
class _Axes:
    """Centre and whitening of the tokens, principal coordinates first."""

    centre: Array  # (d,)
    scale: Array  # (d, d)

    @staticmethod
    def of(x: Array) -> "_Axes":
        d, count = x.shape[2], x.shape[0] * x.shape[1]
        centre = sum((part.reshape(-1, d).sum(axis=0) for part in blocks(x)), np.zeros(d)) / count
        moment = np.zeros((d, d))
        for part in blocks(x):
            rows = part.reshape(-1, d) - centre
            moment += rows.T @ rows / count
        values, axes = np.linalg.eigh(moment)
        usable = values > 1e-12 * values[-1]
        return _Axes(centre, (axes * np.where(usable, values, np.inf) ** -0.5)[:, ::-1])

    def __call__(self, x: Array) -> Array:
        """w  # (S, N, d) -> (S, N, d)."""
        return np.asarray((x - self.centre) @ self.scale)


def structure(x: Array, y: Array, matrix: Array, rank: int, phi: Spline, layout: RowLayout | None = None) -> Structure:
    """The score tests of a fit to x (M, N, d), y (M, N), with matrix (d, d) of the given rank.

    Means of the others are over all others that are there, also where fewer are partners; under a causal fit the
    interaction with later tokens stands for that with earlier ones. The s_m are weighted sums, over groups if any.
    """
    axes = _Axes.of(x if layout is None else x[layout.there][:, None])
    frame = confidence_band.Frame.at(whitener(x, layout), matrix, rank)
    size = phi.space.dimension
    keep = scipy.linalg.block_diag(np.eye(size), frame.keep)
    slices = _slices(x.shape[1], x.shape[2])
    width = slices[-1].stop
    step = max(1, -(-y.size // ROWS), -(-len(x) * width // NUMBERS))
    x, y, layout = x[::step], y[::step], part_of(layout, np.s_[::step])
    rows, variance = (y.size, float(y.var())) if layout is None else (layout.rows, layout.variance(y))

    def parts() -> Iterator[tuple[Array, Array, Array]]:
        """Z, psi and residuals of successive samples  # (n, q), (n, D), (n,)."""
        many = max(1, BLOCK // x.shape[1])
        for first in range(0, len(x), many):
            part = slice(first, first + many)
            some, here = np.ascontiguousarray(x[part]), part_of(layout, part)
            z, e = confidence_band.scores(some, y[part], frame, phi, np.eye(size), here)
            w, g = axes(some), _interaction(some, matrix, phi)
            if here is None:
                yield z @ keep, _functions(w, g, None), e
            else:
                psi = _functions(w * here.there[..., None], g, here)
                yield z @ keep, psi * here.root.reshape(-1, 1), e

    bread, reached = np.zeros((keep.shape[1], keep.shape[1])), np.zeros((keep.shape[1], width))
    for z, psi, _ in parts():
        bread, reached = bread + z.T @ z, reached + z.T @ psi
    projection = confidence_band.pseudoinverse(bread) @ reached  # (q, D)
    sums, power, before, squares = [], np.zeros(width), np.zeros(width), 0.0
    for z, psi, e in parts():
        left = psi - z @ projection
        sums.append((left * e[:, None]).reshape(-1, x.shape[1], width).sum(axis=1))
        power, before = power + (left**2).sum(axis=0), before + (psi**2).sum(axis=0)
        squares += float(e @ e)
    s = by_group(np.concatenate(sums), layout)
    spare = max(0.0, 1 - keep.shape[1] / rows)  # residuals are smaller than the noise
    there = (power > UNREACHED * before) & (np.square(s).sum(axis=0) > 0)
    tests = [
        quadratic_test(s[:, part][:, there[part]], power[part][there[part]], spare, squares / rows) for part in slices
    ]
    p_values, explained = np.array(tests).T
    shares = explained / rows / max(variance, 1e-300)
    return Structure(np.where(shares > NEGLIGIBLE, p_values, 1.0), shares)


def quadratic_test(s: Array, power: Array, spare: float, variance: float) -> tuple[float, float]:
    """p-value of a group, and the sum of squares that regressions on its functions explain beyond chance."""
    if s.shape[1] == 0:
        return 1.0, 0.0
    total, squares = s.sum(axis=0), np.square(s).sum(axis=0)
    explained = float(np.sum(total**2 / power)) - s.shape[1] * variance
    scaled = s / np.sqrt(squares)  # (M, D)
    q = spare * float(np.sum(scaled.sum(axis=0) ** 2))
    gram = scaled.T @ scaled
    image = scaled @ gram
    diagonal, square = np.sum(scaled**2, axis=1), np.sum(image * scaled, axis=1)  # of G, of G^2
    second = float(np.sum(square) - np.sum(diagonal**2))
    third = float(np.sum(image**2) - 3 * np.sum(diagonal * square) + 2 * np.sum(diagonal**3))
    return _tail(q, float(np.sum(diagonal)), second, third), explained


def _tail(q: float, first: float, second: float, third: float) -> float:
    """P(Q > q) for a quadratic form with cumulants ``first``, 2 ``second``, 8 ``third``."""
    if second <= 1e-9 * first**2:
        return 1.0  # one sample outweighs all others: its sign says nothing
    freedom = second**3 / max(third, 1e-6 * second**1.5) ** 2
    value = freedom + (q - first) * np.sqrt(freedom / second)
    return float(scipy.special.gammaincc(freedom / 2, max(value, 0.0) / 2))


def _slices(tokens: int, d: int) -> list[slice]:
    """The columns of every group."""
    few, fewer = min(d, QUADRATIC), min(d, CUBIC)
    pairs = few * (few + 1) // 2
    widths = (d, d, pairs, pairs, few**2, 3 * fewer**2, 2, min(tokens - 1, FREQUENCIES), 5)
    ends = itertools.accumulate(widths, initial=0)
    return [slice(low, high) for low, high in itertools.pairwise(ends)]


def _interaction(x: Array, matrix: Array, phi: Spline) -> Array:
    """phi(x_i^T A x_j), also for j = i  # (S, N, d) -> (S, N, N)."""
    return phi((x @ matrix) @ x.transpose(0, 2, 1))


def _functions(w: Array, g: Array, layout: RowLayout | None) -> Array:
    """All psi  # w (S, N, d), g (S, N, N) -> (SN, D)."""
    others = None if layout is None else layout.with_all_others()
    samples, tokens = w.shape[:2]
    few, fewer = w[..., :QUADRATIC], w[..., :CUBIC]
    a, b = np.triu_indices(few.shape[-1])
    squares, cubes = few[..., a] * few[..., b], fewer**2
    means, mean_cubes = mean_of_partners(w, others), mean_of_partners(cubes, others)
    both = (
        _outer(fewer, mean_cubes),
        _outer(cubes, means[..., : fewer.shape[-1]]),
        _outer(cubes, mean_cubes),
    )
    columns = (
        w, means, squares, mean_of_partners(squares, others), _outer(few, means[..., : few.shape[-1]]), *both,
        _distances(w, others), np.broadcast_to(_cosines(tokens), (samples, tokens, min(tokens - 1, FREQUENCIES))),
        _ordered(g, layout),
    )  # fmt: skip
    return np.concatenate(columns, axis=-1).reshape(samples * tokens, -1)


def _outer(left: Array, right: Array) -> Array:
    """# (S, N, a), (S, N, b) -> (S, N, a b)."""
    return np.asarray((left[..., :, None] * right[..., None, :]).reshape(*left.shape[:2], -1))


def _distances(w: Array, others: RowLayout | None) -> Array:
    """Means over j of |w_i - w_j| and exp(-|w_i - w_j|^2 / 2d)  # (S, N, d) -> (S, N, 2)."""
    norms = np.sum(w**2, axis=2)
    square = np.maximum(norms[:, :, None] + norms[:, None, :] - 2 * w @ w.transpose(0, 2, 1), 0.0)
    close = np.exp(-square / (2 * w.shape[2]))
    if others is not None:
        pairs, counts = others.pairs(), np.maximum(others.count, 1)
        far = (np.sqrt(square) * pairs).sum(axis=2)
        return np.asarray(np.stack([far, (close * pairs).sum(axis=2)], axis=2) / counts[..., None])
    near = close.sum(axis=2) - 1  # without j = i
    return np.asarray(np.stack([np.sqrt(square).sum(axis=2), near], axis=2) / (w.shape[1] - 1))


def _cosines(tokens: int) -> Array:
    """cos(pi k (i + 1/2) / N), k = 1, 2, ...  # (N, m)."""
    k = np.arange(1, min(tokens - 1, FREQUENCIES) + 1)
    return np.asarray(np.cos(np.pi * k * (np.arange(tokens)[:, None] + 0.5) / tokens))


def _ordered(g: Array, layout: RowLayout | None) -> Array:
    """The interaction with the tokens before, the one before, the one after, itself; all of it along i  # (S, N, 5).

    With tokens after in place of those before where a fit is to those before alone.
    """
    tokens = g.shape[1]
    index = np.arange(tokens)
    own = g[:, index, index]
    if layout is None:
        centred = g - g.mean()
        fitted = (centred.sum(axis=2) - centred[:, index, index]) / (tokens - 1)
        earlier = np.tril(centred, -1).sum(axis=2) / np.maximum(index, 1)
    else:
        present = layout.there[:, :, None] & layout.there[:, None, :]
        centred = (g - g[present].mean()) * present
        fitted = (centred * layout.pairs()).sum(axis=2) / np.maximum(layout.count, 1)
        side = np.triu(present, 1) if layout.causal else np.tril(present, -1)
        earlier = (centred * side).sum(axis=2) / np.maximum(side.sum(axis=2), 1)
        own = own * layout.there
    before, after = np.zeros_like(own), np.zeros_like(own)
    before[:, 1:], after[:, :-1] = centred[:, index[1:], index[:-1]], centred[:, index[:-1], index[1:]]
    return np.stack([earlier, before, after, own, fitted * (index - (tokens - 1) / 2)], axis=2)
