"""Slopes without the smallest sizes, and between neighbouring sizes."""

import numpy as np
import pytest

from mtam.rates.fitting.sensitivity import leave_smallest_out, local_intervals
from mtam.rates.laws import Floats, PowerLaw
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 13), dtype=np.float64)


def test_a_power_law_keeps_its_slope() -> None:
    told = leave_smallest_out(
        PowerLaw(), SIZES, simulate(CurveTruth(PowerLaw(), -0.8), SIZES, 3, np.random.default_rng(0))
    )
    assert [one.smallest for one in told] == SIZES[:5].tolist()
    assert [one.sizes for one in told] == [7, 6, 5, 4, 3]
    for one in told:
        assert one.slope is not None
        assert one.slope.value == pytest.approx(-0.8)


def test_a_floor_shows_as_drift() -> None:
    truth = CurveTruth(PowerLaw(), -0.8, floor=0.002, level=0.2, noise=0.01)
    errors = simulate(truth, SIZES, 5, np.random.default_rng(0))
    drift = [one.slope.value for one in leave_smallest_out(PowerLaw(), SIZES, errors) if one.slope]
    assert drift == sorted(drift)
    assert drift[-1] > drift[0] + 0.1
    still = [one.slope for one in leave_smallest_out(PowerLaw(), SIZES, errors, floor=True)]
    assert len(still) == 3
    assert all(slope is not None and slope.low < -0.8 < slope.high for slope in still)


def test_local_slopes_have_intervals() -> None:
    errors = simulate(CurveTruth(PowerLaw(), -0.8, level=0.5, noise=0.05), SIZES, 8, np.random.default_rng(4))
    told = local_intervals(SIZES, errors)
    assert len(told) == 6
    for one in told:
        assert one is not None
        assert one.low < one.value < one.high
    assert local_intervals(SIZES, errors[:1]) == [None] * 6
