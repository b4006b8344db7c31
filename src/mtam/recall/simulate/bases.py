"""Orthonormal bases of L2([0, 1]) that start with the constant, and the quadratures on which they stay orthonormal.

With nodes x_g and weights w_g the identity sum_g w_g e_j(x_g) e_k(x_g) = [j = k] holds to rounding for all kept
modes, so that the sum over nodes is the integral of the theory and not an approximation of it.
"""

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from mtam.recall.recall_data import Basis, misfit

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """A basis on its quadrature: nodes (G,), weights (G,), values (J, G), and suprema sup_x |e_j|-profile (J, P)."""

    nodes: Array
    weights: Array
    values: Array  # (J, G): e_1 .. e_J on the nodes; e_0 = 1 is left out
    profile: Array  # (J, P): |e_j| on points among which every weighted sum of |e_j| attains its supremum


def cosine(modes: int, x: Array) -> Array:
    """e_j(x) = sqrt2 cos(pi j x), j = 1 .. J: analytic eigenfunctions. (J, len x)"""
    return np.asarray(np.sqrt(2.0) * np.cos(np.pi * np.arange(1, modes + 1)[:, None] * x))


def legendre(modes: int, x: Array) -> Array:
    """e_j(x) = sqrt(2j + 1) P_j(2x - 1), j = 1 .. J. (J, len x)"""
    degree = np.arange(1, modes + 1)
    values = np.polynomial.legendre.legvander(2 * x - 1, modes).T[1:]
    return np.asarray(np.sqrt(2 * degree + 1.0)[:, None] * values)


def haar(modes: int, x: Array) -> Array:
    """e_j = 2^{l/2} (1 on the left half of [k, k+1)/2^l, -1 on the right), j = 2^l + k: discontinuous. (J, len x)"""
    level = np.floor(np.log2(np.arange(1, modes + 1)))[:, None]
    shift = np.arange(1, modes + 1)[:, None] - 2**level
    inside = np.minimum(x, np.nextafter(1.0, 0.0)) * 2**level - shift
    sign = np.where(inside < 0.5, 1.0, -1.0) * ((inside >= 0) & (inside < 1))
    return np.asarray(2 ** (level / 2) * sign)


def _hats(level: int, x: Array) -> Array:
    """What level adds to the continuous piecewise linear functions: x at level 0, then hats at odd multiples."""
    if level == 0:
        return x[None]
    centres = np.arange(1, 2**level, 2)[:, None]
    return np.asarray(np.maximum(0.0, 1 - np.abs(x * 2**level - centres)))


def _cells(count: int) -> tuple[Array, Array]:
    """Two Gauss nodes in each of ``count`` equal cells: exact for products of piecewise linear functions."""
    offset = np.array([-1, 1]) / np.sqrt(3)
    nodes = ((np.arange(count)[:, None] + (1 + offset) / 2) / count).ravel()
    return nodes, np.full(2 * count, 1 / (2 * count))


def bspline(modes: int, x: Array) -> Array:
    """Orthonormal linear B-spline wavelets: continuous, not differentiable. (J, len x)

    Level by level the hats of the dyadic grid are freed of all coarser functions and orthonormalised among themselves
    by the inverse root of their Gram matrix, which keeps them local and symmetric. Level l starts at j = 2^{l-1} + 1.
    """
    levels = int(np.ceil(np.log2(max(modes, 1)))) + 1
    nodes, weights = _cells(2 ** (levels - 1))
    known, found = np.ones((1, len(nodes))), np.ones((1, len(x)))
    for level in range(levels):
        raw, at = _hats(level, nodes), _hats(level, x)
        shadow = (raw * weights) @ known.T
        raw, at = raw - shadow @ known, at - shadow @ found
        values, vectors = np.linalg.eigh((raw * weights) @ raw.T)
        root = (vectors / np.sqrt(values)) @ vectors.T
        known, found = np.concatenate([known, root @ raw]), np.concatenate([found, root @ at])
    return found[1 : modes + 1]


_FUNCTIONS = {"cosine": cosine, "legendre": legendre, "haar": haar, "bspline": bspline}


def evaluate(basis: Basis, modes: int, x: Array) -> Array:
    """e_1 .. e_J at the points x. (J, len x)"""
    return _FUNCTIONS[basis](modes, np.asarray(x, dtype=np.float64))


def quadrature(basis: Basis, nodes: int) -> tuple[Array, Array]:
    """Nodes and weights on [0, 1].

    Midpoints make cosines of index below G and Haar functions of index below G = 2^m exactly orthonormal; products
    of Legendre polynomials of degree below G are integrated exactly by the G-point Gauss rule; products of splines by
    two Gauss nodes in each of G / 2 cells.
    """
    if basis == "legendre":
        points, weights = np.polynomial.legendre.leggauss(nodes)
        return (points + 1) / 2, weights / 2
    if basis == "bspline":
        return _cells(nodes // 2)
    return (np.arange(nodes) + 0.5) / nodes, np.full(nodes, 1.0 / nodes)


def grid(basis: Basis, modes: int, nodes: int) -> Grid:
    """The first ``modes`` functions of a basis on ``nodes`` quadrature nodes.

    Cosines and Legendre polynomials attain sup_x sum_j a_j |e_j(x)| at the border x = 0, Haar functions on the
    nodes, splines on the borders of their cells, so that the profile holds the true supremum and not one over a mesh.

    Raises ValueError for an unknown basis, and as ``recall_data.misfit`` says.
    """
    if basis not in get_args(Basis):
        raise ValueError(f"the basis must be one of {', '.join(get_args(Basis))}, not {basis}")
    if reason := misfit(basis, modes, nodes):
        raise ValueError(reason)
    x, weights = quadrature(basis, nodes)
    values = evaluate(basis, modes, x)
    border = evaluate(basis, modes, np.linspace(0, 1, nodes // 2 + 1) if basis == "bspline" else np.array([0.0, 1.0]))
    return Grid(x, weights, values, np.abs(np.concatenate([values, border], axis=1)))
