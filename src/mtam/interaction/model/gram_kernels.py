"""The normal equations of aggregated splines without their features: for few tokens and many intervals.

A row of features F_ib = (N-1)^{-1} sum_{j != i} B_b(u_ij) has at most (N-1)(s+1) numbers that are not zero, K + s
places for them. Adding the products of these alone takes ((N-1)(s+1))^2 additions a row, where a product of dense rows
takes (K + s)^2: with N = 3, s = 2, K = 600 ten thousand times as many.
"""

import numpy as np
import numpy.typing as npt

from mtam.base.jit import kernel
from mtam.interaction.model.pair_kernels import Index, _lanes, _locate, _splines, _turn

Array = npt.NDArray[np.float64]


@kernel
def gram(
    p: Array, q: Array, tokens: int, pieces: Array, intervals: int, y: Array, own: Array, cross: Array, moment: Array
) -> None:
    """Add (N-1)^2 F^T F = own + cross + cross^T and (N-1) F^T y  # p, q (SN, r); y (SN,); own, cross (K+s, K+s).

    ``own`` takes the products of a pair with itself, ``cross`` those of two pairs of one row, each once.
    """
    rows, rank = p.shape
    width = pieces.shape[0]
    step = _lanes(rows // tokens, tokens, rank)
    left, right = np.empty((tokens, rank, step)), np.empty((tokens, rank, step))
    t, square, odd = np.empty(step), np.empty(step), np.empty(step)
    values = np.empty((tokens, width, step))
    k: Index = np.empty((tokens, step), np.int32)
    for first in range(0, rows // tokens, step):
        lanes = min(step, rows // tokens - first)
        _turn(p, tokens, first, lanes, left)
        _turn(q, tokens, first, lanes, right)
        for i in range(tokens):
            for j in range(tokens):
                if j != i:
                    _locate(left[i], right[j], lanes, intervals, t, k[j])
                    _splines(t, lanes, pieces, square, odd, values[j])
            for s in range(lanes):
                response = y[(first + s) * tokens + i]
                for j in range(tokens):
                    if j == i:
                        continue
                    for a in range(width):
                        row, value = k[j, s] + a, values[j, a, s]
                        moment[row] += value * response
                        for b in range(width):
                            own[row, k[j, s] + b] += value * values[j, b, s]
                        for other in range(j + 1, tokens):
                            if other == i:
                                continue
                            for b in range(width):
                                cross[row, k[other, s] + b] += value * values[other, b, s]


@kernel
def mixed(p: Array, q: Array, tokens: int, pieces: Array, intervals: int, right: Array, out: Array) -> None:
    """Add (N-1) F^T R, R any columns beside the features  # p, q (SN, r); right (SN, m); out (K+s, m)."""
    rows, rank = p.shape
    width, columns = pieces.shape[0], right.shape[1]
    step = _lanes(rows // tokens, tokens, rank)
    left, other = np.empty((tokens, rank, step)), np.empty((tokens, rank, step))
    t, square, odd, values = np.empty(step), np.empty(step), np.empty(step), np.empty((width, step))
    k: Index = np.empty(step, np.int32)
    for first in range(0, rows // tokens, step):
        lanes = min(step, rows // tokens - first)
        _turn(p, tokens, first, lanes, left)
        _turn(q, tokens, first, lanes, other)
        for i in range(tokens):
            for j in range(tokens):
                if j == i:
                    continue
                _locate(left[i], other[j], lanes, intervals, t, k)
                _splines(t, lanes, pieces, square, odd, values)
                for s in range(lanes):
                    row = (first + s) * tokens + i
                    for a in range(width):
                        value, at = values[a, s], k[s] + a
                        for c in range(columns):
                            out[at, c] += value * right[row, c]
