"""Fused loops over pairs of tokens, for splines with uniform knots.

Notation: a block holds S samples of N tokens, rows i = 0..SN-1; p_i = U^T x_i, q_j = V^T x_j, u_ij = p_i . q_j, and j
runs over the other tokens of the sample of i. No array over pairs is ever stored.
``pair_kernels_reference`` says the same in plain numpy. With a mask (``row_layout.Mask``) j runs over the tokens that
are there and may act on i, and its scale stands in place of (N-1)^{-1}; without one numba leaves its branches out.

Innermost loops run over samples, at one pair (i, j) of token places: contiguous, so that they use vector registers
whatever N and r are, and successive additions to a row of features hit different rows. Splines are evaluated in the
local coordinate t in [-1/2, 1/2] of ``splines``.
"""

import numpy as np
import numpy.typing as npt

from mtam.base.jit import kernel
from mtam.interaction.model.row_layout import Mask

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int32]

MOST_LANES, FEWEST_LANES = 256, 8  # samples at a time
UNROLLED = 16  # numbers that one turn of an unrolled loop takes
ROOM = 2**14  # numbers of p, of q in those samples: with the working arrays they stay in the second-level cache


@kernel
def evaluate(u: Array, table: Array) -> Array:
    """phi(u), phi given by its local polynomials, constant outside [-1, 1]  # (n,), (K, s+1) -> (n,)."""
    intervals, width = table.shape
    out = np.empty(u.shape[0])
    for n in range(u.shape[0]):
        v = min(max((u[n] + 1.0) * (0.5 * intervals), 0.0), float(intervals))
        k = min(int(v), intervals - 1)
        t = v - k - 0.5
        value = table[k, width - 1]
        for e in range(width - 2, -1, -1):
            value = value * t + table[k, e]
        out[n] = value
    return out


