"""Weights follow the trend of the spread, and only where the seeds show one."""

import numpy as np
import pytest
from scipy.special import polygamma

from mtam.rates.fitting.spread import trend, trigamma, weights
from mtam.rates.laws import Floats, PowerLaw
from mtam.rates.simulation.calibrate import FALLS, PLAIN, cover
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

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


def test_weights_follow_a_spread_that_falls_a_hundredfold() -> None:
    """The variances ask for 1 : 10000; equal noise stays as it is."""
    steep = weights(SIZES, np.log(simulate(FALLS, SIZES, 10, np.random.default_rng(0), replications=100)))
    assert 2000 < np.median(steep[:, -1] / steep[:, 0]) < 50000
    even = weights(SIZES, np.log(simulate(PLAIN, SIZES, 10, np.random.default_rng(0), replications=400)))
    assert np.median(even[:, -1] / even[:, 0]) == 1
    assert (np.ptp(np.log(even), axis=1) > 4).mean() < 0.01


@pytest.mark.parametrize("seeds", [5, 10])
def test_they_make_intervals_narrow_that_still_cover(seeds: int) -> None:
    share, width = cover(FALLS, seeds, "student", replications=1000)["student"]
    assert 0.925 <= share <= 0.975
    assert width < {5: 0.04, 10: 0.02}[seeds]  # 0.15 and 0.07 with weights of one
