"""The free gamma of curves whose gamma is known."""

import numpy as np
import pytest

from mtam.rates.fitting.gamma import free_gamma, gamma_interval
from mtam.rates.laws import Floats, SubPolynomial

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 15), dtype=np.float64)


@pytest.mark.parametrize("gamma", [0.33, 0.5, 0.67, 1.0, 1.5])
def test_the_gamma_of_a_noise_free_curve_is_found(gamma: float) -> None:
    assert free_gamma(SIZES, 0.7 - 1.3 * SubPolynomial(gamma).axis(SIZES)) == pytest.approx(gamma, abs=1e-9)


@pytest.mark.parametrize(("errors", "side"), [(0.1 + 3 / SIZES, "low"), (np.exp(-(np.log(SIZES) ** 3) / 50), "high")])
def test_a_gamma_at_the_border_has_an_open_side(errors: Floats, side: str) -> None:
    rng = np.random.default_rng(4)
    found = gamma_interval(SIZES, errors * np.exp(0.001 * rng.normal(size=(4, len(SIZES)))))
    assert found is not None
    assert not np.isfinite(getattr(found, side))


def test_a_curve_that_is_beyond_the_range_whatever_seed_is_left_out_sets_no_limit() -> None:
    level = np.array([[0.1], [0.2], [0.4]])  # seeds of one shape: the jackknife sees no spread at the border
    found = gamma_interval(SIZES, level * (0.1 + 3 / SIZES))
    assert found is not None
    assert (found.value, found.low, found.high) == (0.02, -np.inf, np.inf)


def test_the_jackknife_interval_covers() -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(200):
        levels = 0.3 * rng.normal(size=(5, 1))
        logs = -2.0 * SubPolynomial(0.6).axis(SIZES) + levels + 0.03 * rng.normal(size=(5, len(SIZES)))
        found = gamma_interval(SIZES, np.exp(logs))
        assert found is not None
        hits += found.low <= 0.6 <= found.high
    assert hits / 200 >= 0.9


def test_one_seed_has_no_interval() -> None:
    assert gamma_interval(SIZES, np.ones((1, len(SIZES)))) is None
