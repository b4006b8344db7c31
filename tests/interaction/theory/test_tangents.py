"""The directions of A: derivatives of the response that keep the rank and the norm."""

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import draw_truth
from mtam.interaction.theory.tangents import Tangents


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_tangents_are_derivatives_that_keep_the_rank_and_the_norm(rank: int) -> None:
    truth = draw_truth(InteractionData(d=4, rank=rank, tokens=3, activation="tanh"), 1)
    tangents = Tangents(truth)
    assert tangents.count == 2 * rank * 4 - rank**2 - 1
    x = TokenStream(truth.law, 1, "test").take(200, 3)
    features = tangents.features(x)
    assert features.shape == (600, tangents.count)
    # A small move of the factors that keeps the norm changes the response by a combination of the tangents.
    rng = np.random.default_rng(0)
    left = truth.left + 1e-5 * rng.standard_normal(truth.left.shape)
    scale = np.linalg.norm(truth.matrix) / np.linalg.norm(left @ truth.right.T)
    u = (x @ left * scale) @ (x @ truth.right).transpose(0, 2, 1)
    values = truth.phi(u)
    values[:, np.arange(3), np.arange(3)] = 0.0
    change = (values.sum(axis=2) / 2 - truth.interactions(x)).reshape(-1)
    rest = change - features @ np.linalg.lstsq(features, change, rcond=None)[0]
    assert np.linalg.norm(rest) < 1e-3 * np.linalg.norm(change)


def test_features_are_the_change_of_the_response_along_the_matrix_of_a_move() -> None:
    """By central differences in A itself; every direction is orthogonal to A*, so the norm stands to first order."""
    truth = draw_truth(InteractionData(d=4, rank=2, tokens=3, activation="tanh"), 1)
    tangents = Tangents(truth)
    x = TokenStream(truth.law, 1, "test").take(50, 3)
    move = np.random.default_rng(2).standard_normal(tangents.count)
    direction = tangents.matrix(move)
    assert np.vdot(direction, truth.matrix) == pytest.approx(0, abs=1e-12)

    def response(matrix: np.ndarray) -> np.ndarray:
        values = truth.phi(x @ matrix @ x.transpose(0, 2, 1))
        values[:, np.arange(3), np.arange(3)] = 0.0
        return np.asarray(values.sum(axis=2).ravel() / 2)

    h = 1e-5
    change = (response(truth.matrix + h * direction) - response(truth.matrix - h * direction)) / (2 * h)
    np.testing.assert_allclose(tangents.features(x) @ move, change, atol=1e-6)


def test_moves_of_unit_length_are_matrices_of_unit_length() -> None:
    tangents = Tangents(draw_truth(InteractionData(d=4, rank=2, tokens=3), 0))
    units = np.stack([tangents.matrix(unit).ravel() for unit in np.eye(tangents.count)])
    assert np.linalg.matrix_rank(units) == tangents.count


def test_arguments_are_the_products_of_the_truth() -> None:
    truth = draw_truth(InteractionData(d=4, rank=2, tokens=3), 0)
    x = TokenStream(truth.law, 1, "test").take(5, 3)
    p, q = Tangents(truth).arguments(x)
    u = np.einsum("nr,nr->n", p.reshape(5, 3, 2)[:, 0], q.reshape(5, 3, 2)[:, 2])
    np.testing.assert_allclose(u, truth.arguments(x[:, 0], x[:, 2]), atol=1e-12)
