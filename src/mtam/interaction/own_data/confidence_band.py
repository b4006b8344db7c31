"""Confidence bands for phi: the cluster-robust sandwich over samples, and what a penalty adds to it.

With the score features of the fit, Z = [aggregated B-splines, aggregated tangents of A] per (sample, token), and the
residuals e, the covariance of the estimate is

    V = B (sum_m s_m s_m^T + ridge sigma^2 I) B,   B = (Z^T Z + ridge I)^{-1},   s_m = sum_{i in sample m} Z_i e_i,

so residuals may be heteroscedastic and dependent within a sample (Liang and Zeger 1986); where samples have groups,
the s_m are sums over a group. Rows of Z and residuals are times the roots of their weights. The tangents carry what
is not known of A into the band: matrices of rank r and fixed norm, A' = A + dA. The ridge counts as one more
observation of phi = 0, so that the band is wide, not narrow, where arguments are never seen. The bias of the spline
is not in it, nor the choice of K: where the data choose K, the band covers less than it says.

Of a penalised phi S = n lambda P counts as observations too,

    V = B (sum_m s_m s_m^T + sigma^2 S) B,   B = (Z^T Z + S)^{-1}.

For independent noise of one variance the middle is sigma^2 (Z^T Z + S), and V = sigma^2 B the posterior covariance of
the model of ``solver.reml``: averaged over the function its 95% intervals cover 95%, bias included, as sigma^2 B S B is
the mean square of the bias when phi is as rough as lambda says (Wahba 1983; Nychka 1988; Marra and Wood 2012). With the
95% quantile of max_u |Z(u)| in place of 1.96 the band is simultaneous, Z the Gaussian process of mean zero and variance
1 with the correlations of V, drawn at random (Ruppert, Wand and Carroll 2003, section 6.5), and u from its 2% to its
98% quantile: averages over the function say nothing of the far tails, where few arguments lie. Where samples have
groups, sigma^2 beside S is sigma^2 tr(B M) / tr(B sigma^2 Z^T Z), M = sum_m s_m s_m^T, if that is more: the variance
of independent noise that would move the fit as much, against which cross-validation over groups has weighed S.

Sums run over blocks; of large data a random part of the samples serves, and V scales with their share.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.files.own_samples import OwnSamples
from mtam.interaction.model import pair_kernels
from mtam.interaction.model.row_layout import RowLayout, by_group, pairs_of, part_of
from mtam.interaction.model.splines import Spline
from mtam.interaction.solver.reml import differences
from mtam.interaction.solver.varpro import RIDGE, whitener

Array = npt.NDArray[np.float64]

LEVEL = 1.959964  # normal quantile of a two-sided 95% interval
ROWS_PER_COLUMN, FEWEST_ROWS = 50, 50_000  # rows used at most: V is inflated by about 1/50
BLOCK = 512  # rows at a time
ARGUMENTS = 2**17  # arguments u kept for the grid, the density and the basis
POINTS = 201
DRAWS = 10_000  # of max |Z|: its quantile is then good to about 0.01
MIDDLE = 0.02, 0.98  # quantiles of u between which the simultaneous band is one: beyond, data say too little of phi
TAIL = 5e-4  # share of u beyond either end of the grid
ROUNDING = 1e-12  # relative eigenvalue of Z^T Z below which a direction was not seen


@dataclass(frozen=True)
class Covariance:
    """V, by blocks; A is A + dA with dA = sum_k theta_k D_k, D_k the tangents of ``frame`` that keep its norm."""

    phi: Array  # (m, m), of coefficients in the orthonormal basis
    basis: Array  # (K+s, m)
    tangents: Array  # (p, p), of theta in whitened coordinates
    frame: "Frame"
    samples: int  # from which it was estimated, or groups of them
    inverse: Array  # (Z^T Z + S)^{-1} of all samples, of coefficients and theta (m + p, m + p)


@dataclass(frozen=True)
class BandCurve:
    """phi on a grid over the range of u, with its bands and the density of u  # all (points,)."""

    grid: Array
    phi: Array
    low: Array  # pointwise
    high: Array
    density: Array
    critical: float | None  # of the simultaneous band, in standard errors; None: there is none
    middle: tuple[float, float]  # the range of u for which it holds
    covariance: Covariance

    def simultaneous(self) -> tuple[Array, Array] | None:
        """Low and high of the simultaneous band."""
        if self.critical is None:
            return None
        wider = self.critical / LEVEL
        return self.phi - wider * (self.phi - self.low), self.phi + wider * (self.high - self.phi)


