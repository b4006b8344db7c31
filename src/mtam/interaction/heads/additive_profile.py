"""Variable projection for several heads: the loss as a function of A_1, ..., A_H alone, all splines profiled out.

    L(A_1, .., A_H) = min_c (1/n) sum_i (Y_i - sum_h F_i(A_h) c_h)^2 + ridge |c|^2,

with n = M N rows and F_i the orthonormal features of ``solver.varpro`` at the A of each head. The constant lies in the
splines of every head; only the sum of the H constants is determined, and the ridge makes them equal. By the envelope
theorem the gradient along A_h is that of one head whose response is what the other heads leave over.

Factors of H heads of one rank lie in arrays u, v of shape (H, d, r), so that a place of a search is a ``Point``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.model import pair_kernels
from mtam.interaction.model.low_rank import chart, full, moved, moving
from mtam.interaction.model.splines import Spline
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.gauss_newton import Formed
from mtam.interaction.solver.levenberg_marquardt import Point, descend
from mtam.interaction.solver.row_sums import BLOCK_ROWS, FEWEST_SAMPLES, SCORE_ROWS, double
from mtam.interaction.solver.varpro import Profile, ProfiledFit

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AdditiveProfile:
    """The profiled problem of several heads on the data, the whitening and the spline space of ``single``."""

    single: Profile

    @property
    def rows(self) -> int:
        """n = M N."""
        return self.single.rows

    def first(self, rows: int) -> "AdditiveProfile":
        """The same problem on the first samples that hold more than so many rows."""
        return AdditiveProfile(self.single.first(rows))

    def place(self, u: Array, v: Array) -> Point:
        """The point at these factors, in their charts  # (H, d, r), (H, d, r)."""
        charts = [chart(a, b, SCALE) for a, b in zip(u, v, strict=True)]
        left, right = np.stack([a for a, _ in charts]), np.stack([b for _, b in charts])
        return Point(left, right, self.fit(left, right))

    def fit(self, u: Array, v: Array) -> ProfiledFit:
        """All splines profiled out; H m coefficients, head after head  # (H, d, r), (H, d, r)."""
        size = len(u) * self.single.basis.shape[1]
        gram, moment = np.zeros((size, size)), np.zeros(size)
        for x, y in self._blocks():
            features = self.features(x, u, v)
            gram += features.T @ features
            moment += features.T @ y
        gram = gram / self.rows + self.single.ridge * np.eye(size)
        moment /= self.rows
        coefficients = scipy.linalg.solve(gram, moment, assume_a="pos")
        return ProfiledFit(self.single.power - float(coefficients @ moment), coefficients, gram)

    def features(self, x: Array, u: Array, v: Array) -> Array:
        """[F(A_1) .. F(A_H)] of whole samples  # (SN, d) -> (SN, H m)."""
        single = self.single
        parts = []
        for left, right in zip(u, v, strict=True):
            raw = np.empty((len(x), single.space.dimension))
            p, q = x @ (single.white @ left), x @ (single.white @ right)
            pair_kernels.features(p, q, single.tokens, single.space.pieces, single.space.intervals, raw)
            parts.append(raw @ single.basis)
        return np.concatenate(parts, axis=1)

    def tables(self, fit: ProfiledFit) -> list[Array]:
        """Local polynomials of every head's spline  # H of (K, s+1)."""
        return [self.single.space.table(self.single.basis @ c) for c in self._by_head(fit)]

    def splines(self, fit: ProfiledFit) -> list[Spline]:
        """phi_1, .., phi_H as functions of u at A's of norm ``SCALE``."""
        return [Spline(self.single.space, self.single.basis @ c) for c in self._by_head(fit)]

    def residuals(self, point: Point) -> Array:
        """Y - sum_h F(A_h) c_h  # (M, N)."""
        parts = [y - self.features(x, point.u, point.v) @ point.fit.coefficients for x, y in self._blocks()]
        return np.concatenate(parts).reshape(self.single.y.shape)

    def gradient(self, point: Point) -> Array:
        """The gradient along what moves, head after head, each without its radial part  # (p,)."""
        single = self.single
        left, right = (np.stack([single.white @ each for each in part]) for part in (point.u, point.v))
        along = [(np.zeros_like(a), np.zeros_like(b)) for a, b in zip(left, right, strict=True)]
        both = not full(point.u[0])
        for x, y in self._blocks():
            features = self.features(x, point.u, point.v).reshape(len(x), len(left), -1)
            told = np.einsum("nhm,hm->nh", features, self._by_head(point.fit))
            rest = y - told.sum(axis=1)
            for h, table in enumerate(self.tables(point.fit)):
                p, q = x @ left[h], x @ right[h]
                residual, grad_p, grad_q = np.empty(len(y)), np.empty_like(p), np.empty((len(y), both * q.shape[1]))
                pair_kernels.pullback(p, q, single.tokens, table, rest + told[:, h], residual, grad_p, grad_q)
                along[h] = along[h][0] + x.T @ grad_p, along[h][1] + (x.T @ grad_q if both else 0.0)
        factor = -2 / self.rows
        parts = []
        for u, v, (du, dv) in zip(point.u, point.v, along, strict=True):
            gradient = moving(factor * (single.white.T @ du), factor * (single.white.T @ dv))
            radial = moving(u, v)
            parts.append(gradient - radial * (radial @ gradient) / (radial @ radial))
        return np.concatenate(parts)

    def curvature(self, point: Point) -> Formed:
        """H = 2 J^T J / n, J the derivative along all heads less its projection on the features; see ``Dense``."""
        single = self.single
        radials = [moving(u, v) / np.linalg.norm(moving(u, v)) for u, v in zip(point.u, point.v, strict=True)]
        width, size = len(radials[0]), len(point.fit.coefficients)
        parameters = width * len(radials)
        normal, cross = np.zeros((parameters, parameters)), np.zeros((size, parameters))
        gram = single.ridge * self.rows * np.eye(size)
        tables = self.tables(point.fit)
        for x, _ in self._blocks(SCORE_ROWS):
            jacobian = self.jacobian(x, point.u, point.v, tables)
            for h, radial in enumerate(radials):
                part = jacobian[:, h * width : (h + 1) * width]
                part -= np.outer(part @ radial, radial)
            features = self.features(x, point.u, point.v)
            normal += jacobian.T @ jacobian
            cross += features.T @ jacobian
            gram += features.T @ features
        normal -= cross.T @ scipy.linalg.solve(gram, cross, assume_a="pos")
        return Formed(normal * (2 / self.rows))

    def jacobian(self, x: Array, u: Array, v: Array, tables: list[Array]) -> Array:
        """Derivatives of the fitted response of whole samples along what moves  # (SN, d) -> (SN, p)."""
        single = self.single
        white = x @ single.white
        parts = []
        for left, right, table in zip(u, v, tables, strict=True):
            p, q, z = white @ left, white @ right, np.empty_like(white)
            pair_kernels.directions(p, q, white, single.tokens, table, z)
            part = np.empty((len(x), left.size * (1 if full(left) else 2)))
            pair_kernels.jacobian(white, z, p, z @ right, part)
            parts.append(part)
        return np.concatenate(parts, axis=1)

    def _by_head(self, fit: ProfiledFit) -> Array:
        """Coefficients in the orthonormal basis  # (H, m)."""
        return fit.coefficients.reshape(-1, self.single.basis.shape[1])

    def _blocks(self, rows: int = BLOCK_ROWS) -> Iterator[tuple[Array, Array]]:
        x, y = self.single.x, self.single.y
        step = max(FEWEST_SAMPLES, rows // self.single.tokens)
        for first in range(0, len(x), step):
            part = slice(first, first + step)
            yield double(x[part]).reshape(-1, x.shape[2]), y[part].reshape(-1)


@dataclass(frozen=True)
class SeveralMatrices:
    """The loss as a function of H matrices of fixed norm, for ``descend``; Hessians over the rows of ``sample``."""

    profile: AdditiveProfile
    sample: AdditiveProfile

    @property
    def rows(self) -> int:
        """n."""
        return self.profile.rows

    def slope(self, point: Point) -> Array:
        """See ``AdditiveProfile.gradient``."""
        return self.profile.gradient(point)

    def curvature(self, point: Point) -> Formed:
        """See ``AdditiveProfile.curvature``."""
        return self.sample.curvature(point)

    def moved(self, point: Point, step: Array) -> Point:
        """Each head in its own chart."""
        steps = step.reshape(len(point.u), -1)
        reached = [moved(u, v, part, SCALE) for u, v, part in zip(point.u, point.v, steps, strict=True)]
        u, v = np.stack([a for a, _ in reached]), np.stack([b for _, b in reached])
        return Point(u, v, self.profile.fit(u, v))


def descended(profile: AdditiveProfile, sample: AdditiveProfile, point: Point, limit: int) -> Point:
    """The bottom below ``point``, or where ``limit`` steps lead."""
    return descend(SeveralMatrices(profile, sample), point, limit)
