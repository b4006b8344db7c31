"""Responses of attention once more, pair by pair, written to be read. Tests hold the fast ones to these."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def row_normalised(x: Array, values: Array, matrix: Array, phi: Callable[[float], float]) -> Array:
    """f_i = sum_{j != i} phi(x_i^T A x_j) v_j / sum_{j != i} phi(x_i^T A x_j)  # (N, d), (N,), (d, d) -> (N,)."""
    out = []
    for i in range(len(x)):
        others = [j for j in range(len(x)) if j != i]
        weights = [phi(float(x[i] @ matrix @ x[j])) for j in others]
        out.append(math.fsum(w * values[j] for w, j in zip(weights, others, strict=True)) / math.fsum(weights))
    return np.array(out)


def over_pairs(x: Array, values: Array, matrix: Array, phi: Callable[[float], float]) -> Array:
    """f_i = (N-1)^{-1} sum_{j != i} phi(x_i^T A x_j) v_j  # (N, d), (N,), (d, d) -> (N,)."""
    tokens = len(x)
    return np.array(
        [
            math.fsum(phi(float(x[i] @ matrix @ x[j])) * values[j] for j in range(tokens) if j != i) / (tokens - 1)
            for i in range(tokens)
        ]
    )
