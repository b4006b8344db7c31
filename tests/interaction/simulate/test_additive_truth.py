"""Truths of several heads: one head is the truth of one, the sum has mean zero and variance one."""

import numpy as np
import pytest

from mtam.interaction.interaction_data import InteractionData
from mtam.interaction.simulate.additive_truth import draw_heads
from mtam.interaction.simulate.squared_error import evaluate
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import draw_truth, simulate


@pytest.mark.bits
def test_one_head_is_the_truth_of_one() -> None:
    data = InteractionData(d=4, tokens=3, rank=2)
    one, several = draw_truth(data, 5), draw_heads(data, 5)
    for found, expected in zip(simulate(data, several, 40, 5), simulate(data, one, 40, 5), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("heads", [2, 4])
def test_the_sum_is_standardised_and_its_heads_share_the_variance(heads: int) -> None:
    truth = draw_heads(InteractionData(d=8, tokens=3, rank=1, heads=heads), 3)
    x = TokenStream(truth.law, 11, "test").take(2**16, 2)
    u = truth.arguments(x[:, 0], x[:, 1])
    assert u.shape == (2**16, heads)
    assert float(truth.phi(u).mean()) == pytest.approx(0, abs=0.02)
    assert float(truth.phi(u).var()) == pytest.approx(1, rel=0.03)
    parts = [float(head.phi(u[:, h]).var()) for h, head in enumerate(truth.heads)]
    assert max(parts) / min(parts) < 1.1


def test_the_first_heads_are_the_same_however_many() -> None:
    few, many = (draw_heads(InteractionData(d=5, tokens=3, rank=1, heads=heads), 2) for heads in (2, 3))
    for one, other in zip(few.heads, many.heads, strict=False):
        np.testing.assert_array_equal(one.matrix, other.matrix)
        grid = np.linspace(-1, 1, 9)
        np.testing.assert_allclose(one.phi(grid) / one.gain, other.phi(grid) / other.gain)
    assert not np.allclose(many.heads[0].matrix, many.heads[1].matrix)


def test_responses_are_means_of_pairs_and_the_truth_has_no_error() -> None:
    truth = draw_heads(InteractionData(d=5, tokens=3, rank=1, heads=2), 2)
    x = TokenStream(truth.law, 1, "test").take(7, 3)
    pairs = truth.phi(truth.arguments(x[:, 0], x[:, 1])) + truth.phi(truth.arguments(x[:, 0], x[:, 2]))
    np.testing.assert_allclose(truth.interactions(x)[:, 0], pairs / 2)
    np.testing.assert_allclose(truth.responses(x, 64), truth.interactions(x), rtol=1e-12)
    exact = evaluate(truth, [lambda a, b: truth.phi(truth.arguments(a, b)), lambda a, b: 0 * a[:, 0] * b[:, 0]], 0)
    assert exact.errors[0] == 0
    assert exact.errors[1] == pytest.approx(1, rel=0.05)
