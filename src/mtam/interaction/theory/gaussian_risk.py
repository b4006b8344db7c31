"""Bias, variance and price of A of the estimator for Gaussian tokens, by quadrature, at any M, d and K.

To first order in the errors of phi and A (see ``forecast``) the estimator is least squares on Z = [F_K, T], so that

    error(M; K) = bias^2_K + sigma^2/(M N) [tr(G_K^{-1} B_K) + price],

B of features of one pair, G of their means over the other N - 1 tokens: as tokens are independent,

    G = B/(N-1) + (N-2)/(N-1) E_s m(s) m(s)^T,   m(s) = E[feature | row token].                           (1)

bias_K is phi less its best approximation in the norm of the responses, (1) with the misfit for the feature, measured in
L2(rho). With A of rank r, left and right factors s, t of the tokens and singular values lambda, the directions of A are

    e b_k^T, e orthogonal to all a:   (d - r) r features phi'(u) t_k (e.x),  e.x independent of u: no cross terms
    a_k e^T, e orthogonal to all b:   (d - r) r features phi'(u) s_k (e.y),  m = 0: (1) is B/(N-1), each costs N - 1
    a_k b_l^T, k != l:                features phi'(u) s_k t_l, odd in s_k: orthogonal to all but a_l b_k^T
    a_k b_k^T but A itself:           r - 1 features, which are correlated with those of phi.

Hence d enters through d - r alone. The bias that the last ones take from phi is of second order in it and left out; the
remainder of the expansion is the share 3 D_K ~ K^3 sigma^2/(M N) of the price, see ``forecast``.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import scipy.linalg
import scipy.sparse

from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.theory.gaussian_arguments import GaussianArguments
from mtam.interaction.theory.rough_truths import RoughTruths

Array = npt.NDArray[np.float64]
Moments = tuple[Array, Array, Array]  # E phi'^2, E z^2 phi'^2 and E z phi' given v, u = v z (V,) each


@dataclass(frozen=True)
class SplineRisk:
    """Phi with A known, at one K; and what the directions a_k b_k^T add, for they are correlated with phi."""

    bias: Array  # bias^2 (truths,)
    trace: float  # tr(G^{-1} B)
    diagonal: Array  # the price of r - 1 directions (truths,)


class _Normal:
    """The equations of least squares on splines: G = (B + (N-2) M W M^T)/(N-1), M = E[b | v], banded plus low rank."""

    def __init__(self, law: GaussianArguments, space: SplineSpace, tokens: int) -> None:
        self.own, self.shared = 1 / (tokens - 1), (tokens - 2) / (tokens - 1)
        self.design = _design(space, law.u)
        self.weighted = self.design.multiply(law.law[:, None]).tocsr()
        self.pair = (self.weighted.T @ self.design).tocsc()  # B
        self.means = self.design.T @ law.given  # (K+s, V)
        bands = np.zeros((space.degree + 1, space.dimension))
        for k in range(space.degree + 1):
            bands[k, : space.dimension - k] = self.pair.diagonal(-k)
        self._factor = scipy.linalg.cholesky_banded(bands, lower=True, check_finite=False)
        self._root = self.means * np.sqrt((tokens - 2) * law.weight)
        self._spread = self._band(self._root)
        self._core = np.eye(len(law.v)) + self._root.T @ self._spread

    def _band(self, right: Array) -> Array:
        return np.asarray(scipy.linalg.cho_solve_banded((self._factor, True), right, check_finite=False))

    def solve(self, right: Array) -> Array:
        """G^{-1} right, by Woodbury's identity  # (K+s, n) -> (K+s, n)."""
        part = self._band(right)
        return (part - self._spread @ np.linalg.solve(self._core, self._root.T @ part)) / self.own

    def trace(self) -> float:
        """tr(G^{-1} B)."""
        size = len(self._root) - len(self._core)
        return float(size + np.trace(np.linalg.inv(self._core))) / self.own


def spline_risk(
    law: GaussianArguments,
    truths: RoughTruths,
    space: SplineSpace,
    tokens: int,
    own: "DiagonalDirections | None" = None,
) -> SplineRisk:
    """bias^2 of every truth and the trace that sigma^2/(M N) multiplies, A known; and the price of ``own``."""
    normal = _Normal(law, space, tokens)
    conditional = law.weight[:, None] * (law.given.T @ truths.phi)
    moment = normal.own * (normal.weighted.T @ truths.phi) + normal.shared * (normal.means @ conditional)
    misfit = truths.phi - normal.design @ normal.solve(moment)
    diagonal = np.zeros(truths.phi.shape[1]) if own is None else own.price(normal)
    return SplineRisk(law.law @ misfit**2, normal.trace(), diagonal)


def _design(space: SplineSpace, u: Array) -> "scipy.sparse.csr_array":
    """B_b(u), degree + 1 of them different from zero  # (Q, K+s)."""
    width = space.degree + 1
    place = np.clip((u + 1) * (space.intervals / 2), 0, space.intervals)
    k = np.minimum(place.astype(np.int64), space.intervals - 1)
    values = ((place - k - 0.5)[:, None] ** np.arange(width)) @ space.pieces.T
    columns = k[:, None] + np.arange(width)
    starts = np.arange(0, width * len(u) + 1, width)
    return scipy.sparse.csr_array((values.ravel(), columns.ravel(), starts), shape=(len(u), space.dimension))


