"""Passes over the data, on the CPU and in torch, against plain numpy; and a whole fit on either."""

import numpy as np
import numpy.typing as npt
import pytest
import torch

from mtam.interaction.estimators import erm
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.truth import draw_truth, simulate
from mtam.interaction.solver.row_sums import Blocks, Passes
from mtam.interaction.solver.row_sums_torch import TorchPasses

Array = npt.NDArray[np.float64]

DEVICES = [
    "numba",
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")),
]
CASES = [(2, 1, 1, 1, 5), (5, 3, 2, 3, 12), (10, 6, 6, 8, 20), (70, 4, 1, 9, 3)]  # N, d, r, s, K


def close(found: Array, expected: Array) -> None:
    np.testing.assert_allclose(found, expected, atol=1e-9, rtol=1e-9)


def passes(x: Array, y: Array, device: str) -> Passes:
    return Blocks(x, y) if device == "numba" else TorchPasses(x, y, device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("tokens", "d", "rank", "degree", "intervals"), CASES)
def test_agreement(device: str, tokens: int, d: int, rank: int, degree: int, intervals: int) -> None:
    rng = np.random.default_rng(0)
    space = SplineSpace(degree, intervals)
    x, y = rng.standard_normal((40, tokens, d)), rng.standard_normal((40, tokens))
    u, v = rng.standard_normal((2, d, rank)) / np.sqrt(3 * d)  # some arguments beyond [-1, 1]
    c, transform = rng.standard_normal(space.dimension), rng.standard_normal((space.dimension, space.dimension))
    white = rng.standard_normal((d, d))
    flat, table = x.reshape(-1, d), space.table(c)
    p, q = flat @ u, flat @ v
    features = pair_kernels_reference.features(p, q, tokens, space)
    sums = passes(x, y, device)

    for given, expected in ((None, features), (transform, features @ transform)):
        gram, moment = sums.normal(u, v, space, given)
        close(gram, expected.T @ expected)
        close(moment, expected.T @ y.ravel())

    residual, grad_p, grad_q = pair_kernels_reference.pullback(p, q, tokens, space, c, y.ravel())
    total, grad_u, grad_v = sums.pullback(u, v, table)
    assert total == pytest.approx(float(residual @ residual), rel=1e-9)
    close(grad_u, flat.T @ grad_p)
    close(grad_v, flat.T @ grad_q)
    close(sums.residuals(u, v, space, c).ravel(), residual)

    parts = zip(*sums.scores(u, v, white, space, table), strict=True)
    found = [np.concatenate(part) for part in parts]
    z = pair_kernels_reference.directions(p, q, flat @ white, tokens, table)
    for one, expected in zip(found, (flat @ white, z, features), strict=True):
        close(one, expected)


@pytest.mark.parametrize("device", ["torch:cpu", *DEVICES[2:]])
@pytest.mark.parametrize("degree", [3, 8])
def test_a_whole_fit_is_the_same_on_every_device(device: str, degree: int) -> None:
    data = InteractionData(d=5, tokens=4, rank=2)
    x, y = simulate(data, draw_truth(data, 0), 1000, 0)
    space = SplineSpace(degree, 6)
    here = erm.fit(x, y, 2, space, np.random.default_rng(0))
    there = erm.fit(x, y, 2, space, np.random.default_rng(0), erm.ErmOptions(device=device))
    np.testing.assert_allclose(there.matrix, here.matrix, atol=1e-7)
    np.testing.assert_allclose(there.phi(np.linspace(-1, 1, 99)), here.phi(np.linspace(-1, 1, 99)), atol=1e-7)
    assert there.loss == pytest.approx(here.loss, rel=1e-9)
    assert (there.converged, there.starts, there.agreeing) == (here.converged, here.starts, here.agreeing)


@pytest.mark.bits
def test_large_data_are_kept_in_single_precision_and_computed_with_in_double(monkeypatch: pytest.MonkeyPatch) -> None:
    data = InteractionData(d=5, tokens=4, rank=2)
    truth = draw_truth(data, 0)
    exact, _ = simulate(data, truth, 1000, 0)
    monkeypatch.setattr("mtam.interaction.simulate.truth.LARGE", 1000)
    x, y = simulate(data, truth, 1000, 0)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, exact.astype(np.float32))
    np.testing.assert_allclose(
        y - truth.interactions(x), y - truth.interactions(x.astype(np.float64)), atol=1e-12
    )  # responses are those of the tokens as kept
    kept, copied = (
        erm.fit(tokens, y, 2, SplineSpace(3, 6), np.random.default_rng(0)) for tokens in (x, x.astype(np.float64))
    )
    np.testing.assert_array_equal(kept.matrix, copied.matrix)
    np.testing.assert_array_equal(kept.phi.coefficients, copied.phi.coefficients)
