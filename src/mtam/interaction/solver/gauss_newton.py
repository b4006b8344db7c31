"""The Gauss-Newton matrix of the profiled loss, H = 2 J^T J / n, as something that solves (H + shift) s = g.

J = (I - F (F^T F)^{-1} F^T) D with rows D_i = d(mean_j phi(u_ij)): along dU it is x_i (V^T z_i)^T, along dV it is
z_i (U^T x_i)^T (Kaufman's form of variable projection; ridge and penalty add to F^T F). Both forms leave out the radial
direction (U, V), which only rescales A. ``Dense`` forms H; ``Krylov`` multiplies with D, of rank one per row, and
solves by conjugate gradients: at full rank in d = 30 there are 1800 numbers in the factors, and forming H would cost
more than the whole fit.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.model import pair_kernels
from mtam.interaction.model.low_rank import full, moving
from mtam.interaction.solver.varpro import Profile, ProfiledFit

Array = npt.NDArray[np.float64]

SINGULAR = 1e-8  # of the largest eigenvalue, below which one is taken for this

LARGEST_DENSE, LARGEST_DENSE_FULL = 250, 36  # numbers in the factors, in A at full rank
SMALLEST = 1e-3  # singular value in the preconditioner, relative to their sum
CG_STEPS, CG_TOLERANCE = 30, 0.1  # what an inexact solve loses is of second order in the tolerance


class Curvature(Protocol):
    """H at one point."""

    level: float  # mean diagonal

    def solve(self, shift: float, gradient: Array) -> Array:
        """(H + shift level I)^{-1} g  # (2dr,)."""
        ...

    def form(self, step: Array) -> float:
        """s^T H s."""
        ...


def curvature(profile: Profile, u: Array, v: Array, fit: ProfiledFit) -> Curvature:
    """H over the rows of ``profile``, in the form that suits its size."""
    return Dense(profile, u, v, fit) if dense(u) else Krylov(profile, u, v, fit)


def dense(u: Array) -> bool:
    """Whether H is formed: measured, at full rank products are faster from d = 6 on."""
    return u.size <= LARGEST_DENSE_FULL if full(u) else 2 * u.size <= LARGEST_DENSE


def _radial(u: Array, v: Array) -> Array:
    direction = moving(u, v)
    return np.asarray(direction / np.linalg.norm(direction))


class Formed:
    """H as a matrix  # (p, p)."""

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix
        self.level = float(np.trace(matrix)) / len(matrix)

    def solve(self, shift: float, gradient: Array) -> Array:
        """By Cholesky factorisation; by eigenvectors where the matrix is positive but for rounding.

        It is all rounding where the data say nothing of A, as of tokens that take a handful of values, for which phi
        alone answers everything.
        """
        shifted = self.matrix + shift * self.level * np.eye(len(gradient))
        try:
            return np.asarray(scipy.linalg.solve(shifted, gradient, assume_a="pos", check_finite=False))
        except scipy.linalg.LinAlgError:
            values, axes = np.linalg.eigh(shifted)
            least = max(float(np.abs(values).max()) * SINGULAR, 1e-300)
            return np.asarray(axes @ ((axes.T @ gradient) / np.maximum(values, least)))

    def form(self, step: Array) -> float:
        """s^T H s."""
        return float(step @ self.matrix @ step)


class Dense(Formed):
    """H of the data at one A  # (2dr, 2dr)."""

    def __init__(self, profile: Profile, u: Array, v: Array, fit: ProfiledFit) -> None:
        radial, size = _radial(u, v), len(fit.coefficients)
        parameters = len(radial)
        normal, cross = np.zeros((parameters, parameters)), np.zeros((size, parameters))
        gram = profile.penalty * profile.rows
        for x, z, features in profile.scores(u, v, fit):
            jacobian = np.empty((len(x), parameters))
            pair_kernels.jacobian(x, z, x @ u, z @ v, jacobian)
            normal += jacobian.T @ jacobian
            cross += features.T @ jacobian
            gram += features.T @ features
        for part in (cross, normal):  # leave out the radial direction: in rows for both, in columns as well for J^T J
            part -= np.outer(part @ radial, radial)
        normal -= np.outer(radial, radial @ normal)
        normal -= cross.T @ scipy.linalg.solve(gram, cross, assume_a="pos")
        super().__init__(normal * (2 / profile.rows))


class Krylov:
    """H as products with its rank-one rows; memory of the order of the rows, n (2d + 2r + K + s) numbers."""

    def __init__(self, profile: Profile, u: Array, v: Array, fit: ProfiledFit) -> None:
        parts = list(profile.scores(u, v, fit))
        self.x, self.z, self.features = (np.concatenate(part) for part in zip(*parts, strict=True))
        self.p, self.w = self.x @ u, self.z @ v
        self.full, self.shape, self.radial, self.scale = full(u), u.shape, _radial(u, v), 2 / profile.rows
        gram = self.features.T @ self.features + profile.penalty * profile.rows
        self.factor = scipy.linalg.cho_factor(gram)
        # With whitened tokens the block of dU is nearly a multiple of V^T V, that of dV of U^T U: the singular values
        # of A in balanced factors, and the identity at full rank.
        weights = np.ones(u.shape[1]) if self.full else np.maximum(np.sum(u * u, axis=0), SMALLEST * np.sum(u * u))
        self.weights = np.tile(weights / weights.mean(), len(self.radial) // len(weights))
        squares = np.einsum("nd,nd->n", self.x, self.x) @ np.einsum("nr,nr->n", self.w, self.w)
        if not self.full:
            squares += np.einsum("nd,nd->n", self.z, self.z) @ np.einsum("nr,nr->n", self.p, self.p)
        self.level = float(squares) * self.scale / len(self.radial)  # of D^T D: an upper bound, enough for a scale

    def apply(self, step: Array) -> Array:
        """H s  # (2dr,)."""
        step = step - self.radial * (self.radial @ step)
        parts = step.reshape(-1, *self.shape)
        change = np.einsum("nr,nr->n", self.x @ parts[0], self.w)
        if not self.full:
            change += np.einsum("nr,nr->n", self.z @ parts[1], self.p)
        change -= self.features @ scipy.linalg.cho_solve(self.factor, self.features.T @ change)
        weighted = change[:, None]
        back = (self.x.T @ (weighted * self.w)).ravel()
        if not self.full:
            back = np.concatenate([back, (self.z.T @ (weighted * self.p)).ravel()])
        return np.asarray((back - self.radial * (self.radial @ back)) * self.scale)

    def solve(self, shift: float, gradient: Array) -> Array:
        """By preconditioned conjugate gradients from zero; every iterate decreases the quadratic model."""
        step, residual = np.zeros_like(gradient), gradient.copy()
        direction = residual / self.weights
        power = float(residual @ direction)
        goal = CG_TOLERANCE**2 * power
        for _ in range(CG_STEPS):
            if power <= goal:
                break
            image = self.apply(direction) + shift * self.level * direction
            length = power / float(direction @ image)
            step += length * direction
            residual -= length * image
            scaled = residual / self.weights
            power, last = float(residual @ scaled), power
            direction = scaled + (power / last) * direction
        return step

    def form(self, step: Array) -> float:
        """s^T H s."""
        return float(step @ self.apply(step))
