"""The picture of a fit beside the truth does not depend on the gauge of either."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.simulate.against_truth import POINTS, picture
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import Array, draw_truth

TRUTH = draw_truth(InteractionData(d=4, rank=2, tokens=3, activation="tanh"), 0)
PAIRS = TokenStream(TRUTH.law, 0, "test").take(4000, 2)
ARGUMENTS = TRUTH.arguments(PAIRS[:, 0], PAIRS[:, 1])


@pytest.mark.parametrize("t", [1.0, 3.0, -0.2])
def test_the_truth_in_any_gauge_looks_like_itself(t: float) -> None:
    """phi(./t) at t A is the same interaction."""

    def phi(u: Array) -> Array:
        return TRUTH.phi(u / t)

    told = picture(TRUTH, phi, t * TRUTH.matrix, ARGUMENTS)
    np.testing.assert_allclose(told["phi_hat"], told["phi_true"], atol=1e-12)
    np.testing.assert_allclose(told["singular_hat"], told["singular_true"], atol=1e-12)
    assert told["a_cosine"] == pytest.approx(1)


def test_the_grid_holds_the_arguments_and_the_density_their_share() -> None:
    told = picture(TRUTH, TRUTH.phi, TRUTH.matrix, ARGUMENTS)
    grid = np.array(told["phi_grid"])
    assert len(grid) == POINTS
    np.testing.assert_allclose(grid, -grid[::-1], atol=1e-15)
    assert np.mean(np.abs(ARGUMENTS) > grid[-1]) == pytest.approx(1e-3, abs=3e-4)
    assert np.sum(told["u_density"]) * (grid[1] - grid[0]) == pytest.approx(1, abs=3e-3)
    np.testing.assert_allclose(told["phi_true"], TRUTH.phi(grid))


def test_an_unrelated_matrix_has_the_cosine_of_the_two() -> None:
    other = np.linalg.svd(TRUTH.matrix)[0][:, 2:] @ np.linalg.svd(TRUTH.matrix)[2][2:]
    assert picture(TRUTH, TRUTH.phi, other, ARGUMENTS)["a_cosine"] == pytest.approx(0, abs=1e-12)
    half = TRUTH.matrix / np.linalg.norm(TRUTH.matrix) + other / np.linalg.norm(other)
    assert picture(TRUTH, TRUTH.phi, half, ARGUMENTS)["a_cosine"] == pytest.approx(0.5**0.5)


def test_softmax_attention_has_no_true_phi() -> None:
    assert picture(replace(TRUTH, normalised=True), TRUTH.phi, TRUTH.matrix, ARGUMENTS).get("phi_true") is None
