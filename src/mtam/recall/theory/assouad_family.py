"""Assouad's hard family: bumps on the cells of a box, switched on and off, and its exact Bayes risk.

The box prod_j [-a_j, a_j] holds N = prod_{j <= D} floor(a_j / theta) disjoint cubes of half-width theta in its D axes
wider than theta. On each sits a bump b_i(u) = (theta - ||u - centre_i||_inf)_+, which is 1-Lipschitz in the sup norm
and so in the Euclidean one, and so is every sum_i e_i b_i with e_i in {0, 1} or {-1, 1}. Under the uniform law

    delta^2 = E b_i^2 = k theta^2 / N,    k = P(some cube) 2 / ((D + 1)(D + 2)).

Given n observations y = f(u) + sigma z and fair independent e_i, the e_i are independent a posteriori: a cell's data
matter through s = sum b^2 / sigma^2 and t = sum b y / sigma^2 alone, the Bayes rule is sum_i E[e_i | s, t] b_i, and its
risk is delta^2 sum_i E (E[e_i | s, t] - e_i)^2. That is below the minimax risk and above Assouad's bound.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.special
from numpy.typing import NDArray

Array = NDArray[np.float64]

QUADRATURE = 80  # Gauss nodes of one-dimensional integrals
MOST_CELLS = 2**20  # above, a replicate takes seconds
LEVELS, FINEST = 1200, 1e-4  # scales tried, evenly in the logarithm, down to this share of the widest half-axis


@dataclass(frozen=True)
class Bumps:
    """The family at one scale, in units of the coefficients."""

    theta: float
    cells: NDArray[np.int64]  # (D,): cubes per axis
    half_widths: Array  # (D,): a_j of the split axes

    @property
    def count(self) -> int:
        """N."""
        return int(np.prod(self.cells))

    @property
    def inside(self) -> float:
        """P(u lies in some cube)."""
        return float(np.prod(self.cells * self.theta / self.half_widths))

    @property
    def square(self) -> float:
        """delta^2 = E b_i^2, in closed form."""
        return self.inside * mean_square(len(self.cells)) * self.theta**2 / self.count

    def at(self, u: Array) -> tuple[NDArray[np.int64], Array]:
        """The cube of every point and the value of its bump there, zero outside all cubes. (n, D) -> (n,), (n,)"""
        place = (u / self.theta + self.cells) / 2  # in widths of a cube, from the corner
        cube = np.clip(np.floor(place), 0, self.cells - 1)
        height = self.theta * (1 - np.abs(2 * (place - cube) - 1).max(1, initial=0.0))
        flat = np.ravel_multi_index(tuple(cube.astype(np.int64).T), tuple(self.cells))
        return flat, np.maximum(height, 0.0)


def bumps(axes: Array, theta: float) -> Bumps:
    """The family at scale ``theta`` in a box with half-axes ``axes`` (J,), widest first.

    Raises ValueError when no axis is that wide or the cubes are too many to be held.
    """
    kept = axes[axes >= theta]
    if len(kept) == 0 or theta <= 0:
        raise ValueError(f"no axis of the box is as wide as {theta:g}")
    cells = np.floor(kept / theta)
    if np.log(cells).sum() > np.log(MOST_CELLS):
        raise ValueError(f"{np.exp(np.log(cells).sum()):.3g} cubes are too many to be simulated")
    return Bumps(theta, cells.astype(np.int64), kept)


def mean_square(dim: int) -> float:
    """E (1 - ||x||_inf)^2 over the cube of half-width 1: 2 / ((D + 1)(D + 2)); ||x||_inf has density D r^{D - 1}."""
    return 2 / ((dim + 1) * (dim + 2))


def mean_square_by_quadrature(dim: int) -> float:
    """The same by Gauss's rule in r = ||x||_inf, exact for polynomials of this degree."""
    nodes, weights = np.polynomial.legendre.leggauss(QUADRATURE)
    r = (nodes + 1) / 2
    return float((weights / 2 * (1 - r) ** 2 * dim * r ** (dim - 1)).sum())


def mean_square_by_sampling(dim: int, count: int, rng: np.random.Generator) -> tuple[float, float]:
    """The same by ``count`` uniform points of the cube, with its standard error."""
    squares = (1 - np.abs(rng.uniform(-1, 1, (count, dim))).max(1)) ** 2
    return float(squares.mean()), float(squares.std(ddof=1) / count**0.5)


def assouad(family: Bumps, n: float, sigma: float) -> float:
    """k theta^2 / 8 (1 - sqrt(n k theta^2 / (4 N sigma^2))), never negative (Tsybakov 2009, Theorem 2.12)."""
    total = family.count * family.square
    return max(0.0, total / 8 * (1 - float(np.sqrt(n * family.square)) / (2 * sigma)))


def sign_error(snr: Array) -> Array:
    """E (sign - E[sign | x])^2 for x = sqrt(snr) sign + z and a fair sign: 1 - E tanh(snr + sqrt(snr) z). (...)"""
    nodes, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE)
    s = np.asarray(snr, dtype=np.float64)[..., None]
    return np.asarray(1 - np.tanh(s + np.sqrt(s) * nodes) @ weights / weights.sum())


def sign_floor(family: Bumps, n: float, sigma: float) -> float:
    """N delta^2 E(mean snr): the Bayes risk of the signed family, were every cell to hold its mean information.

    The error is convex in the information, so that random design can only raise it (Jensen).
    """
    return float(family.count * family.square * sign_error(np.array(n * family.square / sigma**2)))


def hardest(axes: Array, n: int, sigma: float, score: Callable[[Bumps, float, float], float]) -> Bumps:
    """The scale at which ``score(family, n, sigma)`` is largest: ``assouad`` or ``sign_floor``.

    Scales whose cubes are too many to be simulated are left out; with n far below MOST_CELLS none of them is best.
    Raises ValueError when no scale is left.
    """
    tried = []
    for theta in axes[0] * np.geomspace(1.0, FINEST, LEVELS):
        try:
            family = bumps(axes, float(theta))
        except ValueError:
            break  # finer scales have more cubes
        tried.append((score(family, n, sigma), family))
    if not tried:
        raise ValueError("no scale leaves a family of bumps that can be simulated")
    return max(tried, key=lambda each: each[0])[1]


def bayes_risk(
    family: Bumps, n: int, sigma: float, *, signed: bool, repeats: int, rng: np.random.Generator
) -> tuple[float, float]:
    """The exact Bayes risk on simulated samples, with its standard error over ``repeats`` of them.

    ``signed``: e_i in {-1, 1}; otherwise {0, 1}, Assouad's own. The loss is integrated over fresh points exactly.
    """
    risks = np.empty(repeats)
    for at in range(repeats):
        on = rng.integers(0, 2, family.count).astype(np.float64)
        signal = 2 * on - 1 if signed else on
        where, height = family.at(rng.uniform(-family.half_widths, family.half_widths, (n, len(family.cells))))
        observed = signal[where] * height + sigma * rng.standard_normal(n)
        t = np.bincount(where, height * observed, family.count) / sigma**2
        if signed:
            guess = np.tanh(t)
        else:
            guess = scipy.special.expit(t - np.bincount(where, height**2, family.count) / (2 * sigma**2))
        risks[at] = family.square * ((guess - signal) ** 2).sum()
    return float(risks.mean()), float(risks.std(ddof=1) / repeats**0.5)