def arguments(x: Array, matrix: Array, layout: RowLayout | None = None) -> Array:
    """u = X_i^T A X_j over the pairs of samples spread evenly over the data, at most 2^17 or one sample's  # (n,)."""
    tokens = x.shape[1]
    step = max(1, -(-len(x) * tokens * (tokens - 1) // ARGUMENTS))
    some = x[::step]
    pairs = pairs_of(part_of(layout, np.s_[::step]), len(some), tokens)
    return np.asarray(((some @ matrix) @ some.transpose(0, 2, 1))[pairs])


def curve(
    x: Array,
    y: Array,
    matrix: Array,
    rank: int,
    phi: Spline,
    rng: np.random.Generator,
    smoothing: float | None = None,
    layout: RowLayout | None = None,
) -> BandCurve:
    """phi with its 95% bands over the range of u  # x (M, N, d), y (M, N), matrix (d, d) of rank r.

    ``smoothing``: lambda of a penalised phi; only then the band is also given simultaneously, for all u of ``middle``.
    """
    u = arguments(x, matrix, layout)
    low, high = np.quantile(u, [TAIL, 1 - TAIL])
    grid = np.linspace(low, high, POINTS)
    half = (high - low) / (2 * (POINTS - 1))
    edges = np.linspace(low - half, high + half, POINTS + 1)
    density = np.histogram(u, edges)[0] / (len(u) * 2 * half)
    basis = phi.space.orthonormaliser(u)
    covariance = _covariance(OwnSamples(x, y, layout), matrix, rank, phi, basis, rng, smoothing)
    at = phi.space.design(grid) @ basis
    spread = LEVEL * np.sqrt(np.maximum(np.einsum("nb,bc,nc->n", at, covariance.phi, at), 0.0))
    middle = phi(grid)
    first, last = (float(end) for end in np.quantile(u, MIDDLE))
    critical = None
    if smoothing is not None:
        critical = _critical(at[(grid >= first) & (grid <= last)], covariance.phi, rng)
    return BandCurve(grid, middle, middle - spread, middle + spread, density, critical, (first, last), covariance)


def _critical(at: Array, covariance: Array, rng: np.random.Generator) -> float:
    """The 95% quantile of max |Z| over the rows of ``at``  # (points, m), (m, m)."""
    values, axes = np.linalg.eigh(covariance)
    paths = at @ (axes * np.sqrt(np.maximum(values, 0.0)))  # (points, m): a draw of phi_hat - phi is paths @ normal
    size = np.linalg.norm(paths, axis=1, keepdims=True)
    paths /= np.where(size > 0, size, 1.0)
    largest = np.abs(paths @ rng.standard_normal((paths.shape[1], DRAWS))).max(axis=0)
    return float(np.quantile(largest, 0.95))


def _covariance(
    data: OwnSamples,
    matrix: Array,
    rank: int,
    phi: Spline,
    basis: Array,
    rng: np.random.Generator,
    smoothing: float | None,
) -> Covariance:
    """V  # basis (K+s, m)."""
    x, y, layout = data.x, data.y, data.layout
    frame = Frame.at(whitener(x, layout), matrix, rank)
    samples, tokens = y.shape
    size, columns = basis.shape[1], basis.shape[1] + rank * (2 * x.shape[2] - rank)
    wanted = max(FEWEST_ROWS, ROWS_PER_COLUMN * columns) // tokens + 1
    chosen = _chosen(samples, wanted, layout, rng)
    used = part_of(layout, chosen)
    bread, meat, squares, of_samples = np.zeros((columns, columns)), np.zeros((columns, columns)), 0.0, []
    step = max(1, BLOCK // tokens)
    for first in range(0, len(chosen), step):
        part = chosen[first : first + step]
        z, residual = scores(x[part], y[part], frame, phi, basis, part_of(layout, part))
        bread += z.T @ z
        sums = (z * residual[:, None]).reshape(len(part), tokens, columns).sum(axis=1)
        if used is None:
            meat += sums.T @ sums
        else:
            of_samples.append(sums)
        squares += float(residual @ residual)
    rows, clusters = len(chosen) * tokens, len(chosen)
    if used is not None:
        grouped = by_group(np.concatenate(of_samples), used)
        meat, rows, clusters = grouped.T @ grouped, used.rows, len(grouped)
    keep = scipy.linalg.block_diag(np.eye(size), frame.keep)
    bread, meat = keep.T @ bread @ keep, keep.T @ meat @ keep
    unknowns = float(keep.shape[1])
    prior = np.zeros_like(bread)
    prior[:size, :size] = RIDGE * np.eye(size)
    if smoothing is not None:
        bent = differences(len(basis)) @ basis
        prior[:size, :size] += smoothing * rows * (bent.T @ bent)
    inverse = pseudoinverse(bread + prior)
    if smoothing is not None:
        unknowns = float(np.sum(inverse * bread))  # effective degrees of freedom of phi and A
    spare = max(1.0, rows - unknowns)
    meat *= rows / spare * clusters / max(1, clusters - 1)  # residuals are smaller than errors
    noise = squares / spare
    if smoothing is not None and layout is not None and layout.groups is not None:
        noise = max(noise, float(np.sum(inverse * meat)) / max(unknowns, 1e-300))
    whole = inverse @ (meat + noise * prior) @ inverse * (len(chosen) / samples)
    return Covariance(
        whole[:size, :size], basis, whole[size:, size:], frame, clusters, inverse * (len(chosen) / samples)
    )


def _chosen(samples: int, wanted: int, layout: RowLayout | None, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """About ``wanted`` of the samples: one drawn from every stretch of them, or all of some groups drawn."""
    if layout is None or layout.groups is None:  # spread over the data, whatever their order
        starts = np.linspace(0, samples, min(samples, wanted) + 1).astype(np.int64)
        return rng.integers(starts[:-1], starts[1:])
    if samples <= wanted:
        return np.arange(samples)
    labels = rng.permutation(np.unique(layout.groups))
    sizes = np.array([np.count_nonzero(layout.groups == label) for label in labels])
    return np.flatnonzero(np.isin(layout.groups, labels[: int(np.searchsorted(np.cumsum(sizes), wanted)) + 1]))


def scores(
    x: Array, y: Array, frame: "Frame", phi: Spline, basis: Array, layout: RowLayout | None = None
) -> tuple[Array, Array]:
    """Z and residuals of a block of samples, times roots of weights  # -> (SN, K+s + 2rd - r^2), (SN,)."""
    samples, tokens, d = x.shape
    white = x.reshape(-1, d) @ frame.white
    p, q = white @ frame.u, white @ frame.v
    raw, z = np.empty((len(white), phi.space.dimension)), np.empty_like(white)
    p /= phi.space.reach  # kernels know [-1, 1]
    mask = None if layout is None else layout.mask()
    pair_kernels.features(p, q, tokens, phi.space.pieces, phi.space.intervals, raw, mask)
    pair_kernels.directions(p, q, white, tokens, phi.table, z, mask)
    z /= phi.space.reach
    inner = (white @ frame.columns)[:, :, None] * z[:, None, :]
    outer = (white @ frame.rest)[:, :, None] * (z @ frame.rows)[:, None, :]
    parts = [raw @ basis, inner.reshape(len(z), -1), outer.reshape(len(z), -1)]
    responses = y if layout is None else y * layout.root
    return np.concatenate(parts, axis=1), responses.reshape(samples * tokens) - raw @ phi.coefficients


def pseudoinverse(matrix: Array) -> Array:
    """The inverse of a positive semidefinite matrix on the directions that were seen, after scaling its diagonal."""
    scale = np.sqrt(np.where(np.diag(matrix) > 0, np.diag(matrix), 1.0))
    inverse = np.linalg.pinv(matrix / np.outer(scale, scale), rcond=ROUNDING, hermitian=True)
    return np.asarray(inverse / np.outer(scale, scale))


@dataclass(frozen=True)
class Frame:
    """A in whitened coordinates, u v^T, and the tangent directions a b^T of the matrices of its rank.

    a runs over ``columns`` with b over all of R^d, then a over ``rest`` with b over ``rows``; ``keep`` leaves out A.
    """

    white: Array  # W (d, d)
    u: Array  # (d, r)
    v: Array  # (d, r)
    columns: Array  # (d, r), orthonormal
    rest: Array  # (d, d - r), orthonormal
    rows: Array  # (d, r), orthonormal
    keep: Array  # (2rd - r^2, p)

    def coordinates(self, change: Array) -> Array:
        """<change, a b^T> for all tangent directions, in whitened coordinates  # (d, d) -> (2rd - r^2,)."""
        inner, outer = self.columns.T @ change, self.rest.T @ change @ self.rows
        return np.concatenate([inner.ravel(), outer.ravel()])

    @staticmethod
    def at(white: Array, matrix: Array, rank: int) -> "Frame":
        back = np.linalg.pinv(white)
        a, s, bt = np.linalg.svd(back @ matrix @ back.T)
        columns, rows = a[:, :rank], bt[:rank].T
        radial = np.zeros(rank * (2 * len(matrix) - rank))
        radial[: rank * len(matrix)] = (s[:rank, None] * bt[:rank]).ravel()  # columns^T A
        keep = scipy.linalg.null_space(radial[None])
        return Frame(white, columns * s[:rank], rows, columns, a[:, rank:], rows, keep)
