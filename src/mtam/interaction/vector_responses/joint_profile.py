"""Several responses per token that share A: the loss as a function of A alone, every amplitude function profiled out.

Y_ia = (N-1)^{-1} sum_{j != i} phi_a(x_i^T A x_j) + noise of variance sigma_a^2, a = 1..q. Of the two ways to make phi
vector-valued, phi(u) b with one function and a vector b, and q functions, this is the second, which contains the first
(phi_a = b_a phi): for given A it is linear in all that is unknown, so that variable projection stays what it is. Given
A, components do not meet, and neither do their smoothing parameters: with w_a = 1/sigma_a^2,

    L(A) = sum_a w_a L_a(A),   dL/dA = sum_a w_a dL_a/dA,   H = sum_a w_a H_a,

L_a, its gradient and its Gauss-Newton matrix those of ``solver.varpro`` for component a alone. What the components say
of A adds up; u has one scale and one domain, that of A. The w_a come from a fit before (feasible generalised least
squares with a diagonal covariance); noise that is alike in several components costs efficiency, and the sandwich over
samples accounts for it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.model.low_rank import chart, moved, moving
from mtam.interaction.search.multistart import hessian_sample
from mtam.interaction.solver.gauss_newton import Dense
from mtam.interaction.solver.varpro import Profile, ProfiledFit

Array = npt.NDArray[np.float64]

STEPS, STOP, SETTLED = 40, 0.01, 0.5  # most iterations; chi^2 units of decrement that end them, that mean nothing
MOST_DAMPING, FLOOR = 1e4, 1e-9


@dataclass(frozen=True)
class JointPoint:
    """A = u v^T in whitened coordinates, in its chart, with the profiled splines."""

    u: Array  # (d, r)
    v: Array  # (d, r)
    fits: tuple[ProfiledFit, ...]
    loss: float  # sum_a w_a L_a
    decrement: float = np.inf  # chi^2 units

    @property
    def settled(self) -> bool:
        """Whether further optimisation is statistically meaningless."""
        return self.decrement < SETTLED


@dataclass(frozen=True)
class JointProfile:
    """One problem per component, on the same tokens and in the same space of splines."""

    parts: tuple[Profile, ...]
    weights: Array  # (q,), w_a

    def at(self, u: Array, v: Array) -> JointPoint:
        """The point at the direction of u v^T."""
        u, v = chart(u, v, self.parts[0].norm)
        fits = tuple(part.fit(u, v) for part in self.parts)
        return JointPoint(u, v, fits, float(sum(w * fit.loss for w, fit in zip(self.weights, fits, strict=True))))

    def reweighted(self, point: JointPoint) -> "JointProfile":
        """With w_a = 1/L_a at a point."""
        return replace(self, weights=np.array([1 / max(fit.loss, 1e-300) for fit in point.fits]))

    def slope(self, point: JointPoint) -> Array:
        """The gradient along the coordinates that move, without its radial part."""
        radial, gradient = moving(point.u, point.v), np.zeros(len(moving(point.u, point.v)))
        for weight, part, fit in zip(self.weights, self.parts, point.fits, strict=True):
            gradient += weight * moving(*part.gradient(point.u, point.v, fit))
        return np.asarray(gradient - radial * (radial @ gradient) / (radial @ radial))

    def bend(self, point: JointPoint) -> Array:
        """H, over as many samples as one component would use."""
        total = np.zeros((len(moving(point.u, point.v)),) * 2)
        for weight, part, fit in zip(self.weights, self.parts, point.fits, strict=True):
            some = hessian_sample(part, point.u.shape[1])
            total += weight * Dense(some, point.u, point.v, fit).matrix
        return total

    def refine(self, point: JointPoint, tick: Callable[[], None] = lambda: None) -> JointPoint:
        """Levenberg-Marquardt until the Newton decrement is far below one unit of chi^2; the last accepted point.

        With w_a = 1/sigma_a^2 a unit of chi^2 is 1/n of the loss. ``tick`` is called before every step, and may raise.
        """
        rows, damping = self.parts[0].rows, 1e-3
        for _ in range(STEPS):
            tick()
            gradient, matrix = self.slope(point), self.bend(point)
            level = float(np.trace(matrix)) / len(matrix)

            def step(shift: float, matrix: Array = matrix, level: float = level, gradient: Array = gradient) -> Array:
                return np.asarray(
                    scipy.linalg.solve(matrix + shift * level * np.eye(len(matrix)), gradient, assume_a="pos")
                )

            decrement = float(gradient @ step(FLOOR)) / 2 * rows
            point = replace(point, decrement=decrement)
            if decrement < STOP:
                return point
            while True:
                move = step(damping)
                found = self.at(*moved(point.u, point.v, move, self.parts[0].norm))
                predicted = float(gradient @ move) - float(move @ matrix @ move) / 2
                if point.loss - found.loss > 1e-3 * predicted:
                    break
                if damping > MOST_DAMPING or predicted * rows < STOP:
                    return point
                damping *= 6
            point, damping = replace(found, decrement=decrement), max(damping / 8, 1e-7)
        return point
