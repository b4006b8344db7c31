"""Fits recover noise-free curves exactly, and their intervals cover at the promised rate."""

import numpy as np
import pytest

from mtam.rates.fit import fit, local_slopes, student_interval
from mtam.rates.laws import Floats, Law, LogPower, PowerLaw, SubPolynomial, law

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)


@pytest.mark.parametrize("form", [PowerLaw(), SubPolynomial(0.5), SubPolynomial(1 / 3), LogPower()], ids=str)
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


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"name": "power_law", "exponent": 0.8}, PowerLaw(0.8)),
        ({"name": "power_law"}, PowerLaw()),
        ({"name": "sub_polynomial", "gamma": 0.5}, SubPolynomial(0.5)),
        ({"name": "log_power", "exponent": 3.0}, LogPower(3.0)),
        ({"name": "log_power"}, LogPower()),
    ],
)
def test_laws_by_name(form: dict[str, object], expected: Law) -> None:
    assert law(form) == expected


def test_an_unknown_law() -> None:
    with pytest.raises(ValueError, match="valid: power_law"):
        law({"name": "magic"})
