"""A run of SGD or Adam over (phi, A) as one compiled call, so that nothing between two steps is left to an interpreter.

theta = (a, U, V): phi has the B-spline coefficients T a, A = U V^T acts on whitened tokens, ||A||_F is fixed. The loss
of a batch of samples is its mean squared residual,

    L = (1/BN) sum_{m,i} (Y_mi - (N-1)^{-1} sum_{j != i} phi(p_mi . q_mj))^2,   p = U^T x, q = V^T x,

its gradient is that of L at A/||A||_F, free of the radial direction, and after every step U and V are scaled back to
the norm. Features and slopes are those of ``pair_kernels_reference``, with which tests hold this together.
"""

import numpy as np
import numpy.typing as npt

from mtam.base.jit import kernel

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]

FIRST, SECOND, TINY = 0.9, 0.999, 1e-8  # of Adam (Kingma and Ba 2015)


@kernel
def polynomials(coefficients: Array, pieces: Array, table: Array) -> None:
    """table[k, e] = sum_a c[k+a] C[a, e]  # (K+s,), (s+1, s+1), (K, s+1)."""
    intervals, width = table.shape
    for k in range(intervals):
        for e in range(width):
            total = 0.0
            for a in range(width):
                total += coefficients[k + a] * pieces[a, e]
            table[k, e] = total


@kernel
def sample_gradient(
    x: Array, y: Array, u: Array, v: Array, table: Array, pieces: Array,
    to_c: Array, to_u: Array, to_v: Array, p: Array, q: Array, to_q: Array, place: Index, local: Array, slope: Array,
) -> float:  # fmt: skip
    """Sum of squared residuals of one sample; adds minus half its gradient to to_c (K+s,), to_u and to_v (d, r).

    x (N, d), y (N,); p, q, to_q (N, r) and place, local, slope (N,) are room to work in.
    """
    tokens, d = x.shape
    rank, (intervals, width) = u.shape[1], table.shape
    half, scale, squares = 0.5 * intervals, 1.0 / (tokens - 1), 0.0
    for i in range(tokens):
        for a in range(rank):
            left, right = 0.0, 0.0
            for k in range(d):
                left += x[i, k] * u[k, a]
                right += x[i, k] * v[k, a]
            p[i, a], q[i, a], to_q[i, a] = left, right, 0.0
    for i in range(tokens):
        mean = 0.0
        for j in range(tokens):
            if j == i:
                continue
            inner = 1.0
            for a in range(rank):
                inner += p[i, a] * q[j, a]
            w = inner * half
            inside = 0.0 < w < intervals  # phi is constant beyond; also where w is not a number
            w = min(w, float(intervals)) if w > 0.0 else 0.0
            k = min(int(w), intervals - 1)
            t = w - k - 0.5
            value, derivative = table[k, width - 1], 0.0
            for e in range(width - 2, -1, -1):
                derivative = derivative * t + value
                value = value * t + table[k, e]
            place[j], local[j], slope[j] = k, t, derivative * half if inside else 0.0
            mean += value
        residual = y[i] - mean * scale
        squares += residual * residual
        weight = residual * scale
        for j in range(tokens):
            if j == i:
                continue
            t = local[j]
            for b in range(width):
                value = pieces[b, width - 1]
                for e in range(width - 2, -1, -1):
                    value = value * t + pieces[b, e]
                to_c[place[j] + b] += weight * value
            for a in range(rank):
                to_q[j, a] += weight * slope[j] * p[i, a]
        for a in range(rank):
            pull = 0.0
            for j in range(tokens):
                if j != i:
                    pull += slope[j] * q[j, a]
            for k in range(d):
                to_u[k, a] += weight * pull * x[i, k]
    for j in range(tokens):
        for a in range(rank):
            for k in range(d):
                to_v[k, a] += to_q[j, a] * x[j, k]
    return squares


@kernel
def free_of_scale(u: Array, v: Array, to_u: Array, to_v: Array) -> None:
    """The gradient in U and V of the loss at A/||A||_F, from that of the loss at A: without its radial part."""
    d, rank = u.shape
    radial = 0.0
    left, right = np.zeros((rank, rank)), np.zeros((rank, rank))
    for a in range(rank):
        for k in range(d):
            radial += to_u[k, a] * u[k, a]  # <dL/dA, A>
        for b in range(rank):
            for k in range(d):
                left[a, b] += u[k, a] * u[k, b]
                right[a, b] += v[k, a] * v[k, b]
    norm = 0.0
    for a in range(rank):
        for b in range(rank):
            norm += left[a, b] * right[a, b]
    share = radial / norm
    for k in range(d):
        for a in range(rank):
            for b in range(rank):
                to_u[k, a] -= share * u[k, b] * right[b, a]
                to_v[k, a] -= share * v[k, b] * left[b, a]


