"""One member after the other through a training step of ``Network``, so that all of its numbers stay in the cache.

The same forward and backward pass as ``Network.loss_gradient``, which remains the readable one and the one for other
devices. What differs is the order: products go to BLAS, everything between two products is one loop over rows. With
s = 1 / (1 + exp(-z)) and h = z s, the slope of silu is s + h (1 - s), so that no exponential is computed twice.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtam.base.jit import kernel
from mtam.recall.gates import Params
from mtam.recall.gates.exponential import sigmoid
from mtam.recall.transformer.batch import Batch

Array = NDArray[Any]  # float32 or float64, all of one kind
Rows = NDArray[np.int64]
HEAD = ("value", "second", "second_bias", "out", "out_bias")


@kernel
def _attend(weights: Array, moments: Array, base: Array, rows: Rows, pooled: Array) -> None:
    """pooled = base + sum_i a_i m_i, the sums of the heads side by side; four components at a time."""
    components, own = moments.shape[0], moments.shape[2] - 2
    for b in range(len(pooled)):
        r = rows[b]
        for head in range(weights.shape[0] // components):
            side, a = pooled[b, head * own : (head + 1) * own], weights[head * components : (head + 1) * components, b]
            if components < 4:
                _scaled(a[0], moments[0, r], side)
                for i in range(1, components):
                    _add_scaled(a[i], moments[i, r], side)
                continue
            m0, m1, m2, m3 = moments[0, r], moments[1, r], moments[2, r], moments[3, r]
            a0, a1, a2, a3 = a[0], a[1], a[2], a[3]
            for j in range(own):
                side[j] = a0 * m0[j] + a1 * m1[j] + a2 * m2[j] + a3 * m3[j]
            for i in range(4, components - 3, 4):
                m0, m1, m2, m3 = moments[i, r], moments[i + 1, r], moments[i + 2, r], moments[i + 3, r]
                a0, a1, a2, a3 = a[i], a[i + 1], a[i + 2], a[i + 3]
                for j in range(own):
                    side[j] += a0 * m0[j] + a1 * m1[j] + a2 * m2[j] + a3 * m3[j]
            for i in range(components - components % 4, components):
                _add_scaled(a[i], moments[i, r], side)
        pooled[b, -2] = base[r, -2]
        pooled[b, -1] = base[r, -1]


@kernel
def _scaled(a: Any, row: Array, side: Array) -> None:
    for j in range(len(side)):
        side[j] = a * row[j]


@kernel
def _add_scaled(a: Any, row: Array, side: Array) -> None:
    for j in range(len(side)):
        side[j] += a * row[j]


@kernel
def _pull(slope: Array, moments: Array, rows: Rows, out: Array) -> None:
    """dLoss/da_i = m_i . dLoss/dpooled; four components at a time."""
    components, own = moments.shape[0], moments.shape[2] - 2
    zero = slope.dtype.type(0)
    for b in range(len(slope)):
        r = rows[b]
        for head in range(out.shape[0] // components):
            side, into = slope[b, head * own : (head + 1) * own], out[head * components : (head + 1) * components, b]
            for i in range(0, components - 3, 4):
                m0, m1, m2, m3 = moments[i, r], moments[i + 1, r], moments[i + 2, r], moments[i + 3, r]
                t0, t1, t2, t3 = zero, zero, zero, zero
                for j in range(own):
                    t0 += side[j] * m0[j]
                    t1 += side[j] * m1[j]
                    t2 += side[j] * m2[j]
                    t3 += side[j] * m3[j]
                into[i], into[i + 1], into[i + 2], into[i + 3] = t0, t1, t2, t3
            for i in range(components - components % 4, components):
                row, total = moments[i, r], zero
                for j in range(own):
                    total += side[j] * row[j]
                into[i] = total


@kernel
def _transpose(of: Array, into: Array) -> None:
    for i in range(of.shape[0]):
        for j in range(of.shape[1]):
            into[j, i] = of[i, j]


@kernel
def _activate(z: Array, h: Array) -> None:
    """h = silu(z), and z becomes s; contiguous."""
    one, most = z.dtype.type(1), z.dtype.type(87)
    flat_z, flat_h = z.reshape(-1), h.reshape(-1)
    for k in range(len(flat_z)):
        s = sigmoid(flat_z[k], one, most)
        flat_h[k] = flat_z[k] * s
        flat_z[k] = s


@kernel
def _pull_silu(grad: Array, s: Array, h: Array) -> None:
    """grad times s + h (1 - s), in place; contiguous."""
    one = s.dtype.type(1)
    flat_grad, flat_s, flat_h = grad.reshape(-1), s.reshape(-1), h.reshape(-1)
    for k in range(len(flat_s)):
        flat_grad[k] *= flat_s[k] + flat_h[k] * (one - flat_s[k])


@kernel
def _answer(z: Array, h: Array, bias: Array, out: Array, out_bias: Array, observed: Array, rows: Rows,
            d_bias: Array, d_out: Array, d_out_bias: Array) -> Any:  # fmt: skip
    """From the second layer's products to the loss, and back: z becomes dLoss/dz. ``h`` (B, H) is room.

    Few arrays a loop: compilers give up vector registers where more than eight pairs of arrays might overlap.
    """
    one, most = z.dtype.type(1), z.dtype.type(87)
    count, hidden = z.shape
    scale = z.dtype.type(2) / z.dtype.type(count)
    d_bias[:] = 0
    d_out[:] = 0
    d_out_bias[0] = 0
    loss = z.dtype.type(0)
    for b in range(count):
        answer = z.dtype.type(0)
        for j in range(hidden):
            full = z[b, j] + bias[j]
            s = sigmoid(full, one, most)
            silu = full * s
            h[b, j] = silu
            z[b, j] = s + silu * (one - s)  # the slope of silu
            answer += silu * out[j]
        residual = answer + out_bias[0] - observed[rows[b]]
        loss += residual * residual
        slope = residual * scale
        d_out_bias[0] += slope
        for j in range(hidden):
            d_out[j] += slope * h[b, j]
        for j in range(hidden):
            pulled = z[b, j] * (slope * out[j])
            z[b, j] = pulled
            d_bias[j] += pulled
    return loss / z.dtype.type(count)


@kernel
def _product(left: Array, right: Array, out: Array) -> None:
    np.dot(left, right, out)


@kernel
def room(rows: int, like: Array, second: Array) -> tuple[Array, ...]:
    """Space for what ``through`` computes on the way, given one member's features and second layer."""
    width, hidden, kind = like.shape[0], second.shape[0], like.dtype
    return (
        np.empty((width, hidden), kind), np.empty((hidden, width), kind), np.empty((hidden, hidden), kind),
        np.empty((rows, width), kind), np.empty((rows, hidden), kind), np.empty((rows, hidden), kind),
        np.empty((rows, hidden), kind), np.empty((rows, hidden), kind),
    )  # fmt: skip


