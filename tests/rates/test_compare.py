"""Law comparison on curves whose law is known."""

import numpy as np
import pytest

from mtam.rates.compare import aic_difference, free_gamma, gamma_interval, verdict
from mtam.rates.laws import Floats, PowerLaw, SubPolynomial

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 15), dtype=np.float64)


@pytest.mark.parametrize("gamma", [0.33, 0.5, 0.67, 1.0, 1.5])
def test_the_gamma_of_a_noise_free_curve_is_found(gamma: float) -> None:
    assert free_gamma(SIZES, 0.7 - 1.3 * SubPolynomial(gamma).axis(SIZES)) == pytest.approx(gamma, abs=1e-9)


@pytest.mark.parametrize(("true", "sign"), [(SubPolynomial(0.33), 1), (PowerLaw(), -1)])
def test_the_true_law_is_preferred(true: SubPolynomial | PowerLaw, sign: int) -> None:
    rng = np.random.default_rng(0)
    errors = np.exp(-1.0 * true.axis(SIZES) + 0.001 * rng.normal(size=(5, len(SIZES))))
    difference = aic_difference(SubPolynomial(0.33), PowerLaw(), SIZES, errors)
    assert difference is not None
    assert sign * difference > 10


def test_noise_hides_the_law() -> None:
    rng = np.random.default_rng(1)
    small = SIZES[:5]
    told = [
        verdict(
            aic_difference(
                SubPolynomial(0.67), PowerLaw(), small, np.exp(-PowerLaw().axis(small) + 0.5 * rng.normal(size=(1, 5)))
            ),
            "a",
            "b",
        )
        for _ in range(50)
    ]
    assert sum("cannot tell" in text for text in told) > 40


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


def test_too_little_to_compare() -> None:
    assert aic_difference(SubPolynomial(0.5), PowerLaw(), SIZES[:3], np.ones((2, 3))) is None
    assert gamma_interval(SIZES, np.ones((1, len(SIZES)))) is None
    assert "too few" in verdict(None, "a", "b")


def test_verdicts_name_the_better_law() -> None:
    assert verdict(5.0, "a", "b") == "a fits better"
    assert verdict(-5.0, "a", "b") == "b fits better"
