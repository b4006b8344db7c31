"""The law of first order for several heads: exact where there are two tokens, and bounded where there are more."""

import numpy as np
import pytest

from mtam.interaction.heads.first_order import Features, first_order
from mtam.interaction.interaction_data import InteractionData
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.additive_truth import draw_heads
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.solver.row_sums import double
from tests.interaction.heads.helpers import several

SPACE = SplineSpace(3, 6)  # that of the truths


@pytest.mark.parametrize(("heads", "d"), [(1, 3), (3, 4)])
def test_with_two_tokens_the_constant_is_one_half(heads: int, d: int) -> None:
    """N = 2: a row is a pair, G = B and the variance is q sigma^2/(2 M); the truth is in the space, no bias."""
    data = InteractionData(d=d, tokens=2, rank=1, heads=heads)
    found = first_order(draw_heads(data, 1), SPACE, 20000, 2, 0.3, 1)
    assert found.parameters == heads * (9 - 1 + 2 * d - 2) + 1
    assert found.counted == pytest.approx(found.parameters * 0.09 / 20000)
    assert found.total == pytest.approx(found.counted / 2, rel=0.03)
    known = (heads * 8 + 1) * 0.09 / 20000
    assert found.known == pytest.approx(known / 2, rel=0.03)


@pytest.mark.slow
def test_with_more_tokens_it_lies_between_its_bounds() -> None:
    """1/N and (N - 1)/N of q sigma^2/M, and at the upper one for odd functions of symmetric tokens."""
    for activation, low, high in (("bspline", 1 / 5, 4 / 5), ("odd", 0.5 * 4 / 5, 4 / 5)):
        data = InteractionData(d=3, tokens=5, rank=1, heads=2, activation=activation)
        found = first_order(draw_heads(data, 2), SPACE, 20000, 5, 0.3, 2)
        assert low < found.total / found.counted < 1.02 * high
        assert found.known < found.total


def test_it_is_the_error_of_least_squares_at_the_truth() -> None:
    """The same linear model fitted to drawn noise, its mean over noises."""
    data = InteractionData(d=3, tokens=3, rank=1, heads=2)
    truth, samples, sigma = draw_heads(data, 3), 1500, 0.3
    found = first_order(truth, SPACE, samples, 3, sigma, 3)
    stream = TokenStream(truth.law, 17, "test")
    features = Features(truth, SPACE, stream.take(500, 3))
    z = features(stream.take(samples, 3))
    pairs = features(stream.take(20000, 2))[::2]
    noise = sigma * np.random.default_rng(0).standard_normal((len(z), 200))
    theta = np.linalg.pinv(z, rcond=1e-6) @ noise
    assert found.total == pytest.approx(float(np.mean((pairs @ theta) ** 2)), rel=0.08)


@pytest.mark.slow
def test_rough_truths_add_a_bias_that_more_intervals_remove() -> None:
    data = InteractionData(d=3, tokens=3, rank=1, heads=2, activation="rate_hard")
    coarse, fine = (first_order(draw_heads(data, 0), SplineSpace(3, k), 10**9, 3, 0.3, 0).total for k in (4, 16))
    assert coarse > 5 * fine


def test_features_at_the_truth_span_what_the_fit_has() -> None:
    """Derivatives of the law are those that the profile descends along: residuals of one on the other vanish."""
    profile, truth, u, v = several(samples=300)
    features = Features(truth, profile.single.space, double(profile.single.x[:100]))
    x = double(profile.single.x[:100])
    fit = profile.features(x.reshape(-1, 4), u, v)
    mine = features(x)[:, : features.splines]
    rest = fit - mine @ np.linalg.lstsq(mine, fit, rcond=None)[0]
    assert np.abs(rest).max() < 1e-8
