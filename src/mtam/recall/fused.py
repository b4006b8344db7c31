"""One member after the other through a training step of ``Network``, so that all of its numbers stay in the cache.

The same forward and backward pass as ``Network.loss_gradient``, which remains the readable one and the one for other
devices. What differs is the order: products go to BLAS, everything between two products is one loop over rows. With
s = 1 / (1 + exp(-z)) and h = z s, the slope of silu is s + h (1 - s), so that no exponential is computed twice.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numba import types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray
from torch import Tensor

from mtam.jit import kernel
from mtam.recall.gates import Params

if TYPE_CHECKING:
    from mtam.recall.network import Batch

Array = NDArray[Any]  # float32 or float64, all of one kind
HEAD = ("value", "second", "second_bias", "out", "out_bias")


def _reinterpret(_: Any, _bits: Any) -> Any:
    """The float32 whose bits are those of an int32."""

    def generate(context: Any, builder: Any, _: Any, given: Any) -> Any:
        return builder.bitcast(given[0], context.get_value_type(types.float32))

    return types.float32(types.int32), generate


_as_float: Any = intrinsic(_reinterpret)


def _exp(x: Any) -> Any:
    """exp(x) for |x| <= 87, where neither end leaves the range of float32."""
    return math.exp(x)


def _exp32(x: Any) -> Any:
    """In float32 by Cephes' polynomial of degree 5 and a shift of the exponent, which vector registers can do."""
    k = np.float32(math.floor(x * np.float32(1.44269504) + np.float32(0.5)))
    r = x - k * np.float32(0.693359375) + k * np.float32(2.12194440e-4)
    p = np.float32(1.9875691500e-4) * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    y = p * r * r + r + np.float32(1.0)
    return y * _as_float(np.int32((np.int32(k) + np.int32(127)) << np.int32(23)))  # the bits of 2^k


def _exp64(x: Any) -> Any:
    return math.exp(x)


@overload(_exp)
def _by_kind(x: Any) -> Any:
    return _exp32 if x == types.float32 else _exp64


@kernel
def _sigmoid(z: Any, one: Any, most: Any) -> Any:
    """1 / (1 + exp(-z)); ``one`` and ``most`` carry the kind."""
    x = -z
    if not x < most:
        x = most
    if not x > -most:
        x = -most
    return one / (one + _exp(x))


