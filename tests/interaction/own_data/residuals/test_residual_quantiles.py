"""Prediction intervals of responses: exact where they can be, and held at their level by samples not fitted."""

import numpy as np
import pytest

from mtam.interaction.own_data.interaction_regressor import InteractionRegressor
from mtam.interaction.own_data.residuals.residual_quantiles import quantiles
from tests.interaction.own_data.test_model_tests import drawn


def test_quantiles_are_widened_for_what_was_fitted() -> None:
    residuals = np.linspace(-1, 1, 1001)
    assert quantiles(residuals, 0.0, 0.9) == pytest.approx((-0.9, 0.9))
    low, high = quantiles(residuals, 91.0, 0.9)
    assert (low, high) == pytest.approx((-0.9 * (1092 / 910) ** 0.5, 0.9 * (1092 / 910) ** 0.5))
    assert quantiles(residuals**3 + 1, 0.0, 0.5) == pytest.approx((0.875, 1.125))
    with pytest.raises(ValueError, match=r"level = 1.0; valid: between 0 and 1"):
        quantiles(residuals, 0.0, 1.0)


def test_samples_not_fitted_lie_in_their_intervals_at_the_level() -> None:
    """4 data sets, 480 responses each, noise skewed and in part common to a sample."""
    shares = []
    for seed in range(4):
        x, y = drawn("tanh", 1, 300 + seed)
        model = InteractionRegressor(1, max_starts=4).fit(x[:130], y[:130])
        both = [model.predict_interval(x[130:], level) for level in (0.9, 0.5)]
        shares.append([np.mean((low <= y[130:]) & (y[130:] <= high)) for low, high in both])
        assert model.numbers_["prediction_low"] == pytest.approx(float((both[0][0] - model.predict(x[130:])).mean()))
    assert np.mean(shares, axis=0) == pytest.approx([0.9, 0.5], abs=0.05)


def test_noise_that_grows_is_not_held() -> None:
    """The negative control: samples with thrice the noise lie outside."""
    x, y = drawn("tanh", 1, 310)
    model = InteractionRegressor(1, max_starts=4).fit(x, y)
    rest = y - model.predict(x)
    low, high = model.predict_interval(x)
    louder = model.predict(x) + 3 * rest
    assert np.mean((low <= louder) & (louder <= high)) < 0.8
