"""Levenberg-Marquardt over the factors of A, or A itself at full rank, the spline projected out.

The gradient comes from all rows, the Gauss-Newton matrix H from a subsample of some tens of rows per parameter: its
error slows convergence from quadratic to fast linear and moves no fixed point. Iterations end when the Newton
decrement, (n / L) g^T H^{-1} g / 2, is far below one unit of chi^2: beyond that the optimum inside the sample is
sharper than the sample. The loss is not smooth at that scale anyway: phi is constant outside [-1, 1], so its slope
jumps where an argument crosses an end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.low_rank import chart, moved, moving
from mtam.interaction.solver.gauss_newton import Curvature, curvature
from mtam.interaction.solver.varpro import Profile, ProfiledFit

Array = npt.NDArray[np.float64]

STOP, STOP_SHARE = 0.01, 2e-4  # chi^2 units of predicted or achieved decrease: absolute, and per coordinate
SETTLED = 0.5  # chi^2 units of decrement that mean nothing
MOST_DAMPING = 1e4
FLOOR = 1e-9  # damping relative to the mean diagonal of H: H is singular along the gauge of the factors


@dataclass(frozen=True)
class Point:
    """Where a search stands: A = u v^T in whitened coordinates, in its chart, and the profiled spline."""

    u: Array  # (d, r)
    v: Array  # (d, r)
    fit: ProfiledFit
    iterations: int = 0
    decrement: float = np.inf  # chi^2 units

    @property
    def settled(self) -> bool:
        """Whether further optimisation is statistically meaningless."""
        return self.decrement < SETTLED


def start(profile: Profile, u: Array, v: Array, norm: float) -> Point:
    """The point at the direction of u v^T."""
    u, v = chart(u, v, norm)
    return Point(u, v, profile.fit(u, v))


def slope(profile: Profile, point: Point) -> Array:
    """The gradient of the loss along the coordinates that move, without its radial part  # (2dr,) or (d^2,)."""
    radial, gradient = moving(point.u, point.v), moving(*profile.gradient(point.u, point.v, point.fit))
    return np.asarray(gradient - radial * (radial @ gradient) / (radial @ radial))


def assessed(profile: Profile, sample: Profile, point: Point) -> Point:
    """The point with the Newton decrement where it stands: that of its last step is of where it stood before."""
    gradient = slope(profile, point)
    bend = curvature(sample, point.u, point.v, point.fit)
    return replace(point, decrement=float(gradient @ bend.solve(FLOOR, gradient)) / 2 / unit(point, profile.rows))


def unit(point: Point, rows: int) -> float:
    """One unit of chi^2 in a mean of squares over so many rows."""
    return max(point.fit.loss, 1e-300) / rows


class Landscape(Protocol):
    """A profiled loss on the coordinates that move, as a descent sees it."""

    @property
    def rows(self) -> int:
        """How many rows are behind the loss."""
        ...

    def slope(self, point: Point) -> Array:
        """The gradient without its radial part."""
        ...

    def curvature(self, point: Point) -> Curvature:
        """The Gauss-Newton matrix."""
        ...

    def moved(self, point: Point, step: Array) -> Point:
        """What is reached by subtracting a step, with phi profiled there."""
        ...


@dataclass(frozen=True)
class OneMatrix:
    """The loss as a function of one matrix A of fixed norm."""

    profile: Profile
    sample: Profile  # the rows of Hessians
    norm: float

    @property
    def rows(self) -> int:
        """n."""
        return self.profile.rows

    def slope(self, point: Point) -> Array:
        """See ``slope``."""
        return slope(self.profile, point)

    def curvature(self, point: Point) -> Curvature:
        """See ``gauss_newton.curvature``."""
        return curvature(self.sample, point.u, point.v, point.fit)

    def moved(self, point: Point, step: Array) -> Point:
        """In the chart of A."""
        u, v = moved(point.u, point.v, step, self.norm)
        return Point(u, v, self.profile.fit(u, v))


def refine(
    profile: Profile,
    sample: Profile,
    point: Point,
    limit: int,
    tick: Callable[[], None] = lambda: None,
) -> Point:
    """Minimise the profiled loss from ``point``; Hessians over the rows of ``sample``. See ``descend``."""
    return descend(OneMatrix(profile, sample, float(np.linalg.norm(point.u @ point.v.T))), point, limit, tick)


def descend(landscape: Landscape, point: Point, limit: int, tick: Callable[[], None] = lambda: None) -> Point:
    """The last accepted point from ``point`` on: settled, or stuck, or after ``limit`` iterations.

    ``iterations`` counts those of this call. ``tick`` is called between passes over the data and may raise.
    """
    damping = 1e-3
    for iteration in range(limit):
        tick()
        gradient, bend = landscape.slope(point), landscape.curvature(point)
        one = unit(point, landscape.rows)
        step = bend.solve(damping, gradient)
        decrement = float(gradient @ step) / 2 / one
        if decrement < SETTLED:  # near the end the damping must not be what makes it small
            decrement = float(gradient @ bend.solve(FLOOR, gradient)) / 2 / one
        point = Point(point.u, point.v, point.fit, iteration, decrement)
        stop = max(STOP, STOP_SHARE * len(gradient))
        if decrement < stop:
            return point
        while True:
            predicted = float(gradient @ step) - bend.form(step) / 2
            reached = landscape.moved(point, step)
            gain = point.fit.loss - reached.fit.loss
            if gain > 1e-3 * predicted:
                break
            if predicted < SETTLED / 4 * one or damping > MOST_DAMPING:
                return point
            damping *= 6
            step = bend.solve(damping, gradient)
        damping = (
            max(damping / 8, 1e-7) if gain > 0.7 * predicted else damping if gain > 0.2 * predicted else 2 * damping
        )
        point = replace(reached, iterations=iteration + 1, decrement=decrement)
        if gain < stop * one and decrement < max(SETTLED, stop):
            return point
    return point