@kernel
def _attend(weights: Array, moments: Array, base: Array, start: int, pooled: Array) -> None:
    """pooled = base + sum_i a_i m_i, the sums of the heads side by side."""
    components, own = moments.shape[0], moments.shape[2] - 2
    for b in range(len(pooled)):
        for head in range(weights.shape[0] // components):
            for i in range(components):
                a = weights[head * components + i, b]
                row = moments[i, start + b]
                side = pooled[b, head * own : (head + 1) * own]
                if i == 0:
                    for j in range(own):
                        side[j] = a * row[j]
                else:
                    for j in range(own):
                        side[j] += a * row[j]
        pooled[b, -2] = base[start + b, -2]
        pooled[b, -1] = base[start + b, -1]


@kernel
def _pull(slope: Array, moments: Array, start: int, out: Array) -> None:
    """dLoss/da_i = m_i . dLoss/dpooled."""
    components, own = moments.shape[0], moments.shape[2] - 2
    for b in range(len(slope)):
        for head in range(out.shape[0] // components):
            side = slope[b, head * own : (head + 1) * own]
            for i in range(components):
                row = moments[i, start + b]
                total = side[0] * row[0]
                for j in range(1, own):
                    total += side[j] * row[j]
                out[head * components + i, b] = total


@kernel
def _transpose(of: Array, into: Array) -> None:
    for i in range(of.shape[0]):
        for j in range(of.shape[1]):
            into[j, i] = of[i, j]


@kernel
def _activate(z: Array, h: Array) -> None:
    """h = silu(z), and z becomes s."""
    one, most = z.dtype.type(1), z.dtype.type(87)
    for b in range(z.shape[0]):
        for j in range(z.shape[1]):
            s = _sigmoid(z[b, j], one, most)
            h[b, j] = z[b, j] * s
            z[b, j] = s


@kernel
def _pull_silu(grad: Array, s: Array, h: Array) -> None:
    """grad times s + h (1 - s), in place."""
    one = s.dtype.type(1)
    for b in range(s.shape[0]):
        for j in range(s.shape[1]):
            grad[b, j] *= s[b, j] + h[b, j] * (one - s[b, j])


@kernel
def _answer(z: Array, row: Array, bias: Array, out: Array, out_bias: Array, observed: Array, start: int,
            d_bias: Array, d_out: Array, d_out_bias: Array) -> Any:  # fmt: skip
    """From the second layer's products to the loss, and back: z becomes dLoss/dz. ``row`` is (2, H) of room."""
    one, most = z.dtype.type(1), z.dtype.type(87)
    rows, hidden = z.shape
    scale = z.dtype.type(2) / z.dtype.type(rows)
    d_bias[:] = 0
    d_out[:] = 0
    d_out_bias[:] = 0
    loss = z.dtype.type(0)
    for b in range(rows):
        answer = out_bias[0, 0]
        for j in range(hidden):
            full = z[b, j] + bias[0, j]
            s = _sigmoid(full, one, most)
            h = full * s
            row[0, j] = h
            row[1, j] = s + h * (one - s)
            answer += h * out[j, 0]
        residual = answer - observed[start + b]
        loss += residual * residual
        slope = residual * scale
        d_out_bias[0, 0] += slope
        for j in range(hidden):
            d_out[j, 0] += slope * row[0, j]
            d = slope * out[j, 0] * row[1, j]
            z[b, j] = d
            d_bias[0, j] += d
    return loss / z.dtype.type(rows)


@kernel
def _product(left: Array, right: Array, out: Array) -> None:
    np.dot(left, right, out)


@kernel
def _step(
    start: int, attends: bool,
    features: Array, moments: Array, base: Array, observed: Array, weights: Array,
    value: Array, second: Array, second_bias: Array, out: Array, out_bias: Array,
    d_value: Array, d_second: Array, d_second_bias: Array, d_out: Array, d_out_bias: Array,
    d_weights: Array, losses: Array,
) -> None:  # fmt: skip
    members, _, rows = weights.shape
    width, hidden = base.shape[2], second.shape[1]
    first, turned = np.empty((width, hidden), base.dtype), np.empty((hidden, width), base.dtype)
    back, room = np.empty((hidden, hidden), base.dtype), np.empty((2, hidden), base.dtype)
    pooled, s1 = np.empty((rows, width), base.dtype), np.empty((rows, hidden), base.dtype)
    h1, z2, d1 = np.empty_like(s1), np.empty_like(s1), np.empty_like(s1)
    for m in range(members):
        _product(features[m], value[m], first)
        _attend(weights[m], moments[m], base[m], start, pooled)
        _product(pooled, first, s1)
        _activate(s1, h1)
        _product(h1, second[m], z2)
        losses[m] = _answer(
            z2, room, second_bias[m], out[m], out_bias[m], observed[m], start, d_second_bias[m], d_out[m], d_out_bias[m]
        )
        _product(h1.T, z2, d_second[m])
        _transpose(second[m], back)  # a copy costs less than a product with a transposed right side
        _product(z2, back, d1)
        _pull_silu(d1, s1, h1)
        _transpose(first, turned)
        _product(pooled.T, d1, first)
        _product(features[m].T, first, d_value[m])
        if attends:
            _product(d1, turned, pooled)
            _pull(pooled, moments[m], start, d_weights[m])


def step(
    features: Tensor, batch: "Batch", weights: Tensor, params: Params, into: Params, d_weights: Tensor, attends: bool
) -> Tensor:
    """The losses (M,); writes the head's gradients into ``into`` and dLoss/da (M, heads * I, B) into ``d_weights``."""
    losses = torch.empty_like(d_weights[:, 0, 0])
    sample = (batch.sample.moments, batch.sample.base, batch.sample.observed)
    layers = (side[name] for side in (params, into) for name in HEAD)
    tensors = (features, *sample, weights, *layers, d_weights, losses)
    _step(batch.start, attends, *(tensor.numpy() for tensor in tensors))
    return losses
