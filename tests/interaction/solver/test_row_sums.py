"""Passes over the data by the compiled kernels, against plain numpy."""

import numpy as np
import pytest

from mtam.interaction.estimators import erm
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.truth import draw_truth, simulate
from mtam.interaction.solver import row_sums
from mtam.interaction.solver.row_sums import Blocks
from tests.interaction.solver.helpers import CASES, agree


@pytest.mark.parametrize(("tokens", "d", "rank", "degree", "intervals"), CASES)
def test_passes_are_those_of_plain_numpy(tokens: int, d: int, rank: int, degree: int, intervals: int) -> None:
    agree(Blocks, tokens, d, rank, SplineSpace(degree, intervals))


def test_blocks_do_not_change_the_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums over many blocks, the last of them short."""
    monkeypatch.setattr(row_sums, "BLOCK_ROWS", 1)
    monkeypatch.setattr(row_sums, "SCORE_ROWS", 1)
    monkeypatch.setattr(row_sums, "FEWEST_SAMPLES", 7)
    agree(Blocks, 5, 3, 2, SplineSpace(3, 12))


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


def test_sums_without_the_zeros_are_those_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few tokens and many intervals: scattered additions take the place of a product of mostly zeros."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((9000, 3, 4)), rng.standard_normal((9000, 3))
    u, v = rng.standard_normal((2, 4, 1)) / 6
    space, passes = SplineSpace(2, 200), Blocks(x, y)
    assert passes._sparse(space)
    assert not passes._sparse(SplineSpace(3, 20))
    found = passes.normal(u, v, space, None)
    monkeypatch.setattr(row_sums, "DENSE_GAIN", 10**9)
    for ours, theirs in zip(found, passes.normal(u, v, space, None), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
