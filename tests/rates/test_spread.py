"""Weights follow the trend of the spread, and only where the seeds show one."""

import numpy as np
import pytest
from scipy.special import polygamma

from mtam.rates.laws import Floats, PowerLaw
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate
from mtam.rates.spread import trend, trigamma, weights

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)


@pytest.mark.parametrize("x", [0.5, 1.0, 2.0, 9.5, 40.0])
def test_trigamma(x: float) -> None:
    assert trigamma(x) == pytest.approx(float(polygamma(1, x)), rel=1e-9)


@pytest.mark.parametrize("power", [-0.4, 0.0, 0.3])
def test_a_trend_is_found_with_many_seeds(power: float) -> None:
    truth = CurveTruth(PowerLaw(), -0.8, level=1.0, noise=0.2, trend=power)
    found = trend(SIZES, np.log(simulate(truth, SIZES, 300, np.random.default_rng(0))))
    assert 2 * abs(power) * 0.65 - 0.05 <= abs(float(found)) <= 2 * abs(power) + 0.05  # understated, as documented
    assert float(found) * power >= 0


def test_few_seeds_without_a_trend_are_weighted_alike() -> None:
    truth = CurveTruth(PowerLaw(), -0.8, level=1.0, noise=0.2)
    draws = np.log(simulate(truth, SIZES, 3, np.random.default_rng(1), replications=400))
    flat = np.ptp(weights(SIZES, draws), axis=-1) == 0
    assert flat.mean() > 0.8


@pytest.mark.parametrize("shape", [(2, 8), (5, 3), (1, 8)])
def test_too_little_for_weights(shape: tuple[int, int]) -> None:
    logs = np.random.default_rng(0).normal(size=shape)
    assert np.all(weights(SIZES[: shape[1]], logs) == 1)


def test_noise_free_seeds_are_weighted_alike() -> None:
    assert np.all(weights(SIZES, np.ones((5, 8))) == 1)


def test_weights_have_mean_one_and_rise_where_the_spread_falls() -> None:
    truth = CurveTruth(PowerLaw(), -0.8, noise=0.3, trend=-0.5)
    found = weights(SIZES, np.log(simulate(truth, SIZES, 20, np.random.default_rng(2))))
    assert found.mean() == pytest.approx(1)
    assert np.all(np.diff(found) > 0)
