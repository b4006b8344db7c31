"""Passes over the data in torch, against plain numpy; and a whole fit with them against one with the kernels."""

import numpy as np
import pytest
import torch

from mtam.interaction.estimators import erm
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.truth import draw_truth, simulate
from mtam.interaction.solver import row_sums_torch
from mtam.interaction.solver.row_sums_torch import TorchPasses
from tests.interaction.solver.helpers import CASES, agree

CUDA = pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"))


@pytest.mark.parametrize("device", ["cpu", CUDA])
@pytest.mark.parametrize(("tokens", "d", "rank", "degree", "intervals"), CASES)
def test_passes_are_those_of_plain_numpy(
    device: str, tokens: int, d: int, rank: int, degree: int, intervals: int
) -> None:
    agree(lambda x, y: TorchPasses(x, y, device), tokens, d, rank, SplineSpace(degree, intervals))


def test_blocks_do_not_change_the_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_sums_torch, "ROOM", 7 * 5**2 * 4)  # seven samples, so that the last block is short
    agree(lambda x, y: TorchPasses(x, y, "cpu"), 5, 3, 2, SplineSpace(3, 12))


def test_at_full_rank_the_gradient_along_v_is_left_out() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 4, 3)), rng.standard_normal((20, 4))
    space = SplineSpace(3, 5)
    u, v, table = rng.standard_normal((3, 3)) / 9, np.eye(3), space.table(rng.standard_normal(8))
    sums = TorchPasses(x, y, "cpu")
    both, one = sums.pullback(u, v, table), sums.pullback(u, v, table, both=False)
    assert one[0] == pytest.approx(both[0])
    np.testing.assert_allclose(one[1], both[1])
    np.testing.assert_array_equal(one[2], 0)
    assert np.abs(both[2]).max() > 0


@pytest.mark.parametrize("device", ["torch:cpu", CUDA])
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
