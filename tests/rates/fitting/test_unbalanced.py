"""Seeds that lack sizes and single seeds: estimates, intervals that cover, and Student's where nothing lacks."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.rates.compare import FIRST, SECOND, compare
from mtam.rates.fitting.fit import fit, interval_of, over_seeds, slopes
from mtam.rates.fitting.unbalanced import adjusted_means, combined, own_estimates
from mtam.rates.laws import LogPower, PowerLaw, SubPolynomial
from mtam.rates.simulation.calibrate import PLAIN, SIZES
from mtam.rates.simulation.calibrate_brought import GAPS, with_gaps
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate
from mtam.rates.t_quantiles import quantile

LINE = PowerLaw()
X = np.log(SIZES)
ONES = np.ones((len(SIZES), 1))


def draw(seeds: int, key: int = 0, truth: CurveTruth = PLAIN) -> np.ndarray:
    return simulate(truth, SIZES, seeds, np.random.default_rng(key))


@pytest.mark.parametrize("seeds", [2, 5, 20])
def test_whole_seeds_give_student_s_interval_over_seeds_exactly(seeds: int) -> None:
    logs = np.log(draw(seeds))
    found = interval_of(own_estimates(ONES, X, logs, np.ones(len(SIZES))))
    expected = over_seeds(slopes(X, logs))
    assert found is not None
    assert expected is not None
    assert [found.value, found.low, found.high] == pytest.approx([expected.value, expected.low, expected.high])
    told = combined(own_estimates(ONES, X, logs, np.ones(len(SIZES))))
    assert told is not None
    assert told.freedom == pytest.approx(seeds - 1)


@pytest.mark.parametrize("gaps", GAPS)
def test_noise_free_seeds_with_gaps_are_recovered_exactly(gaps: str) -> None:
    errors = with_gaps(draw(8, truth=replace(PLAIN, noise=0.0)), gaps, np.random.default_rng(0))
    found = fit(LINE, SIZES, errors, single=True)
    assert found is not None
    assert found.slope is not None
    assert found.slope.value == pytest.approx(-0.8, abs=1e-10)
    assert found.slope.high - found.slope.low < 1e-9
    assert found.r2 == pytest.approx(1)


def test_seeds_that_lack_a_size_cost_little_and_leaving_them_out_would_cost_much() -> None:
    """Mean widths over 40 draws: all seeds whole, eight of ten without the largest size, the two whole ones alone."""
    widths = []
    for key in range(40):
        errors = draw(10, key)
        gap = errors.copy()
        gap[2:, -1] = np.nan
        fits = [fit(LINE, SIZES, one, single=True) for one in (errors, gap, errors[:2])]
        widths.append([one.slope.high - one.slope.low for one in fits if one is not None and one.slope is not None])
    whole, some, few = np.mean(widths, axis=0)
    assert whole < some < 1.5 * whole
    assert few > 3 * some


@pytest.mark.parametrize("gaps", GAPS)
@pytest.mark.parametrize("seeds", [3, 10])
def test_intervals_of_seeds_with_gaps_cover(seeds: int, gaps: str) -> None:
    """200 draws: 95% with a standard error of 1.5%; the whole table is in the calibration."""
    rng, inside = np.random.default_rng(5), []
    for _ in range(200):
        errors = with_gaps(simulate(PLAIN, SIZES, seeds, rng), gaps, rng)
        seen = np.isfinite(errors).any(axis=0)
        found = fit(LINE, SIZES[seen], errors[:, seen], single=True)
        if found is not None and found.slope is not None:
            inside.append(found.slope.holds(-0.8))
    assert len(inside) > 150
    assert 0.91 <= np.mean(inside) <= 0.995


def test_taking_unequal_seeds_for_equal_ones_would_be_wider() -> None:
    """The negative control of the weights: seeds of two neighbouring sizes know next to nothing of the slope."""
    widths = []
    for key in range(40):
        errors = draw(10, key)
        errors[5:, 2:] = np.nan
        own = own_estimates(ONES, X, np.log(errors), np.ones(len(SIZES)))
        told = interval_of(own), over_seeds(own.values)
        widths.append([one.high - one.low for one in told if one is not None])
    weighted, plain = np.mean(widths, axis=0)
    assert weighted < 0.6 * plain


def test_a_single_seed_gives_the_interval_of_least_squares() -> None:
    logs = np.log(draw(1))
    found = fit(LINE, SIZES, np.exp(logs), single=True)
    assert found is not None
    assert found.basis == "residuals"
    assert found.slope is not None
    slope, intercept = np.polyfit(X, logs[0], 1)
    rest = logs[0] - intercept - slope * X
    error = np.sqrt(rest @ rest / 6 / ((X - X.mean()) ** 2).sum())
    half = quantile(0.975, 6) * error
    assert [found.slope.value, found.slope.low, found.slope.high] == pytest.approx([slope, slope - half, slope + half])
    assert found.intercept == pytest.approx(intercept)


def test_a_single_seed_covers_where_its_residuals_are_independent() -> None:
    truth = replace(PLAIN, correlation=0.0)
    fits = [fit(LINE, SIZES, draw(1, key, truth), single=True) for key in range(600)]
    inside = [found.slope.holds(-0.8) for found in fits if found is not None and found.slope is not None]
    assert len(inside) == 600
    assert 0.93 <= np.mean(inside) <= 0.97


def test_two_sizes_of_a_single_seed_give_no_interval() -> None:
    found = fit(LINE, SIZES[:2], draw(1)[:, :2], single=True)
    assert found is not None
    assert found.slope is None


@pytest.mark.parametrize("seeds", [1, 6])
def test_a_floor_is_found_by_a_single_seed_and_by_seeds_with_gaps(seeds: int) -> None:
    truth = replace(PLAIN, floor=float(SIZES[-1] ** -0.8), level=0.0, noise=0.01, correlation=0.0)
    errors = draw(seeds, 1, truth)
    errors[seeds // 2 :, -1] = np.nan if seeds > 1 else errors[seeds // 2 :, -1]
    found = fit(LINE, SIZES, errors, floor=True, single=True)
    assert found is not None
    assert found.slope is not None
    assert found.floor is not None
    assert found.slope.holds(-0.8)
    assert found.floor.holds(truth.floor)
    assert found.floor.low > 0


@pytest.mark.parametrize("seeds", [1, 6])
def test_laws_are_told_apart_by_a_single_seed_and_by_seeds_with_gaps(seeds: int) -> None:
    truth = CurveTruth(LINE, -0.5, level=0.3, noise=0.002)
    errors = draw(seeds, 2, truth)
    errors[seeds // 2 :, -1] = np.nan if seeds > 1 else errors[seeds // 2 :, -1]
    for rival in (LogPower(), SubPolynomial(0.5)):
        assert compare(LINE, rival, SIZES, errors, single=True).answer == FIRST
        assert compare(rival, LINE, SIZES, errors, single=True).answer == SECOND


def test_adjusted_means_do_not_follow_the_levels_of_the_seeds_that_are_there() -> None:
    levels = np.array([0.0, 1.0, 5.0])
    logs = levels[:, None] - 0.5 * X
    logs[2, 4:] = np.nan
    found = adjusted_means(logs)
    assert found == pytest.approx(levels.mean() - 0.5 * X)
    assert np.nanmean(logs, axis=0) != pytest.approx(levels.mean() - 0.5 * X)


def test_seeds_that_share_no_size_have_plain_means() -> None:
    logs = np.full((2, 4), np.nan)
    logs[0, :2], logs[1, 2:] = 1.0, 2.0
    assert adjusted_means(logs).tolist() == [1, 1, 2, 2]
