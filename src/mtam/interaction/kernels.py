"""Fused loops over pairs of tokens, for splines with uniform knots.

Notation: a block holds S samples of N tokens, rows i = 0..SN-1; p_i = U^T x_i, q_j = V^T x_j, u_ij = p_i . q_j, and j
runs over the other tokens of the sample of i. No array over pairs is ever stored. ``reference.py`` says the same
in plain numpy.
"""

import numpy as np
import numpy.typing as npt

from mtam.interaction.jit import kernel

Array = npt.NDArray[np.float64]


@kernel
def evaluate(u: Array, table: Array) -> Array:
    """phi(u), phi given by its local polynomials, constant outside [-1, 1]  # (n,), (K, s+1) -> (n,)."""
    intervals, width = table.shape
    out = np.empty(u.shape[0])
    for n in range(u.shape[0]):
        v = min(max((u[n] + 1.0) * (0.5 * intervals), 0.0), float(intervals))
        k = min(int(v), intervals - 1)
        t = v - k
        value = table[k, width - 1]
        for e in range(width - 2, -1, -1):
            value = value * t + table[k, e]
        out[n] = value
    return out


@kernel
def features(p: Array, q: Array, tokens: int, pieces: Array, intervals: int, out: Array) -> None:
    """out[i, b] = (N-1)^{-1} sum_{j != i} B_b(u_ij)  # p, q (SN, r); pieces (s+1, s+1); out (SN, K+s)."""
    rows, rank = p.shape
    width = pieces.shape[0]
    half = 0.5 * intervals
    scale = 1.0 / (tokens - 1)
    scaled = pieces * scale
    for i in range(rows):
        first = (i // tokens) * tokens
        for b in range(out.shape[1]):
            out[i, b] = 0.0
        for j in range(first, first + tokens):
            if j == i:
                continue
            u = 0.0
            for a in range(rank):
                u += p[i, a] * q[j, a]
            v = min(max((u + 1.0) * half, 0.0), float(intervals))
            k = min(int(v), intervals - 1)
            t = v - k
            for a in range(width):
                value = scaled[a, width - 1]
                for e in range(width - 2, -1, -1):
                    value = value * t + scaled[a, e]
                out[i, k + a] += value


@kernel
def pullback(
    p: Array, q: Array, tokens: int, table: Array, y: Array, residual: Array, grad_p: Array, grad_q: Array
) -> None:
    """Residuals, and half the negative gradient of their sum of squares with respect to p and q.

    residual_i = y_i - (N-1)^{-1} sum_j phi(u_ij); grad_p_i = residual_i (N-1)^{-1} sum_j phi'(u_ij) q_j;
    grad_q_j = (N-1)^{-1} sum_i residual_i phi'(u_ij) p_i  # p, q, grad_p, grad_q (SN, r); y, residual (SN,)
    """
    rows, rank = p.shape
    intervals, width = table.shape
    half = 0.5 * intervals
    scale = 1.0 / (tokens - 1)
    slope = np.empty(tokens)
    grad_q[:] = 0.0
    for i in range(rows):
        first = (i // tokens) * tokens
        total = 0.0
        for j in range(tokens):
            slope[j] = 0.0
            if first + j == i:
                continue
            u = 0.0
            for a in range(rank):
                u += p[i, a] * q[first + j, a]
            v = (u + 1.0) * half
            inside = 0.0 < v < intervals
            v = min(max(v, 0.0), float(intervals))
            k = min(int(v), intervals - 1)
            t = v - k
            value = table[k, width - 1]
            derivative = 0.0
            for e in range(width - 2, -1, -1):
                derivative = derivative * t + value
                value = value * t + table[k, e]
            total += value
            if inside:
                slope[j] = derivative * half
        residual[i] = y[i] - total * scale
        weight = residual[i] * scale
        for a in range(rank):
            grad_p[i, a] = 0.0
        for j in range(tokens):
            factor = weight * slope[j]
            for a in range(rank):
                grad_p[i, a] += factor * q[first + j, a]
                grad_q[first + j, a] += factor * p[i, a]


@kernel
def directions(p: Array, q: Array, x: Array, tokens: int, table: Array, z: Array) -> None:
    """z_i = (N-1)^{-1} sum_{j != i} phi'(u_ij) x_j, so that d(mean_j phi(u_ij))/dA = x_i z_i^T  # x, z (SN, d)."""
    rows, rank = p.shape
    d = x.shape[1]
    intervals, width = table.shape
    half = 0.5 * intervals
    scale = half / (tokens - 1)
    for i in range(rows):
        first = (i // tokens) * tokens
        for b in range(d):
            z[i, b] = 0.0
        for j in range(first, first + tokens):
            if j == i:
                continue
            u = 0.0
            for a in range(rank):
                u += p[i, a] * q[j, a]
            v = (u + 1.0) * half
            if v <= 0.0 or v >= intervals:
                continue
            k = int(v)
            t = v - k
            derivative = 0.0
            for e in range(width - 1, 0, -1):
                derivative = derivative * t + e * table[k, e]
            derivative *= scale
            for b in range(d):
                z[i, b] += derivative * x[j, b]


@kernel
def jacobian(x: Array, z: Array, p: Array, w: Array, out: Array) -> None:
    """Rows x_i (V^T z_i)^T, z_i (U^T x_i)^T: the derivative along U, V  # p = x U, w = z V (n, r); out (n, 2dr)."""
    rows, d = x.shape
    rank = p.shape[1]
    for i in range(rows):
        for b in range(d):
            for a in range(rank):
                out[i, b * rank + a] = x[i, b] * w[i, a]
                out[i, (d + b) * rank + a] = z[i, b] * p[i, a]
