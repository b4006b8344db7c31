"""Prediction intervals of one further run, and what a budget buys."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.rates.fitting.fit import fit
from mtam.rates.laws import EntropyBalance, PowerLaw
from mtam.rates.prediction import next_runs, predictions
from mtam.rates.simulation.calibrate import PLAIN, SIZES
from mtam.rates.simulation.calibrate_predictions import CURVES, curves_covered
from mtam.rates.simulation.simulate_curves import simulate
from mtam.rates.t_quantiles import quantile

AT = np.array([1e5])


def test_of_one_seed_it_is_the_textbook_interval() -> None:
    errors = simulate(PLAIN, SIZES, 1, np.random.default_rng(0))
    (found,) = predictions(PowerLaw(), SIZES, errors, AT)
    x, y = np.log(SIZES), np.log(errors[0])
    design = np.stack([np.ones_like(x), x], axis=1)
    theta, rss, *_ = np.linalg.lstsq(design, y, rcond=None)
    row = np.array([1, np.log(AT[0])])
    spread = np.sqrt(float(rss[0]) / 6 * (1 + row @ np.linalg.inv(design.T @ design) @ row))
    assert np.log(found.error.value) == pytest.approx(row @ theta)
    assert np.log(found.error.high / found.error.value) == pytest.approx(quantile(0.95, 6) * spread)
    assert found.seeds == 1


def test_seeds_without_noise_leave_students_prediction_interval_of_a_mean() -> None:
    levels = np.array([0.1, -0.4, 0.3, 0.2])
    errors = np.exp(levels[:, None] - 0.5 * np.log(SIZES))
    (found,) = predictions(PowerLaw(), SIZES, errors, AT)
    half = quantile(0.95, 3) * levels.std(ddof=1) * np.sqrt(1 + 1 / 4)
    assert np.log(found.error.high / found.error.value) == pytest.approx(half, rel=1e-6)


def test_a_floor_is_predicted_too() -> None:
    errors = simulate(replace(PLAIN, level=0.0, noise=1e-6, floor=1e-3), SIZES, 3, np.random.default_rng(0))
    (found,) = predictions(PowerLaw(), SIZES, errors, np.array([1e9]), floor=True)
    assert found.error.value == pytest.approx(1e-3, rel=1e-3)


def test_what_cannot_be_predicted_is_refused() -> None:
    errors = simulate(PLAIN, SIZES, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="at least 3 sizes, not 2"):
        predictions(PowerLaw(), SIZES[:2], errors[:, :2], AT)
    errors[:, 0] = np.nan
    with pytest.raises(ValueError, match="no seed has all the sizes"):
        predictions(PowerLaw(), SIZES, errors, AT)
    with pytest.raises(ValueError, match="covers n"):
        predictions(EntropyBalance(tuple(SIZES), tuple(1 / SIZES)), SIZES, np.exp(np.nan_to_num(errors)), AT)


def test_coverage_of_the_quick_count() -> None:
    """40 data sets of three truths: 90% intervals hold the further run in 99 to 117 of 120, as .99 of counts do."""
    names = ("one seed, independent residuals", "5 seeds", "5 seeds, own slopes")
    held = sum(curves_covered(name, 40, key=11)["share"] * 40 for name in names)
    assert 99 <= held <= 117
    assert set(names) < set(CURVES)


def test_a_law_that_does_not_go_on_is_missed() -> None:
    """The negative control: a plateau beyond the sizes lies outside."""
    errors = simulate(replace(PLAIN, level=0.0, noise=0.02), SIZES, 5, np.random.default_rng(0))
    (found,) = predictions(PowerLaw(), SIZES, errors, AT)
    assert not found.error.holds(float(errors[:, -1].mean()))


def test_the_half_width_to_come_is_what_more_seeds_give_on_the_mean() -> None:
    rng, expected, given = np.random.default_rng(1), [], []
    for _ in range(60):
        errors = simulate(PLAIN, SIZES, 16, rng)
        seeds = next(one for one in next_runs(PowerLaw(), SIZES, errors[:8], 8.4 * SIZES.sum()) if one.size is None)
        assert (seeds.runs, seeds.cost) == (8, 8 * SIZES.sum())
        later = fit(PowerLaw(), SIZES, errors)
        assert later is not None
        assert later.slope is not None
        expected.append(seeds.half_width)
        given.append((later.slope.high - later.slope.low) / 2)
    assert np.mean(expected) == pytest.approx(np.mean(given), rel=0.1)


def test_where_seeds_have_slopes_of_their_own_more_seeds_are_better_and_of_close_sizes_a_larger_one() -> None:
    rng = np.random.default_rng(2)
    own = simulate(replace(PLAIN, tilt=0.3, noise=0.01), SIZES, 6, rng)
    assert next_runs(PowerLaw(), SIZES, own, 4 * SIZES.sum())[0].what == "more seeds"
    close = np.array([1000.0, 1200.0, 1400.0, 1600.0])  # whose slope a size far away tells better than twice the seeds
    noisy = simulate(replace(PLAIN, correlation=0.0), close, 10, rng)
    best = next_runs(PowerLaw(), close, noisy, 10 * close.sum())[0]
    assert best.what == "another size"
    assert best.size == pytest.approx(close.sum())
    assert next_runs(PowerLaw(), close, noisy, 1.0) == []
