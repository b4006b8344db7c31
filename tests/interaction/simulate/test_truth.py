"""The truth is standardised, keyed by the seed alone, and the data follow the model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import LANES, Array, Truth, draw_truth, simulate


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


@pytest.mark.bits
@pytest.mark.parametrize("activation", ["bspline", "rate_hard", "tanh", "exp"])
@pytest.mark.parametrize("law", ["cube", "sphere", "anisotropic", "without_replacement"])
def test_data_are_nested_in_the_sample_size(activation: str, law: str) -> None:
    """Bit for bit: what vector registers leave over of 3, 50 or 65 samples, they do not leave over of many."""
    data = spec(activation=activation, token_law=law)
    truth = draw_truth(data, 1)
    many = simulate(data, truth, 70000, 1)
    for m in (1, 3, 50, 65):
        few = simulate(data, truth, m, 1)
        np.testing.assert_array_equal(few[0], many[0][:m])
        np.testing.assert_array_equal(few[1], many[1][:m])


@pytest.mark.bits
def test_responses_of_softmax_attention_are_nested() -> None:
    data = spec(activation="exp", row_normalised=True)
    truth = draw_truth(data, 1)
    many = simulate(data, truth, 300, 1)[1]
    for m in (1, 3, 50, 65):
        np.testing.assert_array_equal(simulate(data, truth, m, 1)[1], many[:m])


def test_responses_are_computed_for_whole_vector_registers() -> None:
    """Even of one sample; they are those of the samples alone, to rounding."""
    asked: list[int] = []

    def shape(u: Array) -> Array:
        asked.append(len(u))
        return np.tanh(u)

    truth = replace(draw_truth(spec(), 1), shape=shape)
    x = TokenStream(truth.law, 1, "test").take(LANES + 1, 4)
    for m in (1, LANES, LANES + 1):
        np.testing.assert_allclose(truth.responses(x[:m], LANES), truth.interactions(x[:m]), rtol=1e-12, atol=1e-12)
    assert asked[::2] == [LANES, LANES, 2 * LANES]


def test_many_tokens_are_taken_a_few_samples_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as memory is meant to hold, in calls of one shape."""
    asked: list[int] = []
    whole = Truth.interactions

    def counted(self: Truth, x: Array) -> Array:
        asked.append(len(x))
        return whole(self, x)

    monkeypatch.setattr("mtam.interaction.simulate.truth.BLOCK", 5 * 16**2 + 7)
    data = spec(tokens=16)
    truth = draw_truth(data, 1)
    monkeypatch.setattr(Truth, "interactions", counted)
    few, many = simulate(data, truth, 3, 1), simulate(data, truth, 14, 1)
    assert asked == [5] * 4
    np.testing.assert_array_equal(few[1], many[1][:3])


def test_noise_has_the_stated_scale() -> None:
    truth = draw_truth(spec(noise=0.5), 1)
    x, y = simulate(spec(noise=0.5), truth, 20000, 1)
    assert np.std(y - truth.interactions(x)) == pytest.approx(0.5, rel=0.02)


def test_a_constant_interaction_is_refused_in_words() -> None:
    """Tokens +-1 in d = 1 give u = +-1/3, and an even phi cannot tell the two apart."""
    with pytest.raises(ValueError, match="constant on the products"):
        draw_truth(spec(d=1, rank=1, token_law="sphere", activation="even"), 0)


def test_hypotheses_move_with_the_sample_size_and_stay_in_their_class() -> None:
    """Over a fixed base: bumps that become lower as (N M)^{-beta/(2 beta + 1)} and narrower."""
    data = spec(activation="hypotheses", holder=10.0)
    u = np.linspace(-1, 1, 4001)
    base = draw_truth(spec(activation="tanh"), 3)
    heights = []
    for samples in (250, 8000, 256000):  # N M = 1e3, 3.2e4, 1.024e6: (N M)^{1/5} = 4, 8, 16
        added = draw_truth(data, 3, samples).phi(u) - base.phi(u)
        heights.append(np.abs(added).max())
        curvature = np.abs(np.diff(added, 2)).max() / (u[1] - u[0]) ** 2
        assert curvature == pytest.approx(10.0, rel=0.01)  # beta = 2: the first derivative is Lipschitz with L
    np.testing.assert_allclose(np.array(heights[:-1]) / heights[1:], 4, rtol=0.01)


def test_softmax_response_by_loops_is_standardised() -> None:
    data = spec(activation="exp", row_normalised=True)
    truth = draw_truth(data, 2)
    x = TokenStream(truth.law, 2, "test").take(20000, 4)
    response = truth.interactions(x)
    assert response.mean() == pytest.approx(0, abs=0.03)
    assert response.var() == pytest.approx(1, abs=0.05)
    u = [min(1.0, max(-1.0, x[0, 1] @ truth.matrix @ x[0, j])) for j in (0, 2, 3)]
    weights = np.exp(3 * np.array(u)) / np.exp(3 * np.array(u)).sum()
    assert response[0, 1] == pytest.approx((weights @ u - truth.shift) * truth.gain)


def test_softmax_response_needs_exp() -> None:
    with pytest.raises(ValueError, match="needs exp, not tanh"):
        spec(activation="tanh", row_normalised=True)
