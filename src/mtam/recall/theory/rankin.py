"""How far apart N unit vectors of R^d can point: Rankin's bounds, by construction and by search.

First bound. If <v_i, v_j> <= -delta < 0 for i != j then 0 <= ||sum v_i||^2 <= N - N (N - 1) delta, so the largest
product of N vectors is at least -1/(N - 1); the simplex attains it for N <= d + 1. d + 2 vectors are no longer
negative: the least largest product is 0 up to N = 2 d, attained by vertices of the cross-polytope (Rankin 1955).
Beyond. With s the largest product, (t + 1)(t - s) <= 0 at every product t, and sum_ij <v_i, v_j>^2 >= N^2 / d,
sum_ij <v_i, v_j> >= 0; summing over all pairs gives N <= 2 d (1 - s) / (1 - d s) for s < 1/d, that is

    s >= (N - 2 d) / (d (N - 2))  > 0 for N > 2 d   (Levenshtein 1979; a bound, in general not attained).

Assumption 2 of paper A asks for products <= 0: it admits 2 d tags and no more.
"""

from typing import Any

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from mtam.recall.simulate.tags import from_gram, gram

Array = NDArray[np.float64]

SHARPNESS = (10.0, 100.0, 1000.0)  # of the smoothed maximum, one descent after the other


def least_largest_product(count: int, dim: int) -> float:
    """A proven lower bound of max <v_i, v_j> over N vectors of R^d; attained for N <= 2 d."""
    if count <= dim + 1:
        return -1 / (count - 1)
    return max(0.0, (count - 2 * dim) / (dim * (count - 2)))


def construct(count: int, dim: int) -> Array:
    """A simplex for N <= d + 1, else N vertices of the cross-polytope. (N, d)

    Raises ValueError for N > 2 d, where no such set exists.
    """
    name = "simplex" if count <= dim + 1 else "cross_polytope"
    return from_gram(gram(name, count, 0.0), dim)


def largest_product(vectors: Array) -> float:
    """max over i != j of <v_i, v_j> / (|v_i| |v_j|). (N, d)"""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    products = unit @ unit.T
    return float(products[~np.eye(len(vectors), dtype=bool)].max())


def search(count: int, dim: int, restarts: int, rng: np.random.Generator) -> Array:
    """The best of ``restarts`` descents from random vectors: the set with the least largest product found. (N, d)

    Each descent minimises the smoothed maximum ln sum exp(s <v_i, v_j>) / s with growing s by L-BFGS, and then the
    maximum itself, min t under <v_i, v_j> <= t and |v_i| = 1, by sequential quadratic programming.
    """
    tried = [_descend(rng.standard_normal((count, dim))) for _ in range(restarts)]
    return min(tried, key=largest_product)


def _descend(start: Array) -> Array:
    shape, pairs = start.shape, np.triu_indices(len(start), 1)

    def smooth(flat: Array, sharpness: float) -> tuple[float, Array]:
        vectors = flat.reshape(shape)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = vectors / norms
        scores = sharpness * (unit @ unit.T)
        np.fill_diagonal(scores, -np.inf)
        top = scores.max()
        weights = np.exp(scores - top)
        total = weights.sum()
        pulled = 2 * (weights / total) @ unit
        pulled -= (pulled * unit).sum(1, keepdims=True) * unit  # along the sphere
        return float((top + np.log(total)) / sharpness), (pulled / norms).ravel()

    flat = start.ravel()
    for sharpness in SHARPNESS:
        flat = scipy.optimize.minimize(smooth, flat, args=(sharpness,), jac=True, method="L-BFGS-B").x
    rough = flat.reshape(shape) / np.linalg.norm(flat.reshape(shape), axis=1, keepdims=True)
    exact = _polish(rough, pairs)
    return exact if largest_product(exact) < largest_product(rough) else rough


def _polish(vectors: Array, pairs: tuple[NDArray[np.int64], ...]) -> Array:
    """min t under <v_i, v_j> <= t and |v_i|^2 = 1, from a point near the minimum."""
    count, dim = vectors.shape
    rows = np.arange(len(pairs[0]))

    def slack(x: Array) -> Array:
        v = x[:-1].reshape(count, dim)
        return np.asarray(x[-1] - (v[pairs[0]] * v[pairs[1]]).sum(1))

    def slack_slope(x: Array) -> Array:
        v = x[:-1].reshape(count, dim)
        slope = np.zeros((len(rows), count, dim))
        slope[rows, pairs[0]], slope[rows, pairs[1]] = -v[pairs[1]], -v[pairs[0]]
        return np.column_stack([slope.reshape(len(rows), -1), np.ones(len(rows))])

    def length(x: Array) -> Array:
        return np.asarray((x[:-1].reshape(count, dim) ** 2).sum(1) - 1)

    def length_slope(x: Array) -> Array:
        slope = np.zeros((count, count, dim))
        slope[np.arange(count), np.arange(count)] = 2 * x[:-1].reshape(count, dim)
        return np.column_stack([slope.reshape(count, -1), np.zeros(count)])

    def level(x: Array) -> float:
        return float(x[-1])

    def level_slope(x: Array) -> Array:
        return np.asarray(np.eye(len(x))[-1])

    inside: Any = {"type": "ineq", "fun": slack, "jac": slack_slope}
    sphere: Any = {"type": "eq", "fun": length, "jac": length_slope}
    found = scipy.optimize.minimize(
        level, np.append(vectors.ravel(), largest_product(vectors)), jac=level_slope, method="SLSQP",
        constraints=[inside, sphere], options={"ftol": 1e-12, "maxiter": 200},
    )  # fmt: skip
    return np.asarray(found.x[:-1].reshape(count, dim))
