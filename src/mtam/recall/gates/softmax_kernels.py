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
def room(rows: int, like: Array) -> tuple[Array, ...]:
    """Space for what attention over so many rows computes on the way, given one member's tags (I, n, d)."""
    components, _, dim = like.shape
    kind = like.dtype
    return (
        np.empty((dim, rows), kind), np.empty((components, dim, rows), kind), np.empty(rows, kind), np.empty(rows, kind)
    )  # fmt: skip


@kernel
def softmax(
    form: Array, query: Array, tags: Array, log_share: Array, rows: Rows, weights: Array, space: tuple[Array, ...]
) -> None:  # fmt: skip
    """a_i = c_i exp(q^T W v_i) / sum_k c_k exp(q^T W v_k).

    (d, d), (n, d), (I, n, d), (I, n), (B,) -> weights (I, B). Queries and tags of the rows stay in ``space``, rows
    last, so that loops over rows use vector registers.
    """
    asked, keys, probe, most = space
    components, count = len(tags), len(rows)
    kind = weights.dtype.type
    bottom = kind(-87)  # below, exp leaves the range of float32 and the weight is zero
    _gather(query, tags, log_share, rows, asked, keys, weights)
    _scores(form, asked, keys, probe, weights)
    for b in range(count):  # assigning arrays makes numba compile its message for misfits, for seconds
        most[b] = weights[0, b]
    for i in range(1, components):
        for b in range(count):
            most[b] = most[b] if weights[i, b] <= most[b] else weights[i, b]
    probe[:] = 0
    for i in range(components):
        for b in range(count):
            x = weights[i, b] - most[b]
            power = exp(bottom if x < bottom else x)
            power = kind(0) if x < bottom else power
            weights[i, b] = power
            probe[b] += power
    for i in range(components):
        for b in range(count):
            weights[i, b] /= probe[b]


@kernel
def _gather(query: Array, tags: Array, log_share: Array, rows: Rows, asked: Array, keys: Array, scores: Array) -> None:
    components, dim = tags.shape[0], tags.shape[2]
    for b in range(len(rows)):
        r = rows[b]
        for d in range(dim):
            asked[d, b] = query[r, d]
        for i in range(components):
            scores[i, b] = log_share[i, r]
            for e in range(dim):
                keys[i, e, b] = tags[i, r, e]


@kernel
def _scores(form: Array, asked: Array, keys: Array, probe: Array, scores: Array) -> None:
    """scores += q^T W v_i."""
    components, dim, count = keys.shape
    for e in range(dim):
        probe[:] = 0
        for d in range(dim):
            factor = form[d, e]
            for b in range(count):
                probe[b] += asked[d, b] * factor
        for i in range(components):
            for b in range(count):
                scores[i, b] += probe[b] * keys[i, e, b]


@kernel
def pull(weights: Array, grad: Array, into: Array, space: tuple[Array, ...]) -> None:
    """dLoss/dW = sum_b q_b (sum_i a_i (grad_i - sum_k a_k grad_k) v_i)^T into (d, d), on the rows of ``softmax``.

    ``grad`` (I, B) becomes dLoss/dscore.
    """
    asked, keys, key, mean = space
    components, dim, count = keys.shape
    mean[:] = 0
    for i in range(components):
        for b in range(count):
            mean[b] += weights[i, b] * grad[i, b]
    for i in range(components):
        for b in range(count):
            grad[i, b] = weights[i, b] * (grad[i, b] - mean[b])
    for e in range(dim):
        key[:] = 0
        for i in range(components):
            for b in range(count):
                key[b] += grad[i, b] * keys[i, e, b]
        for d in range(dim):
            total = into.dtype.type(0)
            for b in range(count):
                total += asked[d, b] * key[b]
            into[d, e] = total
