"""Bootstrap intervals against scipy, on the same samples and for many samples at once."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from mtam.rates import intervals


@pytest.mark.parametrize(("name", "theirs"), [("percentile", "percentile"), ("bca", "BCa")])
def test_bootstraps_agree_with_scipy(name: str, theirs: str) -> None:
    values = np.random.default_rng(0).exponential(size=25)
    low, high = getattr(intervals, name)(values, shares=intervals.resample(25, 40000))
    rng = np.random.default_rng(1)
    other = bootstrap((values,), np.mean, n_resamples=40000, method=theirs, rng=rng).confidence_interval  # type: ignore[call-overload]
    width = other.high - other.low
    assert (low, high) == pytest.approx((other.low, other.high), abs=0.02 * width)


@pytest.mark.parametrize("name", ["student", "percentile", "bca"])
def test_many_samples_at_once(name: str) -> None:
    values = np.random.default_rng(2).normal(size=(3, 4, 6))
    low, high = getattr(intervals, name)(values)
    assert low.shape == high.shape == (3, 4)
    one = getattr(intervals, name)(values[1, 2])
    assert (low[1, 2], high[1, 2]) == pytest.approx((float(one[0]), float(one[1])))
    assert np.all(low < high)


@pytest.mark.parametrize("name", ["student", "percentile", "bca"])
def test_equal_values_have_an_interval_of_no_width(name: str) -> None:
    low, high = getattr(intervals, name)(np.full(5, 2.5))
    assert (float(low), float(high)) == pytest.approx((2.5, 2.5))
