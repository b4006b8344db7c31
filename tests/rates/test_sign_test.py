"""Intervals by order alone: their figures by hand, their coverage, and what Student's interval makes of two humps."""

import numpy as np
import pytest

from mtam.rates.sign_test import fewer, median_interval, median_within, share_interval, share_within
from mtam.rates.verdict import Verdict

# Ratios of an estimator that collapses in three starts of ten to a reference.
TWO_HUMPS = np.array([6.6, 5021, 7.3, 25, 4836, 4.6, 14, 23, 4854, 15])


def test_of_six_figures_the_extremes_cover_the_median() -> None:
    values = np.array([3.0, 1.0, 2.0, 9.0, 5.0, 4.0])
    found = median_interval(values)
    assert found is not None
    assert (found.value, found.low, found.high) == (3.5, 1.0, 9.0)
    assert median_interval(values[:5]) is None
    assert 1 - 2 * fewer(1, 6, 0.5) == pytest.approx(0.96875)


def test_the_interval_covers_the_median_of_a_skewed_law_as_often_as_it_says() -> None:
    """Ten draws: ranks 2 and 9 cover with 97.9%; of 4000 sets within three standard errors."""
    rng = np.random.default_rng(0)
    draws = np.exp(2 * rng.standard_normal((4000, 10)))
    found = [median_interval(row) for row in draws]
    covered = np.mean([interval is not None and interval.holds(1.0) for interval in found])
    assert covered == pytest.approx(1 - 2 * fewer(2, 10, 0.5), abs=3 * (0.979 * 0.021 / 4000) ** 0.5)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"), [(7, 10, 0.3475, 0.9333), (0, 10, 0, 0.3085), (3, 3, 0.2924, 1)]
)
def test_shares_have_the_published_intervals(successes: int, trials: int, low: float, high: float) -> None:
    found = share_interval(successes, trials)
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-4)


@pytest.mark.parametrize("chance", [0.1, 0.7])
def test_shares_are_covered_at_least_as_often_as_they_say(chance: float) -> None:
    """Exactly, by summing over all outcomes of 12 trials."""
    covered = sum(
        fewer(k + 1, 12, chance) - fewer(k, 12, chance) for k in range(13) if share_interval(k, 12).holds(chance)
    )
    assert covered >= 0.95


def test_two_humps_are_above_two_by_their_median_and_seven_of_ten_learn() -> None:
    assert median_within(TWO_HUMPS, high=2.0).verdict == Verdict.CONTRADICTED
    assert median_within(TWO_HUMPS, high=10.0).verdict == Verdict.UNDECIDED
    assert median_within(TWO_HUMPS[:5], high=2.0).verdict == Verdict.UNDECIDED
    learned = [bool(ratio < 100) for ratio in TWO_HUMPS]
    assert share_within(learned, low=0.3).verdict == Verdict.SUPPORTED
    assert share_within(learned, low=0.5).verdict == Verdict.UNDECIDED
    assert share_within(learned, low=0.95).verdict == Verdict.CONTRADICTED
    assert share_within([], low=0.5).verdict == Verdict.UNDECIDED


@pytest.mark.parametrize(("successes", "trials"), [(3, 2), (-1, 2), (0, 0)])
def test_impossible_counts(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="valid: 0 to"):
        share_interval(successes, trials)
