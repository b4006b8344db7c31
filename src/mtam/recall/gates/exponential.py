"""exp and the logistic function for compiled loops, in float32 by arithmetic that vector registers can do."""

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

from mtam.base.jit import kernel


def _reinterpret(_: Any, _bits: Any) -> Any:
    """The float32 whose bits are those of an int32."""

    def generate(context: Any, builder: Any, _: Any, given: Any) -> Any:
        return builder.bitcast(given[0], context.get_value_type(types.float32))

    return types.float32(types.int32), generate


_as_float: Any = intrinsic(_reinterpret)


def _exp(x: Any) -> Any:
    return math.exp(x)


def _exp32(x: Any) -> Any:
    """In float32 by Cephes' polynomial of degree 5 and a shift of the exponent, which vector registers can do."""
    k = np.floor(x * np.float32(1.44269504) + np.float32(0.5))
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
def exp(x: Any) -> Any:
    """exp(x) for |x| <= 87, where neither end leaves the range of float32."""
    return _exp(x)


@kernel
def sigmoid(z: Any, one: Any, most: Any) -> Any:
    """1 / (1 + exp(-z)); ``one`` and ``most`` = 87 carry the kind."""
    x = -z
    if not x < most:
        x = most
    if not x > -most:
        x = -most
    return one / (one + _exp(x))