@kernel
def overlap(u: Array, v: Array, target: Array) -> float:
    """|<U V^T, R>| / ||U V^T||_F for an R of norm 1  # (d, r), (d, r), (d, d)."""
    d, rank = u.shape
    inner, norm = 0.0, 0.0
    for a in range(rank):
        for k in range(d):
            image = 0.0
            for j in range(d):
                image += target[k, j] * v[j, a]
            inner += u[k, a] * image
        for b in range(rank):
            left, right = 0.0, 0.0
            for k in range(d):
                left += u[k, a] * u[k, b]
                right += v[k, a] * v[k, b]
            norm += left * right
    return float(abs(inner) / np.sqrt(norm))


@kernel
def train(
    x: Array, y: Array, rows: Rows, rates: Array, adam: bool, done: int, free: Array, u: Array, v: Array, mean: Array,
    square: Array, basis: Array, pieces: Array, target: Array, threshold: float,
) -> int:  # fmt: skip
    """Steps on the batches ``rows`` (steps, B) of samples, after ``done`` of them; a, U, V are moved in place.

    x (M, N, d) whitened, y (M, N); free = a (m,); mean, square (m + 2 d r,) are Adam's averages; basis = T (K+s, m).
    Returns the first step, counted from 1, after which A has an overlap of at least ``threshold`` with ``target``
    (d, d), of norm 1; 0 if none has.
    """
    tokens, (d, rank), (size, m) = x.shape[1], u.shape, basis.shape
    width = pieces.shape[0]
    norm = np.sqrt(((u.T @ u) * (v.T @ v)).sum())
    coefficients, table = np.empty(size), np.empty((size - width + 1, width))
    to_c, to_u, to_v = np.empty(size), np.empty((d, rank)), np.empty((d, rank))
    p, q, to_q = np.empty((tokens, rank)), np.empty((tokens, rank)), np.empty((tokens, rank))
    place, local, slope = np.empty(tokens, np.int32), np.empty(tokens), np.empty(tokens)
    gradient = np.empty(m + 2 * d * rank)
    reached = 0
    for step in range(rows.shape[0]):
        for b in range(size):
            total = 0.0
            for c in range(m):
                total += basis[b, c] * free[c]
            coefficients[b] = total
        polynomials(coefficients, pieces, table)
        to_c[:], to_u[:], to_v[:] = 0.0, 0.0, 0.0
        for s in rows[step]:
            sample_gradient(
                x[s], y[s], u, v, table, pieces, to_c, to_u, to_v, p, q, to_q, place, local, slope
            )  # fmt: skip
        free_of_scale(u, v, to_u, to_v)
        factor = -2.0 / (rows.shape[1] * tokens)
        for c in range(m):
            total = 0.0
            for b in range(size):
                total += basis[b, c] * to_c[b]
            gradient[c] = factor * total
        for k in range(d):
            for a in range(rank):
                gradient[m + k * rank + a] = factor * to_u[k, a]
                gradient[m + (d + k) * rank + a] = factor * to_v[k, a]
        if adam:
            count = done + step + 1
            first, second = 1.0 - FIRST**count, 1.0 - SECOND**count
            for c in range(len(gradient)):
                mean[c] = FIRST * mean[c] + (1.0 - FIRST) * gradient[c]
                square[c] = SECOND * square[c] + (1.0 - SECOND) * gradient[c] * gradient[c]
                gradient[c] = mean[c] / first / (np.sqrt(square[c] / second) + TINY)
        for c in range(m):
            free[c] -= rates[step] * gradient[c]
        total = 0.0
        for k in range(d):
            for a in range(rank):
                u[k, a] -= rates[step] * gradient[m + k * rank + a]
                v[k, a] -= rates[step] * gradient[m + (d + k) * rank + a]
        for a in range(rank):
            for b in range(rank):
                left, right = 0.0, 0.0
                for k in range(d):
                    left += u[k, a] * u[k, b]
                    right += v[k, a] * v[k, b]
                total += left * right
        back = np.sqrt(norm / np.sqrt(total))
        for k in range(d):
            for a in range(rank):
                u[k, a] *= back
                v[k, a] *= back
        if reached == 0 and overlap(u, v, target) >= threshold:
            reached = done + step + 1
    return reached
