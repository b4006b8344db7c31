"""Scores of a bilinear form and their gradient in one pass over the tags.

Tensor libraries are slow at products over a last axis of a few numbers, which is all that tags have.
"""

from functools import cache
from typing import Any

from numba import from_dtype, types
from numpy.typing import NDArray
from torch import Tensor

from mtam.base.jit import compiled

Array = NDArray[Any]


def score(form: Tensor, query: Tensor, tags: Tensor) -> Tensor:
    """q^T W v_i. (M, d, d), (M, B, d), (M, I, B, d) -> (M, I, B)"""
    out = tags.new_zeros(tags.shape[:3])
    arrays = [tensor.numpy() for tensor in (form, query, tags, out)]
    _compiled(arrays[0].dtype)[0](*arrays)
    return out


def pull(query: Tensor, tags: Tensor, grad: Tensor) -> Tensor:
    """sum_b q_b (sum_i grad_bi v_i)^T. (M, B, d), (M, I, B, d), (M, I, B) -> (M, d, d)"""
    members, _, dim = query.shape
    out = query.new_zeros((members, dim, dim))
    arrays = [tensor.numpy() for tensor in (query, tags, grad, out)]
    _compiled(arrays[0].dtype)[1](*arrays)
    return out


@cache
def _compiled(kind: Any) -> tuple[Any, Any]:
    """For arrays of any layout: batches are views into a sample, and some are the whole of it."""
    three, four = (types.Array(from_dtype(kind), dims, "A") for dims in (3, 4))
    return compiled(_score, (three, three, four, three)), compiled(_pull, (three, four, three, three))


def _score(form: Array, query: Array, tags: Array, out: Array) -> None:
    members, components, rows, dim = tags.shape
    for m in range(members):
        for b in range(rows):
            for e in range(dim):
                probe = query[m, b, 0] * form[m, 0, e]
                for d in range(1, dim):
                    probe += query[m, b, d] * form[m, d, e]
                for i in range(components):
                    out[m, i, b] += probe * tags[m, i, b, e]


def _pull(query: Array, tags: Array, grad: Array, out: Array) -> None:
    members, components, rows, dim = tags.shape
    for m in range(members):
        for b in range(rows):
            for e in range(dim):
                key = grad[m, 0, b] * tags[m, 0, b, e]
                for i in range(1, components):
                    key += grad[m, i, b] * tags[m, i, b, e]
                for d in range(dim):
                    out[m, d, e] += query[m, b, d] * key
