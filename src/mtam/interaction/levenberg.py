"""Levenberg-Marquardt over the factors of A, the spline projected out (Kaufman's form of variable projection).

At A = U V^T the Jacobian of the residual is J = -(I - F (F^T F)^{-1} F^T) D with rows D_i = d(mean_j phi(u_ij)):
along dU it is x_i (V^T z_i)^T, along dV it is z_i (U^T x_i)^T. The gradient comes from all rows, the Hessian 2 J^T J
/ n from a subsample of some tens of rows per parameter: its error slows convergence from quadratic to fast linear and
moves no fixed point. Iterations end when the Newton decrement, (n / L) g^T H^{-1} g / 2, is far below one unit of
chi^2: beyond that the optimum inside the sample is sharper than the sample. The loss is not smooth at that scale
anyway: phi is constant outside [-1, 1], so its slope jumps where an argument crosses an end.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction import kernels
from mtam.interaction.factors import balance
from mtam.interaction.profile import Fit, Profile

Array = npt.NDArray[np.float64]

HESSIAN_BLOCK = 512  # rows per block of the Jacobian
STOP = 0.01  # chi^2 units of predicted or achieved decrease
SETTLED = 0.5  # chi^2 units of decrement at which a stopped iteration counts as settled
MOST_DAMPING = 1e4
FLOOR = 1e-9  # damping relative to the mean diagonal of H: H is singular along the gauge of the factors


@dataclass(frozen=True)
class Point:
    """Where a search stands: balanced factors in whitened coordinates and the profiled spline."""

    u: Array  # (d, r)
    v: Array  # (d, r)
    fit: Fit
    iterations: int = 0
    decrement: float = np.inf  # chi^2 units

    @property
    def settled(self) -> bool:
        """Whether further optimisation is statistically meaningless."""
        return self.decrement < SETTLED


def start(profile: Profile, u: Array, v: Array, norm: float) -> Point:
    """The point at the balanced factors of u v^T."""
    u, v = balance(u, v, norm)
    return Point(u, v, profile.fit(u, v))


def hessian(profile: Profile, point: Point) -> Array:
    """2 J^T J / n over the rows of ``profile``, radial direction projected out  # (2dr, 2dr)."""
    u, v, fit = point.u, point.v, point.fit
    d, r = u.shape
    white, table, tokens = profile.white, profile.table(fit), profile.tokens
    radial = np.concatenate([u.ravel(), v.ravel()])
    radial /= np.linalg.norm(radial)
    size = profile.space.dimension
    normal, cross, gram = np.zeros((2 * d * r, 2 * d * r)), np.zeros((size, 2 * d * r)), np.zeros((size, size))
    samples = max(1, HESSIAN_BLOCK // tokens)
    jacobian_buffer, feature_buffer = np.empty((samples * tokens, 2 * d * r)), np.empty((samples * tokens, size))
    for first in range(0, len(profile.x), samples):
        x = profile.x[first : first + samples].reshape(-1, d) @ white
        p, q = x @ u, x @ v
        z, jacobian, features = np.empty_like(x), jacobian_buffer[: len(x)], feature_buffer[: len(x)]
        kernels.directions(p, q, x, tokens, table, z)
        kernels.jacobian(x, z, p, z @ v, jacobian)
        kernels.features(p, q, tokens, profile.space.pieces, profile.space.intervals, features)
        normal += jacobian.T @ jacobian
        cross += features.T @ jacobian
        gram += features.T @ features
    cross = profile.basis.T @ cross
    gram = profile.basis.T @ gram @ profile.basis
    for matrix in (cross, normal):  # J without its radial part: rows for both, columns as well for J^T J
        matrix -= np.outer(matrix @ radial, radial)
    normal -= np.outer(radial, radial @ normal)
    gram += profile.ridge * profile.rows * np.eye(size)
    normal -= cross.T @ scipy.linalg.solve(gram, cross, assume_a="pos")
    return normal * (2 / profile.rows)


def refine(
    profile: Profile,
    sample: Profile,
    point: Point,
    limit: int,
    tick: Callable[[], None] = lambda: None,
) -> Point:
    """Minimise the profiled loss from ``point``; Hessians over the rows of ``sample``.

    Returns the last accepted point: settled, or stuck, or after ``limit`` iterations (``iterations`` counts those of
    this call). ``tick`` is called between passes over the data and may raise.
    """
    norm = float(np.linalg.norm(point.u @ point.v.T))
    shape, half = point.u.shape, point.u.size
    damping = 1e-3
    for iteration in range(limit):
        tick()
        _, grad_u, grad_v = profile.gradient(point.u, point.v, point.fit)
        radial = np.concatenate([point.u.ravel(), point.v.ravel()])
        gradient = np.concatenate([grad_u.ravel(), grad_v.ravel()])
        gradient -= radial * (radial @ gradient) / (radial @ radial)
        matrix = hessian(sample, point)
        level = float(np.trace(matrix)) / len(matrix)
        unit = max(point.fit.loss, 1e-300) / profile.rows  # of chi^2
        decrement = float(gradient @ _solve(matrix, FLOOR * level, gradient)) / 2 / unit
        point = Point(point.u, point.v, point.fit, iteration, decrement)
        if decrement < STOP:
            return point
        while True:
            step = _solve(matrix, damping * level, gradient)
            predicted = float(gradient @ step - step @ matrix @ step / 2)
            u, v = balance(point.u - step[:half].reshape(shape), point.v - step[half:].reshape(shape), norm)
            fit = profile.fit(u, v)
            gain = point.fit.loss - fit.loss
            if gain > 1e-3 * predicted:
                break
            if predicted < SETTLED / 4 * unit or damping > MOST_DAMPING:
                return point
            damping *= 6
        damping = (
            max(damping / 8, 1e-7) if gain > 0.7 * predicted else damping if gain > 0.2 * predicted else 2 * damping
        )
        point = Point(u, v, fit, iteration + 1, decrement)
        if gain < STOP * unit and decrement < SETTLED:
            return point
    return point


def _solve(matrix: Array, shift: float, vector: Array) -> Array:
    shifted = matrix + shift * np.eye(len(matrix))
    return np.asarray(scipy.linalg.solve(shifted, vector, assume_a="pos", check_finite=False))
