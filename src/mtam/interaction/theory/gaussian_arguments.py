"""The law of u = x^T A y for Gaussian tokens, for quadrature: given the row token, u is normal.

With singular values lambda of A, s = left factors of the token x and t of y, all standard normal in R^r,

    u = sum_k lambda_k s_k t_k,   v = |Lambda s|,   g = Lambda s / v on the sphere,   u | s ~ N(0, v^2).

So every mean over (x, y) of a function of u, and of its products with coordinates of s and t, is a two-dimensional
integral over (v, u) with moments of g given v: s_k = v g_k/lambda_k, and t_k = g_k u/v + a normal that is independent
of u, with covariances delta_kl - g_k g_l. The density of (v, g) is that of a normal in polar coordinates,

    p(v, g) ~ v^{r-1} exp(-v^2 sum_k g_k^2/(2 lambda_k^2)),

with one point or two on the sphere for r = 1, and quasi-random points (Sobol, scrambled) for r > 1. Trapezoids in ln v
converge exponentially; u has Gauss-Legendre panels, graded towards 0, where the density of u is singular for r = 1.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

Array = npt.NDArray[np.float64]

STEP = 0.12  # of ln v
SMALLEST, DEVIATIONS = 1e-7, 9.0  # of v; in units of the largest singular value
NODES = 4  # per panel of u
GRADED = 12  # panels by halves towards u = 0, on either side
DIRECTIONS = 10  # log2 of the points on the sphere


@dataclass(frozen=True)
class GaussianArguments:
    """Nodes of u and v with their joint probabilities; u outside [-1, 1] lies at the ends, where phi is constant."""

    singular: Array  # lambda (r,)
    u: Array  # (Q,)
    v: Array  # (V,)
    weight: Array  # probabilities of v (V,)
    given: Array  # probabilities of u given v (Q, V)
    second: Array  # E[g_k^2 | v]  (V, r)
    fourth: Array  # E[g_k^2 g_l^2 | v]  (V, r, r)

    @property
    def rank(self) -> int:
        """r."""
        return len(self.singular)

    @cached_property
    def law(self) -> Array:
        """Probabilities of u  # (Q,)."""
        return np.asarray(self.given @ self.weight)

    @property
    def inside(self) -> float:
        """P(|u| < 1)."""
        return float(self.law[1:-1].sum())


def spread_evenly(rank: int) -> Array:
    """Singular values at the middles of equal parts of [1/2, 1], where simulated ones are uniform; norm 1/3  # (r,)."""
    values = 0.5 + (np.arange(rank) + 0.5) / (2 * rank)
    return np.asarray(values / (3 * np.linalg.norm(values)))


def gaussian_arguments(singular: Array, panels: int = 2048, seed: int = 0) -> GaussianArguments:
    """The law for these singular values; ``panels`` of u resolve functions of wavelength 4/panels.

    ``seed`` scrambles the points on the sphere: two seeds tell the error of a rank above 1.
    """
    largest = float(singular.max())
    logs = np.arange(np.log(SMALLEST * largest), np.log(DEVIATIONS * largest), STEP)
    v = np.exp(logs)
    squares = _sphere(len(singular), seed) ** 2  # (points, r)
    exponents = -0.5 * np.outer(v**2, squares @ singular**-2.0)
    density = np.exp(exponents)  # (V, points)
    weight = v ** len(singular) * density.mean(axis=1)
    density /= np.maximum(density.sum(axis=1, keepdims=True), 1e-300)
    second = density @ squares
    fourth = np.einsum("vp,pk,pl->vkl", density, squares, squares, optimize=True)
    u, width = _panels(panels)
    given = np.empty((len(u) + 2, len(v)))
    given[1:-1] = width[:, None] * np.exp(-0.5 * (u[:, None] / v) ** 2) / (v * np.sqrt(2 * np.pi))
    outside = ndtr(-1 / v)
    given[1:-1] *= (1 - 2 * outside) / np.maximum(given[1:-1].sum(axis=0), 1e-300)  # v below the smallest panel
    given[0] = given[-1] = outside
    nodes = np.concatenate([[-1.0], u, [1.0]])
    return GaussianArguments(singular, nodes, v, weight / weight.sum(), given, second, fourth)


def _sphere(rank: int, seed: int) -> Array:
    """Points that fill the sphere evenly  # (points, r)."""
    if rank == 1:
        return np.ones((1, 1))
    if rank == 2:  # the trapezoid of a periodic function
        angles = np.pi * (np.arange(2**DIRECTIONS) + 0.5) / 2**DIRECTIONS
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = ndtri(qmc.Sobol(rank, rng=np.random.default_rng([seed, rank])).random_base2(DIRECTIONS))
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def _panels(count: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on [-1, 1], the panels at 0 halved again and again  # (Q,), (Q,)."""
    half = np.linspace(0, 1, count // 2 + 1)[1:]
    edges = np.concatenate([[0.0], half[0] * 0.5 ** np.arange(GRADED, 0, -1), half])
    edges = np.concatenate([-edges[:0:-1], edges])
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    middle, reach = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    return (middle[:, None] + reach[:, None] * nodes).ravel(), (reach[:, None] * weights).ravel()
