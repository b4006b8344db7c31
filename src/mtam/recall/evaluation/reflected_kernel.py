"""The Matern prior of smoothness 1 at home on the coefficient box: its kernel between points, to be simulated with.

On every axis the heat kernel of reflecting walls takes the place of the free Gaussian, and every product of these is
scaled to trace one under the coefficients' own law, uniform on |z_j| <= b_j (``theory.bayes_curve``, which knows the
spectrum of the same kernel):

    k(z, z') = int_0^inf e^{-t} prod_j g_t(z_j, z'_j) dt,    g_t = F_x(|z - z'|) + F_x(z + z' + 2b),
    F_x(y) = (1/2 + sum_{k >= 1} e^{-x k^2} cos(pi k y / (2b))) / theta(x),    x = (pi / (2b))^2 t / 2,

theta(x) = sum_{k >= 0} e^{-x k^2}; below x = 1 the cosines are summed by Poisson's formula. F_x is tabulated, and the
integral is a sum, evenly in ln t.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtam.base.jit import kernel
from mtam.recall.theory import box_prior

Array = NDArray[np.float64]

TABLE = 1024  # intervals of a table of F over half a period
IDLE = 18.0  # of x, above which an axis stands still: e^{-18}
FAINT = 1e-10  # of a product, below which it is dropped


@dataclass(frozen=True)
class ReflectedKernel:
    """k on a box, for points (n, axes) whose columns are the axes in the box's order."""

    half_widths: Array  # (axes,), falling
    weights: Array  # (times,): e^-t dt, times the axes that stand still
    moving: NDArray[np.int64]  # (times,): how many axes do not stand still
    table: Array  # (times, axes, TABLE + 1): F_x on [0, 2b]

    def matrix(self, left: Array, right: Array) -> Array:
        """(n, axes), (m, axes) -> (n, m)"""
        out = np.empty((len(left), len(right)))
        _fill(left, right, self.half_widths, self.weights, self.moving, self.table, False, out)
        return out

    def gram(self, points: Array) -> Array:
        """(n, axes) -> (n, n)"""
        out = np.empty((len(points), len(points)))
        _fill(points, points, self.half_widths, self.weights, self.moving, self.table, True, out)
        return out


def reflected_kernel(half_widths: Array) -> ReflectedKernel:
    """The kernel of the box |z_j| <= ``half_widths``, which fall. (axes,)"""
    t, weights = box_prior.times()
    x = box_prior.rates(half_widths, t)
    phase = np.linspace(0.0, np.pi, TABLE + 1)
    table = np.stack([np.stack([_heat(float(each), phase) for each in row]) for row in x])
    still = np.where(x < IDLE, 1.0, 1 / box_prior.theta(x)).prod(1)
    return ReflectedKernel(half_widths, weights * still, (x < IDLE).sum(1), table)


def _heat(x: float, phase: Array) -> Array:
    """F_x at pi y / (2b) = ``phase`` in [0, pi]."""
    theta = float(box_prior.theta(np.array(x)))
    if x >= box_prior.ONE:
        return np.asarray((0.5 + np.cos(np.outer(phase, box_prior.TERMS)) @ np.exp(-x * box_prior.TERMS**2)) / theta)
    images = phase[:, None] - 2 * np.pi * np.arange(-2, 3)
    return np.asarray(0.5 * np.sqrt(np.pi / x) * np.exp(-(images**2) / (4 * x)).sum(1) / theta)


@kernel
def _at(table: Array, share: float) -> float:
    """By linear interpolation, at a share of half a period; the period goes on by reflection."""
    place = (share if share <= 1.0 else 2.0 - share) * (len(table) - 1)
    below = min(max(int(place), 0), len(table) - 2)
    return table[below] + (place - below) * (table[below + 1] - table[below])  # type: ignore[no-any-return]


@kernel
def _fill(
    left: Array, right: Array, half_widths: Array, weights: Array, moving: NDArray[np.int64], table: Array,
    symmetric: bool, out: Array,
) -> None:  # fmt: skip
    axes = len(half_widths)
    apart, across = np.empty(axes), np.empty(axes)
    for a in range(len(left)):
        for b in range(a if symmetric else 0, len(right)):
            for j in range(axes):
                apart[j] = abs(left[a, j] - right[b, j]) / (2 * half_widths[j])
                across[j] = (left[a, j] + right[b, j]) / (2 * half_widths[j]) + 1.0
            total = 0.0
            for t in range(len(weights)):
                product = weights[t]
                for j in range(moving[t]):
                    product *= _at(table[t, j], apart[j]) + _at(table[t, j], across[j])
                    if product < FAINT:
                        break
                total += product
            out[a, b] = total
            if symmetric:
                out[b, a] = total
