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


def curves(law: SubPolynomial | PowerLaw, rng: np.random.Generator, seeds: int = 3) -> Floats:
    """Errors (seeds, 7) whose noise is correlated along n, as that of nested samples is."""
    sizes = SIZES[:7]
    noise = np.zeros((seeds, 7))
    step = rng.normal(size=(seeds, 7))
    noise[:, 0] = step[:, 0]
    for k in range(1, 7):
        noise[:, k] = 0.7 * noise[:, k - 1] + (1 - 0.7**2) ** 0.5 * step[:, k]
    return np.asarray(np.exp(-2.0 * law.axis(sizes) + 0.15 * noise), dtype=np.float64)


@pytest.mark.parametrize(("true", "wrong"), [(SubPolynomial(0.5), "a power law"), (PowerLaw(), "theory's law")])
def test_a_wrong_verdict_is_rare_even_when_sizes_are_correlated(true: SubPolynomial | PowerLaw, wrong: str) -> None:
    rng = np.random.default_rng(1)
    told = []
    for _ in range(100):
        errors = curves(true, rng)
        difference = aic_difference(SubPolynomial(0.5), PowerLaw(), SIZES[:7], errors)
        told.append(verdict(difference, gamma_interval(SIZES[:7], errors), 0.5))
    assert sum(text.startswith(wrong) for text in told) <= 8


@pytest.mark.parametrize(("true", "words"), [(SubPolynomial(0.3), "theory's law"), (PowerLaw(), "a power law")])
def test_a_clear_curve_gets_a_clear_verdict(true: SubPolynomial | PowerLaw, words: str) -> None:
    rng = np.random.default_rng(3)
    errors = np.exp(-2.0 * true.axis(SIZES) + 0.3 * rng.normal(size=(5, 1)) + 0.002 * rng.normal(size=(5, len(SIZES))))
    difference = aic_difference(SubPolynomial(0.3), PowerLaw(), SIZES, errors)
    assert verdict(difference, gamma_interval(SIZES, errors), 0.3).startswith(words)


@pytest.mark.parametrize(("errors", "side"), [(0.1 + 3 / SIZES, "low"), (np.exp(-(np.log(SIZES) ** 3) / 50), "high")])
def test_a_gamma_at_the_border_has_an_open_side(errors: Floats, side: str) -> None:
    rng = np.random.default_rng(4)
    found = gamma_interval(SIZES, errors * np.exp(0.001 * rng.normal(size=(4, len(SIZES)))))
    assert found is not None
    assert not np.isfinite(getattr(found, side))


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
    assert "too few" in verdict(None, None, 0.5)
