"""Laws fitted to many mean curves at once: against polyfit, and tangents and influence against differences."""

import numpy as np
import pytest

from mtam.rates.fitting.mean_fit import MeanFit, fit_means, influence
from mtam.rates.laws import EntropyBalance, Floats, LogPower, PowerLaw, SubPolynomial

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)
RNG = np.random.default_rng(0)
MEANS: Floats = np.asarray(0.4 - 0.8 * np.log(SIZES) + 0.1 * RNG.standard_normal((3, 2, len(SIZES))))
WEIGHTS: Floats = np.asarray(RNG.uniform(0.5, 2.0, MEANS.shape))
HELD = EntropyBalance(tuple(SIZES), tuple(SIZES**-0.7), 1.0)


def floored_means(noise: float) -> Floats:
    """Log errors of a power law with a floor that the largest sizes see."""
    errors = 0.01 + np.exp(0.4 - 0.8 * np.log(SIZES))
    return np.asarray(np.log(errors) + noise * np.random.default_rng(1).standard_normal((4, len(SIZES))))


def parameters(found: MeanFit) -> Floats:
    """As they lie along the tangent  # (..., p)."""
    rows = [found.intercept, found.slope, found.floor]
    return np.stack([rows[0]] if found.parameters == 1 else rows[: found.parameters], axis=-1)


@pytest.mark.parametrize("law", [PowerLaw(), SubPolynomial(0.5), LogPower()], ids=str)
def test_every_curve_has_the_fit_of_polyfit(law: PowerLaw) -> None:
    found = fit_means(law, SIZES, MEANS, WEIGHTS)
    t = law.axis(SIZES)
    for at in np.ndindex(3, 2):
        slope, intercept = np.polyfit(t, MEANS[at], 1, w=np.sqrt(WEIGHTS[at]))
        assert (found.slope[at], found.intercept[at]) == pytest.approx((slope, intercept))
        rss = np.sum(WEIGHTS[at] * (MEANS[at] - intercept - slope * t) ** 2)
        assert found.rss[at] == pytest.approx(rss)
    np.testing.assert_allclose(found.at(SIZES), found.predicted, atol=1e-12)
    np.testing.assert_array_equal(found.floor, 0)


def test_a_held_slope_leaves_the_weighted_level() -> None:
    found = fit_means(HELD, SIZES, MEANS, WEIGHTS)
    level = np.sum(WEIGHTS * (MEANS - HELD.axis(SIZES)), axis=-1) / WEIGHTS.sum(axis=-1)
    np.testing.assert_allclose(found.intercept, level)
    np.testing.assert_array_equal(found.slope, 1.0)
    assert found.parameters == 1
    with pytest.raises(ValueError, match="leave the exponent free"):
        fit_means(HELD, SIZES, MEANS, WEIGHTS, floor=True)


def test_a_floor_is_found_and_the_unit_of_the_error_does_not_matter() -> None:
    means = floored_means(0.0)
    here, there = (fit_means(PowerLaw(), SIZES, means + unit, np.ones(8), floor=True) for unit in (0.0, -20.0))
    np.testing.assert_allclose(here.slope, -0.8, atol=1e-7)
    np.testing.assert_allclose(here.floor, 0.01, rtol=1e-6)
    np.testing.assert_allclose(there.floor, 0.01 * np.exp(-20), rtol=1e-6)
    np.testing.assert_allclose(there.slope, here.slope, atol=1e-7)
    np.testing.assert_allclose(here.predicted, means, atol=1e-9)
    np.testing.assert_allclose(here.at(SIZES), here.predicted, atol=1e-9)


@pytest.mark.parametrize(("law", "floor"), [(PowerLaw(), False), (PowerLaw(), True), (HELD, False)], ids=str)
def test_the_tangent_is_the_derivative_by_the_parameters(law: PowerLaw, floor: bool) -> None:
    found = fit_means(law, SIZES, floored_means(0.02), np.ones(8), floor=floor)
    np.testing.assert_allclose(found.tangent_at(SIZES), found.tangent, atol=1e-9)
    t, h = law.axis(SIZES), 1e-6

    def predicted(theta: Floats) -> Floats:
        slope = theta[..., 1:2] if found.parameters > 1 else found.slope[..., None]
        line = np.exp(theta[..., :1] + slope * t)
        return np.asarray(np.log(line + (theta[..., 2:3] if floor else 0.0)))

    at = parameters(found)
    for k in range(found.parameters):
        step = h * np.eye(found.parameters)[k] * (1 if k < 2 else 0.01)
        slope = (predicted(at + step) - predicted(at - step)) / (2 * step[k])
        np.testing.assert_allclose(found.tangent[..., k], slope, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("law", "floor"), [(PowerLaw(), False), (HELD, False), (PowerLaw(), True)], ids=str)
def test_influence_is_how_parameters_follow_the_errors(law: PowerLaw, floor: bool) -> None:
    """Exactly for straight lines; with a floor to first order, at curves that the law fits."""
    means = floored_means(0.0) if floor else floored_means(0.02)
    weights = np.linspace(0.5, 2, 8)
    found = fit_means(law, SIZES, means, weights, floor=floor)
    rows = influence(found.tangent, np.broadcast_to(weights, means.shape))
    change = 1e-4 * np.random.default_rng(2).standard_normal(means.shape)
    moved = fit_means(law, SIZES, means + change, weights, floor=floor)
    expected = np.einsum("kps,ks->kp", rows, change)
    np.testing.assert_allclose(parameters(moved) - parameters(found), expected, rtol=0.02 if floor else 1e-6, atol=1e-7)


def test_parameters_that_cannot_be_told_apart_have_no_influence() -> None:
    twice = np.ones((2, 5, 2))
    twice[1, :, 1] = np.arange(5)
    found = influence(twice, np.ones((2, 5)))
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()
    twice[1, 0, 0] = np.nan
    assert np.isnan(influence(twice, np.ones((2, 5)))).all()
