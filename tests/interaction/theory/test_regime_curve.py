"""The curve of errors over M: its pieces, its continuation, and slopes known by hand."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionData, InteractionTrial
from mtam.interaction.theory.regime_curve import RegimeCase, RegimeCurve, from_where, regime_curve, samples_needed

SIZES = np.geomspace(1e4, 1e15, 12)


@pytest.fixture(scope="module")
def curve() -> RegimeCurve:
    return regime_curve(RegimeCase(2, 1, 3, 0.3, (0, 1, 2, 3)), 256)


def test_the_error_is_that_of_one_dimension_and_a_price_that_is_linear_in_d(curve: RegimeCurve) -> None:
    known, total = curve.by_rule(SIZES, 1, 4.0), curve.by_rule(SIZES, 30, 4.0)
    assert total - known == pytest.approx(curve.price_at(SIZES, 30), rel=1e-9)
    assert curve.price_at(SIZES, 59) == pytest.approx(2 * curve.price_at(SIZES, 30))
    assert not curve.price_at(SIZES, 1).any()


def test_the_best_k_is_better_than_that_of_any_rule(curve: RegimeCurve) -> None:
    for constant in (2.0, 4.0, 8.0):
        assert np.all(curve.best(SIZES, 5) <= curve.by_rule(SIZES, 5, constant) * (1 + 1e-4))


def test_without_bias_the_slope_is_minus_one_at_given_k_and_with_price_alone(curve: RegimeCurve) -> None:
    """As d grows without end the price is all there is: slope -1."""
    assert curve.slopes(SIZES, 10**12, 4.0) == pytest.approx(-1, abs=1e-4)


def test_the_slope_is_theorys_where_the_terms_are_powers(curve: RegimeCurve) -> None:
    planted = replace(
        curve,
        bias=np.repeat(curve.intervals[:, None] ** -4.0, 4, axis=1),
        trace=2 * curve.intervals,
    )
    assert planted.slopes(SIZES, 1, 4.0) == pytest.approx(-0.8, abs=1e-6)
    assert planted.slopes(SIZES[4:], 1) == pytest.approx(-0.8, abs=1e-3)  # smaller M: few K, in whole numbers
    assert curve.slopes(SIZES, 1, 4.0) != pytest.approx(-0.8, abs=1e-3)


def test_the_continuation_agrees_with_a_computation_that_goes_farther(curve: RegimeCurve) -> None:
    """Between K = 256 and 1024 the one is continued: bias to its wiggles, which are 10% to 20% there, trace to .1%."""
    far = regime_curve(curve.case, 1024)
    between = (far.intervals > curve.exact) & (far.intervals <= far.exact)
    ratio = np.log(curve.bias[between] / far.bias[between])
    assert abs(ratio.mean()) < 0.1
    assert np.abs(ratio).max() < 0.7
    assert curve.trace[between] == pytest.approx(far.trace[between], rel=1e-3)
    inside = curve.intervals <= curve.exact
    assert curve.bias[inside] == pytest.approx(far.bias[inside], rel=0.02)  # other frequencies beyond 1024


def test_the_border_is_that_of_trials() -> None:
    for degree, d in ((2, 30), (3, 5), (4, 30)):
        trial = InteractionTrial(data=InteractionData(d=d, rank=1, degree=degree))
        assert samples_needed(degree - 1, d) == pytest.approx(trial.samples_needed())


def test_from_where_asks_for_all_that_follow() -> None:
    sizes = [10.0, 100.0, 1000.0]
    assert from_where(sizes, np.array([0.3, 0.01, 0.02]), 0.05) == 100.0
    assert from_where(sizes, np.array([0.01, 0.3, 0.02]), 0.05) == 1000.0
    assert from_where(sizes, np.array([0.01, 0.02, 0.3]), 0.05) is None
    assert from_where(sizes, np.array([0.01, 0.02, 0.03]), 0.05) == 10.0
