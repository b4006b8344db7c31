"""The truth is standardised, keyed by the seed alone, and the data follow the model."""

from typing import Any

import numpy as np
import pytest

from mtam.interaction.spec import InteractionData
from mtam.interaction.tokens import TokenStream
from mtam.interaction.truth import draw_truth, simulate


def spec(**more: Any) -> InteractionData:
    return InteractionData.model_validate({"d": 5, "tokens": 4, "rank": 2, **more})


@pytest.mark.parametrize("law", ["cube", "gaussian", "sphere", "anisotropic", "dependent", "without_replacement"])
@pytest.mark.parametrize("activation", ["bspline", "exp", "even", "rate_hard"])
def test_mean_zero_variance_one(law: str, activation: str) -> None:
    truth = draw_truth(spec(token_law=law, activation=activation), 4)
    pairs = TokenStream(truth.law, 4, "test").take(100000, 2)
    g = truth.phi(truth.arguments(pairs[:, 0], pairs[:, 1]))
    kurtosis = np.mean(g**4)
    assert abs(g.mean()) < 5 * (1 / np.sqrt(100000) + 0.002)
    assert abs(g.var() - 1) < 5 * np.sqrt(kurtosis) * (1 / np.sqrt(100000) + 0.002)


def test_scale_of_the_matrix() -> None:
    assert np.linalg.norm(draw_truth(spec(), 0).matrix) == pytest.approx(1 / 3)
    truth = draw_truth(spec(token_law="anisotropic"), 0)
    s, a = truth.law.second_moment, truth.matrix
    assert np.trace(a @ s @ a.T @ s) == pytest.approx(1 / 9)
    assert np.linalg.matrix_rank(a) == 2


def test_model_equation() -> None:
    truth = draw_truth(spec(), 1)
    x = TokenStream(truth.law, 1, "test").take(3, 4)
    expected = np.zeros((3, 4))
    for m in range(3):
        for i in range(4):
            others = [truth.phi(x[m, i] @ truth.matrix @ x[m, j]) for j in range(4) if j != i]
            expected[m, i] = sum(others) / 3
    np.testing.assert_allclose(truth.interactions(x), expected, atol=1e-12)


def test_data_are_nested_in_the_sample_size() -> None:
    truth = draw_truth(spec(), 1)
    few, many = simulate(spec(), truth, 50, 1), simulate(spec(), truth, 70000, 1)
    np.testing.assert_array_equal(few[0], many[0][:50])
    np.testing.assert_array_equal(few[1], many[1][:50])


def test_noise_has_the_stated_scale() -> None:
    truth = draw_truth(spec(noise=0.5), 1)
    x, y = simulate(spec(noise=0.5), truth, 20000, 1)
    assert np.std(y - truth.interactions(x)) == pytest.approx(0.5, rel=0.02)


def test_a_constant_interaction_is_refused_in_words() -> None:
    """Tokens +-1 in d = 1 give u = +-1/3, and an even phi cannot tell the two apart."""
    with pytest.raises(ValueError, match="constant on the products"):
        draw_truth(spec(d=1, rank=1, token_law="sphere", activation="even"), 0)