@kernel
def through(
    attends: bool, rows: Rows, features: Array, moments: Array, base: Array, observed: Array, weights: Array,
    head: tuple[Array, ...], into: tuple[Array, ...], d_weights: Array, space: tuple[Array, ...],
) -> Any:  # fmt: skip
    """One member on some rows of its sample: the loss, and the gradients of head and attention.

    (K, D), (I, n, K), (n, K), (n,), (I, B); the layers of ``HEAD``, vectors flat.
    """
    value, second, second_bias, out, out_bias = head
    d_value, d_second, d_second_bias, d_out, d_out_bias = into
    first, turned, back, pooled, s1, h1, z2, d1 = space
    _product(features, value, first)
    _attend(weights, moments, base, rows, pooled)
    _product(pooled, first, s1)
    _activate(s1, h1)
    _product(h1, second, z2)
    loss = _answer(z2, d1, second_bias, out, out_bias, observed, rows, d_second_bias, d_out, d_out_bias)
    _product(h1.T, z2, d_second)
    _transpose(second, back)  # a copy costs less than a product with a transposed right side
    _product(z2, back, d1)
    _pull_silu(d1, s1, h1)
    if attends:
        _transpose(first, turned)
    _product(pooled.T, d1, first)
    _product(features.T, first, d_value)
    if attends:
        _product(d1, turned, pooled)
        _pull(pooled, moments, rows, d_weights)
    return loss


@kernel
def _step(
    start: int, attends: bool, features: Array, moments: Array, base: Array, observed: Array, weights: Array,
    value: Array, second: Array, second_bias: Array, out: Array, out_bias: Array,
    d_value: Array, d_second: Array, d_second_bias: Array, d_out: Array, d_out_bias: Array,
    d_weights: Array, losses: Array,
) -> None:  # fmt: skip
    count = weights.shape[2]
    rows = np.arange(start, start + count)
    space = room(count, features[0], second[0])
    for m in range(len(weights)):
        losses[m] = through(
            attends, rows, features[m], moments[m], base[m], observed[m], weights[m],
            (value[m], second[m], second_bias[m], out[m], out_bias[m]),
            (d_value[m], d_second[m], d_second_bias[m], d_out[m], d_out_bias[m]), d_weights[m], space,
        )  # fmt: skip


def flat_head(layers: Params) -> list[Array]:
    """The layers of ``HEAD`` for kernels: matrices (M, ., .), and vectors (M, .), which are faster to run along."""
    arrays = [layers[name].numpy() for name in HEAD]
    return [*arrays[:2], *(array.reshape(len(array), -1) for array in arrays[2:])]


def step(
    features: Tensor, batch: Batch, weights: Tensor, params: Params, into: Params, d_weights: Tensor, attends: bool
) -> Tensor:
    """The losses (M,); writes the head's gradients into ``into`` and dLoss/da (M, heads * I, B) into ``d_weights``."""
    losses = torch.empty_like(d_weights[:, 0, 0])
    sampled = (batch.sample.moments, batch.sample.base, batch.sample.observed)
    arrays = [
        *(tensor.numpy() for tensor in (features, *sampled, weights)), *flat_head(params), *flat_head(into),
        d_weights.numpy(), losses.numpy(),
    ]  # fmt: skip
    _step(batch.start, attends, *arrays)
    return losses
