"""Softmax attention of one member and its gradient over some rows of a sample, for compiled training.

The same mathematics as ``Softmax``, which is the readable one.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtam.jit import kernel
from mtam.recall.exponential import exp

Array = NDArray[Any]  # float32 or float64, all of one kind
Rows = NDArray[np.int64]


@kernel
def softmax(form: Array, query: Array, tags: Array, log_share: Array, rows: Rows, most: Array, weights: Array) -> None:
    """a_i = c_i exp(q^T W v_i) / sum_k c_k exp(q^T W v_k).

    (d, d), (n, d), (I, n, d), (I, n), (B,), ``most`` (B,) of room -> weights (I, B).
    """
    components, dim = tags.shape[0], tags.shape[2]
    bottom = weights.dtype.type(-87)  # below, exp leaves the range of float32 and the weight is zero
    for b in range(len(rows)):
        r = rows[b]
        for i in range(components):
            weights[i, b] = log_share[i, r]
        for e in range(dim):
            probe = query[r, 0] * form[0, e]
            for d in range(1, dim):
                probe += query[r, d] * form[d, e]
            for i in range(components):
                weights[i, b] += probe * tags[i, r, e]
        top = weights[0, b]
        for i in range(1, components):
            if not weights[i, b] <= top:
                top = weights[i, b]
        most[b] = top
    for i in range(components):
        for b in range(len(rows)):
            x = weights[i, b] - most[b]
            power = exp(bottom if x < bottom else x)
            weights[i, b] = weights.dtype.type(0) if x < bottom else power
    for b in range(len(rows)):
        most[b] = weights[0, b]
    for i in range(1, components):
        for b in range(len(rows)):
            most[b] += weights[i, b]
    for i in range(components):
        for b in range(len(rows)):
            weights[i, b] /= most[b]


@kernel
def pull(query: Array, tags: Array, rows: Rows, weights: Array, grad: Array, mean: Array, into: Array) -> None:
    """dLoss/dW = sum_b q_b (sum_i a_i (grad_i - sum_k a_k grad_k) v_i)^T into (d, d); ``mean`` (B,) is room."""
    components, dim = tags.shape[0], tags.shape[2]
    mean[:] = 0
    for i in range(components):
        for b in range(len(rows)):
            mean[b] += weights[i, b] * grad[i, b]
    into[:] = 0
    for b in range(len(rows)):
        r = rows[b]
        for e in range(dim):
            key = weights[0, b] * (grad[0, b] - mean[b]) * tags[0, r, e]
            for i in range(1, components):
                key += weights[i, b] * (grad[i, b] - mean[b]) * tags[i, r, e]
            for d in range(dim):
                into[d, e] += query[r, d] * key
