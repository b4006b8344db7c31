"""Softmax attention of one member and its gradient over some rows of a sample, for compiled training.

The same mathematics as ``Softmax``, which is the readable one.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtam.base.jit import kernel
from mtam.recall.gates.exponential import exp

Array = NDArray[Any]  # float32 or float64, all of one kind
Rows = NDArray[np.int64]


@kernel
def softmax(form: Array, query: Array, tags: Array, log_share: Array, rows: Rows, most: Array, weights: Array) -> None:
    """a_i = c_i exp(q^T W v_i) / sum_k c_k exp(q^T W v_k).

    (d, d), (n, d), (I, n, d), (I, n), (B,), ``most`` (B,) of room -> weights (I, B).
    """
    components, dim = tags.shape[0], tags.shape[2]
    kind = weights.dtype.type
    bottom = kind(-87)  # below, exp leaves the range of float32 and the weight is zero
    _scores(form, query, tags, log_share, rows, np.empty(dim, weights.dtype), weights)
    for b in range(len(rows)):  # assigning arrays makes numba compile its message for misfits, for seconds
        most[b] = weights[0, b]
    for i in range(1, components):
        for b in range(len(rows)):
            most[b] = most[b] if weights[i, b] <= most[b] else weights[i, b]
    for i in range(components):
        for b in range(len(rows)):
            x = weights[i, b] - most[b]
            power = exp(bottom if x < bottom else x)
            weights[i, b] = kind(0) if x < bottom else power
    most[:] = 0
    for i in range(components):
        for b in range(len(rows)):
            most[b] += weights[i, b]
    for i in range(components):
        for b in range(len(rows)):
            weights[i, b] /= most[b]


@kernel
def _scores(
    form: Array, query: Array, tags: Array, log_share: Array, rows: Rows, probe: Array, scores: Array
) -> None:  # fmt: skip
    components, dim = tags.shape[0], tags.shape[2]
    for b in range(len(rows)):
        r = rows[b]
        for e in range(dim):
            total = scores.dtype.type(0)
            for d in range(dim):
                total += query[r, d] * form[d, e]
            probe[e] = total
        for i in range(components):
            total = log_share[i, r]
            for e in range(dim):
                total += probe[e] * tags[i, r, e]
            scores[i, b] = total


@kernel
def pull(query: Array, tags: Array, rows: Rows, weights: Array, grad: Array, mean: Array, into: Array) -> None:
    """dLoss/dW = sum_b q_b (sum_i a_i (grad_i - sum_k a_k grad_k) v_i)^T into (d, d); ``mean`` (B,) is room.

    ``grad`` (I, B) becomes dLoss/dscore.
    """
    components, dim = tags.shape[0], tags.shape[2]
    key = np.empty(dim, weights.dtype)
    mean[:] = 0
    into[:] = 0
    for i in range(components):
        for b in range(len(rows)):
            mean[b] += weights[i, b] * grad[i, b]
    for i in range(components):
        for b in range(len(rows)):
            grad[i, b] = weights[i, b] * (grad[i, b] - mean[b])
    for b in range(len(rows)):
        r = rows[b]
        key[:] = 0
        for i in range(components):
            for e in range(dim):
                key[e] += grad[i, b] * tags[i, r, e]
        for d in range(dim):
            for e in range(dim):
                into[d, e] += query[r, d] * key[e]
