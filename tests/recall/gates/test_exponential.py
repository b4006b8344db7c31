"""exp and the logistic function of compiled loops against those of numpy."""

from typing import Any

import numpy as np
import pytest

from mtam.base.jit import kernel
from mtam.recall.gates.exponential import exp, sigmoid


@kernel
def exponentials(x: np.ndarray, out: np.ndarray) -> None:
    for i in range(len(x)):
        out[i] = exp(x[i])


@kernel
def sigmoids(z: np.ndarray, out: np.ndarray) -> None:
    one, most = z.dtype.type(1), z.dtype.type(87)
    for i in range(len(z)):
        out[i] = sigmoid(z[i], one, most)


@pytest.mark.parametrize(("kind", "tolerance"), [(np.float32, 3e-7), (np.float64, 1e-15)])
def test_exp_is_exact_to_rounding_over_its_whole_range(kind: type[np.floating[Any]], tolerance: float) -> None:
    x = np.concatenate([np.linspace(-87, 87, 20001), np.linspace(-1e-6, 1e-6, 11), [0.0]]).astype(kind)
    out = np.empty_like(x)
    exponentials(x, out)
    np.testing.assert_allclose(out, np.exp(x.astype(np.float64)), rtol=tolerance)
    assert out[-1] == 1


@pytest.mark.parametrize(("kind", "tolerance"), [(np.float32, 5e-7), (np.float64, 1e-15)])
def test_the_logistic_function_neither_overflows_nor_leaves_its_range(
    kind: type[np.floating[Any]], tolerance: float
) -> None:
    z = np.concatenate([np.linspace(-80, 80, 5001), [-1e30, 1e30, -np.inf, np.inf]]).astype(kind)
    out = np.empty_like(z)
    sigmoids(z, out)
    np.testing.assert_allclose(out[:-4], 1 / (1 + np.exp(-z[:-4].astype(np.float64))), rtol=tolerance)
    np.testing.assert_allclose(out[-4:], [0, 1, 0, 1], atol=1e-37)
    assert np.all((out >= 0) & (out <= 1))
    assert np.all(np.diff(out[:-4]) >= 0)
