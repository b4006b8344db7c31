"""Fits recover noise-free curves exactly, and their intervals cover at the promised rate."""

import numpy as np
import pytest

from mtam.rates.fitting.fit import fit, local_slopes, student_interval
from mtam.rates.laws import EntropyBalance, Floats, Law, LogPower, PowerLaw, SubPolynomial

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)


REFERENCE = EntropyBalance((16, 100, 1000, 20000), (1.0, 0.4, 0.2, 0.15))


@pytest.mark.parametrize("form", [PowerLaw(), SubPolynomial(0.5), SubPolynomial(1 / 3), LogPower(), REFERENCE], ids=str)
def test_noise_free_curves_are_recovered_exactly(form: Law) -> None:
    levels = np.array([[0.3], [-0.2], [1.1]])
    errors = np.exp(levels - 1.7 * form.axis(SIZES))
    found = fit(form, SIZES, errors)
    assert found is not None
    assert found.slope is not None
    assert found.slope.value == pytest.approx(-1.7, abs=1e-12)
    assert found.slope.high - found.slope.low == pytest.approx(0, abs=1e-10)
    assert found.intercept == pytest.approx(0.4, abs=1e-10)
    assert found.r2 == pytest.approx(1)


def test_a_wrong_law_fits_worse() -> None:
    errors = np.exp(-2.0 * SubPolynomial(1 / 3).axis(SIZES))[None]
    right, wrong = fit(SubPolynomial(1 / 3), SIZES, errors), fit(PowerLaw(), SIZES, errors)
    assert right is not None
    assert wrong is not None
    assert right.r2 is not None
    assert wrong.r2 is not None
    assert right.r2 > wrong.r2


def test_one_seed_gives_no_interval_and_so_no_slope() -> None:
    found = fit(PowerLaw(), SIZES, np.exp(-PowerLaw().axis(SIZES))[None])
    assert found is not None
    assert found.slope is None
    assert found.loglog is None


def test_one_size_gives_no_fit() -> None:
    assert fit(PowerLaw(), SIZES[:1], np.ones((3, 1))) is None


def test_two_sizes_give_no_r2() -> None:
    found = fit(PowerLaw(), SIZES[:2], np.ones((3, 2)))
    assert found is not None
    assert found.r2 is None


def test_the_log_log_slope_of_a_power_law_is_its_slope() -> None:
    rng = np.random.default_rng(0)
    found = fit(PowerLaw(), SIZES, np.exp(-0.8 * PowerLaw().axis(SIZES) + 0.1 * rng.normal(size=(5, len(SIZES)))))
    assert found is not None
    assert found.slope == found.loglog


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_intervals_cover_the_true_slope(seeds: int) -> None:
    """95% intervals over seeds with a level of their own; 2000 replications put the share within 1.5% of 0.95."""
    rng = np.random.default_rng(seeds)
    x = PowerLaw().axis(SIZES)
    hits = 0
    for _ in range(2000):
        log_errors = -0.8 * x + 0.5 * rng.normal(size=(seeds, 1)) + 0.1 * rng.normal(size=(seeds, len(x)))
        found = fit(PowerLaw(), SIZES, np.exp(log_errors))
        assert found is not None
        assert found.slope is not None
        hits += found.slope.low <= -0.8 <= found.slope.high
    assert 0.935 <= hits / 2000 <= 0.965


def test_local_slopes_of_a_power_law() -> None:
    assert local_slopes(SIZES, SIZES[None] ** -0.8)[1:] == pytest.approx([-0.8] * (len(SIZES) - 1))
    assert local_slopes(SIZES, SIZES[None] ** -0.8)[0] is None


def test_interval_of_equal_values() -> None:
    found = student_interval(np.array([2.0, 2.0]))
    assert found is not None
    assert (found.low, found.value, found.high) == (2.0, 2.0, 2.0)


def test_a_held_exponent_leaves_the_level() -> None:
    """The line has the held slope; the slope that is quoted is what the seeds themselves want."""
    held = EntropyBalance(REFERENCE.sizes, REFERENCE.errors, 1.0)
    levels = np.array([[0.3], [-0.2], [1.1]])
    found = fit(held, SIZES, np.exp(levels + 1.3 * REFERENCE.axis(SIZES)))
    assert found is not None
    assert found.slope is not None
    assert found.line == 1.0
    assert found.slope.value == pytest.approx(1.3)
    level = fit(held, SIZES, np.exp(levels + REFERENCE.axis(SIZES)))
    assert level is not None
    assert level.intercept == pytest.approx(0.4)


def test_sizes_where_seeds_agree_weigh_more() -> None:
    """Noise at the small sizes moves the slope less than it would unweighted."""
    rng = np.random.default_rng(8)
    noise = rng.normal(size=(400, 10, len(SIZES))) * 0.4 * (SIZES / 64) ** -0.5
    found = [fit(PowerLaw(), SIZES, np.exp(-0.8 * np.log(SIZES) + one)) for one in noise]
    weighted = np.array([one.line for one in found if one])
    plain = np.polyfit(np.log(SIZES), (-0.8 * np.log(SIZES) + noise.mean(axis=1)).T, 1)[0]
    assert weighted.std() < 0.8 * plain.std()


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_bootstrap_intervals_on_request(method: str) -> None:
    errors = np.exp(-0.8 * np.log(SIZES) + 0.1 * np.random.default_rng(0).normal(size=(10, len(SIZES))))
    found = fit(PowerLaw(), SIZES, errors, method=method)  # type: ignore[arg-type]
    assert found is not None
    assert found.slope is not None
    assert found.slope.low < found.slope.value < found.slope.high