@kernel
def _lanes(samples: int, tokens: int, rank: int) -> int:
    """How many samples to take at a time: about equal parts, whole turns of unrolled loops where there are many."""
    most = max(FEWEST_LANES, min(MOST_LANES, ROOM // (tokens * rank)))
    parts = max(1, (samples + most - 1) // most)
    each = max(1, (samples + parts - 1) // parts)
    return each if parts == 1 else min(most, (each + UNROLLED - 1) // UNROLLED * UNROLLED)


@kernel
def _turn(rows: Array, tokens: int, first: int, lanes: int, out: Array) -> None:
    """Rows of some samples with the sample as last index  # (SN, r) -> (N, r, lanes)."""
    for n in range(tokens):
        for a in range(rows.shape[1]):
            for s in range(lanes):
                out[n, a, s] = rows[(first + s) * tokens + n, a]


@kernel
def _turn_back(lanes_last: Array, tokens: int, first: int, lanes: int, out: Array) -> None:
    """The inverse of ``_turn``."""
    for n in range(tokens):
        for a in range(out.shape[1]):
            for s in range(lanes):
                out[(first + s) * tokens + n, a] = lanes_last[n, a, s]


@kernel
def _locate(p: Array, q: Array, lanes: int, intervals: int, t: Array, k: Index) -> None:
    """Interval k and local coordinate t of u = p . q, lane by lane  # p, q (r, lanes); t, k (lanes,)."""
    rank = p.shape[0]
    half, top, last = 0.5 * intervals, float(intervals), np.int32(intervals - 1)
    if rank == 1:
        p0, q0 = p[0], q[0]
        for s in range(lanes):
            t[s] = 1.0 + p0[s] * q0[s]
    elif rank == 2:
        p0, q0, p1, q1 = p[0], q[0], p[1], q[1]
        for s in range(lanes):
            t[s] = 1.0 + p0[s] * q0[s] + p1[s] * q1[s]
    else:
        _products(p, q, lanes, t)
    for s in range(lanes):
        v = t[s] * half
        v = v if v > 0.0 else 0.0  # also where v is not a number: an index must stay inside
        v = v if v < top else top
        n = min(np.int32(v), last)
        k[s] = n
        t[s] = v - np.float64(n) - 0.5


@kernel
def _products(p: Array, q: Array, lanes: int, t: Array) -> None:
    """t = 1 + p . q, four coordinates at a time."""
    rank = p.shape[0]
    for s in range(lanes):
        t[s] = 1.0
    for a in range(0, rank - 3, 4):
        for s in range(lanes):
            t[s] += (
                p[a, s] * q[a, s] + p[a + 1, s] * q[a + 1, s] + p[a + 2, s] * q[a + 2, s] + p[a + 3, s] * q[a + 3, s]
            )
    for a in range(rank - rank % 4, rank):
        for s in range(lanes):
            t[s] += p[a, s] * q[a, s]


@kernel
def _splines(t: Array, lanes: int, pieces: Array, square: Array, odd: Array, out: Array) -> None:
    """out[a] = C[a](t), two at a time, as C[s-a](t) = C[a](-t): even part plus or minus odd part  # (s+1, lanes)."""
    width = pieces.shape[0]
    for s in range(lanes):
        square[s] = t[s] * t[s]
    for a in range((width + 1) // 2):
        even, other = out[a], out[width - 1 - a]
        highest = (width - 1) // 2 * 2
        for s in range(lanes):
            even[s] = pieces[a, highest]
        for e in range(highest - 2, -1, -2):
            c = pieces[a, e]
            for s in range(lanes):
                even[s] = even[s] * square[s] + c
        if 2 * a == width - 1:
            continue
        highest = width // 2 * 2 - 1
        for s in range(lanes):
            odd[s] = pieces[a, highest]
        for e in range(highest - 2, -1, -2):
            c = pieces[a, e]
            for s in range(lanes):
                odd[s] = odd[s] * square[s] + c
        for s in range(lanes):
            rise, level = odd[s] * t[s], even[s]
            even[s] = level + rise
            other[s] = level - rise


@kernel
def _cubic_splines(t: Array, lanes: int, pieces: Array, out: Array) -> None:
    """``_splines`` of degree 3 in one loop that reads nothing but t."""
    a0, a1, a2, a3 = pieces[0, 0], pieces[0, 1], pieces[0, 2], pieces[0, 3]
    b0, b1, b2, b3 = pieces[1, 0], pieces[1, 1], pieces[1, 2], pieces[1, 3]
    outer, inner, inner_right, outer_right = out[0], out[1], out[2], out[3]
    for s in range(lanes):
        x = t[s]
        square = x * x
        even, odd = a2 * square + a0, (a3 * square + a1) * x
        outer[s] = even + odd
        outer_right[s] = even - odd
        even, odd = b2 * square + b0, (b3 * square + b1) * x
        inner[s] = even + odd
        inner_right[s] = even - odd


@kernel
def _scatter_four(values: Array, k: Index, lanes: int, into: Array, start: int, stride: int) -> None:
    """Add the four splines of each lane to its row of a flat array of rows, from place k on."""
    v0, v1, v2, v3 = values[0], values[1], values[2], values[3]
    one, two, three, step = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(stride)  # unsigned: no index from the end
    row = np.uintp(start)
    for s in range(lanes):
        at = row + np.uintp(k[s])
        into[at] += v0[s]
        into[at + one] += v1[s]
        into[at + two] += v2[s]
        into[at + three] += v3[s]
        row += step


@kernel
def _skipped(i: int, j: int, mask: Mask | None) -> bool:
    """Whether the token in place j never acts on that in place i."""
    if mask is None:
        return j == i
    return (j == i and not mask.itself) or (j > i and mask.causal)


@kernel
def _mask_values(
    values: Array, there: Array, scale: Array, first: int, lanes: int, tokens: int, i: int, j: int
) -> None:
    """Splines of u_ij times the scale of row i, and nothing where token j is not there."""
    for s in range(lanes):
        factor = there[(first + s) * tokens + j] * scale[(first + s) * tokens + i]
        for a in range(values.shape[0]):
            values[a, s] *= factor


@kernel
def features(
    p: Array, q: Array, tokens: int, pieces: Array, intervals: int, out: Array, mask: Mask | None = None
) -> None:
    """out[i, b] = (N-1)^{-1} sum_{j != i} B_b(u_ij)  # p, q (SN, r); pieces (s+1, s+1); out (SN, K+s), contiguous."""
    rows, rank = p.shape
    width, size = pieces.shape[0], out.shape[1]
    scaled = pieces * (1.0 if mask is not None else 1.0 / (tokens - 1))
    step = _lanes(rows // tokens, tokens, rank)
    left, right = np.empty((tokens, rank, step)), np.empty((tokens, rank, step))
    t, square, odd, values = np.empty(step), np.empty(step), np.empty(step), np.empty((width, step))
    k = np.empty(step, np.int32)
    flat = out.reshape(-1)
    for first in range(0, rows // tokens, step):
        lanes = min(step, rows // tokens - first)
        _turn(p, tokens, first, lanes, left)
        _turn(q, tokens, first, lanes, right)
        flat[first * tokens * size : (first + lanes) * tokens * size] = 0.0
        for i in range(tokens):
            start = (first * tokens + i) * size
            for j in range(tokens):
                if _skipped(i, j, mask):
                    continue
                _locate(left[i], right[j], lanes, intervals, t, k)
                if width == 4:
                    _cubic_splines(t, lanes, scaled, values)
                else:
                    _splines(t, lanes, scaled, square, odd, values)
                if mask is not None:
                    _mask_values(values, mask.there, mask.scale, first, lanes, tokens, i, j)
                if width == 4:
                    _scatter_four(values, k, lanes, flat, start, tokens * size)
                    continue
                for s in range(lanes):
                    base = start + s * tokens * size + k[s]
                    for a in range(width):
                        flat[base + a] += values[a, s]


@kernel
def _cubic_slopes(t: Array, k: Index, lanes: int, table: Array, total: Array, slope: Array, room: Array) -> None:
    """``_slopes`` of degree 3: the coefficients of all lanes are copied together, and the rest uses vector registers.

    In one loop it could not: what is stored might be the table, as far as a compiler can tell. Nor with an array per
    coefficient, for it gives up where more than eight pairs of arrays might overlap  # room (4 lanes,)
    """
    zero, one, two, three = np.uintp(0), np.uintp(1), np.uintp(2), np.uintp(3)  # unsigned: no index from the end
    for s in range(lanes):
        n, at = np.uintp(k[s]), np.uintp(4 * s)
        room[at], room[at + one] = table[n, zero], table[n, one]
        room[at + two], room[at + three] = table[n, two], table[n, three]
    for s in range(lanes):
        x, at = t[s], np.uintp(4 * s)
        c0, c1, c2, c3 = room[at], room[at + one], room[at + two], room[at + three]
        total[s] += ((c3 * x + c2) * x + c1) * x + c0
        derivative = (3.0 * c3 * x + 2.0 * c2) * x + c1
        inside = (x < 0.5) & ((x > -0.5) | (k[s] > 0))
        slope[s] = derivative if inside else 0.0


@kernel
def _slopes(t: Array, k: Index, lanes: int, table: Array, total: Array, slope: Array, room: Array) -> None:
    """total += phi(u), slope = phi'(u) 2/K, zero outside (-1, 1)  # t, k, total, slope (lanes,); table (K, s+1)."""
    width = table.shape[1]
    if width == 4:
        _cubic_slopes(t, k, lanes, table, total, slope, room)
        return
    for s in range(lanes):
        value, derivative = table[k[s], width - 1], 0.0
        for e in range(width - 2, -1, -1):
            derivative = derivative * t[s] + value
            value = value * t[s] + table[k[s], e]
        total[s] += value
        # ``_locate`` moves arguments beyond the ends to t = -1/2 of the first interval and t = 1/2 of the last.
        slope[s] = derivative if t[s] < 0.5 and (t[s] > -0.5 or k[s] > 0) else 0.0


@kernel
def _masked_slopes(
    t: Array,
    k: Index,
    lanes: int,
    table: Array,
    there: Array,
    value: Array,
    total: Array,
    slope: Array,
    room: Array,
) -> None:
    """``_slopes`` where ``there`` is 1, and nothing where it is 0  # there, value (lanes,)."""
    value[:] = 0.0
    _slopes(t, k, lanes, table, value, slope, room)
    for s in range(lanes):
        total[s] += value[s] * there[s]
        slope[s] *= there[s]


@kernel
def pullback(
    p: Array,
    q: Array,
    tokens: int,
    table: Array,
    y: Array,
    residual: Array,
    grad_p: Array,
    grad_q: Array,
    mask: Mask | None = None,
) -> None:
    """Residuals, and half the negative gradient of their sum of squares with respect to p and q.

    residual_i = y_i - (N-1)^{-1} sum_j phi(u_ij); grad_p_i = residual_i (N-1)^{-1} sum_j phi'(u_ij) q_j;
    grad_q_j = (N-1)^{-1} sum_i residual_i phi'(u_ij) p_i  # p, q, grad_p, grad_q (SN, r); y, residual (SN,)

    A grad_q without columns is not asked for.
    """
    both = grad_q.shape[1] > 0
    rows, rank = p.shape
    intervals = table.shape[0]
    scale = 1.0 / (tokens - 1)
    step = _lanes(rows // tokens, tokens, rank)
    left, right = np.empty((tokens, rank, step)), np.empty((tokens, rank, step))
    to_left, to_right = np.empty((tokens, rank, step)), np.empty((tokens, rank, step))
    t, k, total, weight = np.empty(step), np.empty(step, np.int32), np.empty(step), np.empty(step)
    slope, room = np.empty((tokens, step)), np.empty(4 * step)
    if mask is not None:
        value, there = np.empty(step), np.empty((tokens, 1, step))
    for first in range(0, rows // tokens, step):
        lanes = min(step, rows // tokens - first)
        _turn(p, tokens, first, lanes, left)
        _turn(q, tokens, first, lanes, right)
        if mask is not None:
            _turn(mask.there.reshape(-1, 1), tokens, first, lanes, there)
        to_left[:], to_right[:] = 0.0, 0.0
        for i in range(tokens):
            total[:] = 0.0
            for j in range(tokens):
                if not _skipped(i, j, mask):
                    _locate(left[i], right[j], lanes, intervals, t, k)
                    if mask is None:
                        _slopes(t, k, lanes, table, total, slope[j], room)
                    else:
                        _masked_slopes(t, k, lanes, table, there[j, 0], value, total, slope[j], room)
            for s in range(lanes):
                row = (first + s) * tokens + i
                if mask is not None:
                    scale = mask.scale[row]
                residual[row] = y[row] - total[s] * scale
                weight[s] = residual[row] * (0.5 * intervals * scale)
            for j in range(tokens):
                if _skipped(i, j, mask):
                    continue
                factor = slope[j]
                for s in range(lanes):
                    factor[s] *= weight[s]
                for a in range(rank):
                    for s in range(lanes):
                        to_left[i, a, s] += factor[s] * right[j, a, s]
                    if both:
                        for s in range(lanes):
                            to_right[j, a, s] += factor[s] * left[i, a, s]
        _turn_back(to_left, tokens, first, lanes, grad_p)
        _turn_back(to_right, tokens, first, lanes, grad_q)


@kernel
def directions(p: Array, q: Array, x: Array, tokens: int, table: Array, z: Array, mask: Mask | None = None) -> None:
    """z_i = (N-1)^{-1} sum_{j != i} phi'(u_ij) x_j, so that d(mean_j phi(u_ij))/dA = x_i z_i^T  # x, z (SN, d)."""
    rows, rank = p.shape
    d, intervals = x.shape[1], table.shape[0]
    scale = 0.5 * intervals / (tokens - 1)
    step = _lanes(rows // tokens, tokens, rank)
    left, right = np.empty((tokens, rank, step)), np.empty((tokens, rank, step))
    t, k, total = np.empty(step), np.empty(step, np.int32), np.zeros(step)
    slope, room = np.empty((tokens, step)), np.empty(4 * step)
    if mask is not None:
        value, there = np.empty(step), np.empty((tokens, 1, step))
    for first in range(0, rows // tokens, step):
        lanes = min(step, rows // tokens - first)
        _turn(p, tokens, first, lanes, left)
        _turn(q, tokens, first, lanes, right)
        if mask is not None:
            _turn(mask.there.reshape(-1, 1), tokens, first, lanes, there)
        for i in range(tokens):
            for j in range(tokens):
                _locate(left[i], right[j], lanes, intervals, t, k)
                if mask is None:
                    _slopes(t, k, lanes, table, total, slope[j], room)
                else:
                    _masked_slopes(t, k, lanes, table, there[j, 0], value, total, slope[j], room)
                    if _skipped(i, j, mask):
                        slope[j] = 0.0
            if mask is None:
                slope[i] = 0.0
            for s in range(lanes):
                row = (first + s) * tokens
                if mask is not None:
                    scale = 0.5 * intervals * mask.scale[row + i]
                for b in range(d):
                    z[row + i, b] = 0.0
                for j in range(tokens):
                    factor = slope[j, s] * scale
                    for b in range(d):
                        z[row + i, b] += factor * x[row + j, b]


@kernel
def jacobian(x: Array, z: Array, p: Array, w: Array, out: Array) -> None:
    """Rows x_i (V^T z_i)^T, z_i (U^T x_i)^T: the derivative along U, V  # p = x U, w = z V (n, r); out (n, 2dr).

    With room for the first d r numbers alone, only the derivative along U.
    """
    rows, d = x.shape
    rank = p.shape[1]
    both = out.shape[1] > d * rank
    for i in range(rows):
        for b in range(d):
            for a in range(rank):
                out[i, b * rank + a] = x[i, b] * w[i, a]
                if both:
                    out[i, (d + b) * rank + a] = z[i, b] * p[i, a]