@dataclass(frozen=True)
class DiagonalDirections:
    """The features phi' s_k t_k of r - 1 directions a_k b_k^T orthogonal to A, of every truth; truths last but one."""

    at: Array  # E[feature; u] (Q, truths (r-1))
    means: Array  # probability times E[feature | s], over v (V, truths (r-1))
    pair: Array  # B (truths, r-1, r-1)
    whole: Array  # G (truths, r-1, r-1)

    def price(self, normal: _Normal) -> Array:
        """What they add to tr(G^{-1} B) beside splines, by the Schur complement of these  # (truths,)."""
        pair = normal.design.T @ self.at
        side = normal.own * pair + normal.shared * (normal.means @ self.means)
        moved = normal.solve(side)
        along, kept = normal.pair @ moved, len(self.pair)
        found = np.empty(kept)
        for k, at in enumerate(np.split(np.arange(side.shape[1]), kept)):
            rest = self.whole[k] - side[:, at].T @ moved[:, at]
            cross = pair[:, at].T @ moved[:, at]
            spread = self.pair[k] - cross - cross.T + moved[:, at].T @ along[:, at]
            found[k] = np.trace(np.linalg.solve(rest, spread))
        return found


def diagonal_directions(law: GaussianArguments, truths: RoughTruths, tokens: int) -> DiagonalDirections | None:
    """The directions of A that are correlated with phi; None for rank 1, where there are none."""
    if law.rank == 1:
        return None
    own, shared = 1 / (tokens - 1), (tokens - 2) / (tokens - 1)
    frame = scipy.linalg.null_space(law.singular[None, :])  # directions orthogonal to A (r, r-1)
    scale = law.second / law.singular  # (V, r): E[s_k t_k | u, v] = u scale
    joint = ((law.given * law.weight) @ scale) @ frame  # (Q, r-1)
    at, means, pair, whole = [], [], [], []
    for slope in truths.slope.T:
        moments = _moments(law, slope)
        at.append(joint * (law.u * slope)[:, None])
        means.append((law.weight * law.v * moments[2])[:, None] * (scale @ frame))  # E[.| s] = v scale_k E[z phi']
        both, all_tokens = _diagonal_products(law, moments, own, shared)
        pair.append(frame.T @ both @ frame)
        whole.append(frame.T @ all_tokens @ frame)
    return DiagonalDirections(
        np.concatenate(at, axis=1), np.concatenate(means, axis=1), np.array(pair), np.array(whole)
    )


def _diagonal_products(law: GaussianArguments, moments: Moments, own: float, shared: float) -> tuple[Array, Array]:
    """B and G of the features phi' s_k t_k  # (r, r), (r, r).

    E[t_k t_l phi'^2 | s] = delta_kl E phi'^2 + g_k g_l (E z^2 phi'^2 - E phi'^2), s_k s_l = v^2 g_k g_l/lambda^2.
    """
    square, along, mean = moments
    ratio = law.v[:, None, None] ** 2 / np.multiply.outer(law.singular, law.singular)
    alone = law.second[:, :, None] * np.eye(law.rank) * square[:, None, None]
    pair = np.einsum("v,vkl->kl", law.weight, ratio * (alone + law.fourth * (along - square)[:, None, None]))
    met = np.einsum("v,vkl->kl", law.weight, ratio * law.fourth * mean[:, None, None] ** 2)
    return pair, own * pair + shared * met


def _moments(law: GaussianArguments, slope: Array) -> Moments:
    """E phi'^2, E z^2 phi'^2 and E z phi' given v, u = v z  # (V,) each."""
    square = law.given.T @ slope**2
    along = (law.given.T @ (law.u * slope) ** 2) / law.v**2
    return square, along, (law.given.T @ (law.u * slope)) / law.v


@dataclass(frozen=True)
class PriceOfA:
    """The price of all directions of A but the r - 1 of ``SplineRisk.diagonal``, in units of sigma^2/(M N)."""

    per_dimension: Array  # times d - r (truths,)
    inner: Array  # a_k b_l^T, k != l (truths,)

    def at(self, d: int, rank: int) -> Array:
        """In dimension d  # (truths,)."""
        return (d - rank) * self.per_dimension + self.inner


def price_of_a(law: GaussianArguments, truths: RoughTruths, tokens: int) -> PriceOfA:
    """The price of A for every truth."""
    own, shared = 1 / (tokens - 1), (tokens - 2) / (tokens - 1)
    outer, inner = [], []
    for slope in truths.slope.T:
        square, along, mean = _moments(law, slope)
        pair = law.weight @ (square[:, None] + law.second * (along - square)[:, None])  # E t_k^2 phi'^2 (r,)
        whole = own * pair + shared * (law.weight @ (law.second * mean[:, None] ** 2))
        outer.append(float((pair / whole).sum()) + law.rank * (tokens - 1))
        inner.append(sum(_swapped(law, (square, along, mean), k, m, own, shared)
                         for k, m in combinations(range(law.rank), 2)))  # fmt: skip
    return PriceOfA(np.array(outer), np.array(inner, dtype=np.float64))


def _swapped(law: GaussianArguments, moments: Moments, k: int, m: int, own: float, shared: float) -> float:
    """tr(G^{-1} B) of the two features phi' s_k t_m and phi' s_m t_k."""
    square, along, mean = moments
    ratio = law.v[:, None, None] ** 2 / np.multiply.outer(law.singular[[k, m]], law.singular[[k, m]])
    fourth = law.fourth[:, k, m]
    pair, met = np.empty((2, 2)), np.empty((2, 2))
    for row, (a, _) in enumerate(((k, m), (m, k))):
        for column in (0, 1):
            bent = fourth * (along - square) + (law.second[:, a] * square if row == column else 0.0)
            pair[row, column] = law.weight @ (ratio[:, row, column] * bent)
            met[row, column] = law.weight @ (ratio[:, row, column] * fourth * mean**2)
    return float(np.trace(np.linalg.solve(own * pair + shared * met, pair)))
