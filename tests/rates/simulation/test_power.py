"""What it takes to tell laws apart: less where they differ more, and enough when it is tried."""

import numpy as np
import pytest

from mtam.rates.compare import FIRST, compare
from mtam.rates.laws import EntropyBalance, Floats, PowerLaw, SubPolynomial
from mtam.rates.simulation.power import Needed, needed, noise_of
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 13), dtype=np.float64)
LAW = SubPolynomial(0.5)
NOISY = CurveTruth(LAW, -2.0, level=0.3, noise=0.1, correlation=0.5)


def ask(truth: CurveTruth, seeds: int, law: SubPolynomial = LAW) -> Needed:
    found = needed(law, PowerLaw(), SIZES, simulate(truth, SIZES, seeds, np.random.default_rng(1)))
    assert found is not None
    return found


def test_the_n_that_is_named_is_enough() -> None:
    told = ask(NOISY, 5)
    assert told.n is not None
    assert told.n > SIZES[-1]
    assert told.now < 0.8
    longer: Floats = np.asarray(2.0 ** np.arange(6, np.log2(told.n) + 0.5), dtype=np.float64)
    draws = simulate(NOISY, longer, 5, np.random.default_rng(2), replications=200)
    share = np.mean([compare(LAW, PowerLaw(), longer, errors).answer == FIRST for errors in draws])
    assert share > 0.6  # the noise is known from one sample of five seeds only


def test_the_seeds_that_are_named_are_enough() -> None:
    told = ask(NOISY, 5)
    assert told.seeds is not None
    assert told.seeds > 5
    draws = simulate(NOISY, SIZES, told.seeds, np.random.default_rng(2), replications=200)
    share = np.mean([compare(LAW, PowerLaw(), SIZES, errors).answer == FIRST for errors in draws])
    assert share > 0.6


def test_less_noise_needs_less() -> None:
    quiet = ask(CurveTruth(LAW, -2.0, level=0.3, noise=0.03, correlation=0.5), 5)
    noisy = ask(NOISY, 5)
    assert quiet.now > noisy.now
    assert quiet.n is not None
    assert noisy.n is None or quiet.n < noisy.n


def test_beyond_reach() -> None:
    near = SubPolynomial(0.97)
    told = ask(CurveTruth(near, -0.9, level=0.3, noise=0.5), 3, near)
    assert told.n is None
    assert "more than n = " in str(told)
    assert told.n_beyond > 1e11


def test_a_reference_curve_ends_where_it_ends() -> None:
    reference = EntropyBalance((64, 1024, 16384), (1.0, 0.3, 0.12))
    truth = CurveTruth(reference, 1.0, noise=0.5)
    told = needed(reference, PowerLaw(), SIZES, simulate(truth, SIZES, 3, np.random.default_rng(0)))
    assert told is not None
    assert told.n_beyond <= 16384


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("trend", [0.0, -0.3])
def test_the_noise_is_found(correlation: float, trend: float) -> None:
    truth = CurveTruth(PowerLaw(), -0.8, level=0.7, noise=0.3, trend=trend, correlation=correlation)
    noise, power, found = noise_of(SIZES, np.log(simulate(truth, SIZES, 200, np.random.default_rng(3))))
    assert noise == pytest.approx(0.3, rel=0.2)
    assert power == pytest.approx(trend, abs=0.051)
    assert found == pytest.approx(correlation, abs=0.051)


def test_too_little_to_simulate_from() -> None:
    assert needed(LAW, PowerLaw(), SIZES, np.ones((1, len(SIZES)))) is None
    assert needed(LAW, PowerLaw(), SIZES[:3], np.ones((3, 3))) is None
