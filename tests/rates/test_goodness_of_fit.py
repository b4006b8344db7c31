"""A law that holds is rarely said not to fit; plateaus and second descents are."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.rates.goodness_of_fit import lack_of_fit
from mtam.rates.laws import EntropyBalance, LogPower, PowerLaw, SubPolynomial
from mtam.rates.simulation.calibrate import PLAIN, SIZES
from mtam.rates.simulation.calibrate_brought import SHAPES, with_gaps
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

LAWS = {"power": PowerLaw(), "log": LogPower(), "sub": SubPolynomial(0.5)}


def rejected(truth: CurveTruth, seeds: int, shape: str = "power law", draws: int = 400, floor: bool = False) -> float:
    rng = np.random.default_rng(np.random.SeedSequence([seeds, draws]))
    drawn = simulate(truth, SIZES, seeds, rng, replications=draws) * np.exp(SHAPES[shape])
    ps = [lack_of_fit(truth.law, SIZES, errors, floor=floor) for errors in drawn]
    return float(np.mean([p is not None and p < 0.05 for p in ps]))


@pytest.mark.parametrize("correlation", [0.0, 0.9])
@pytest.mark.parametrize("seeds", [3, 10])
def test_a_law_that_holds_is_said_not_to_fit_in_five_percent_at_most(seeds: int, correlation: float) -> None:
    """400 draws: 5% with a standard error of 1.1%."""
    share = rejected(replace(PLAIN, correlation=correlation), seeds)
    assert 0.005 <= share <= 0.075


def test_so_it_is_for_a_single_seed_of_independent_residuals() -> None:
    assert 0.005 <= rejected(replace(PLAIN, correlation=0.0), 1) <= 0.075


@pytest.mark.parametrize("shape", ["plateau", "second descent"])
@pytest.mark.parametrize(("seeds", "power"), [(5, 0.5), (10, 0.95)])
def test_what_is_no_law_is_seen(shape: str, seeds: int, power: float) -> None:
    assert rejected(PLAIN, seeds, shape, 100) > power


@pytest.mark.parametrize("name", LAWS)
def test_a_wrong_law_does_not_fit_and_the_right_one_does(name: str) -> None:
    errors = simulate(CurveTruth(LAWS[name], -2.0, level=0.3, noise=0.002), SIZES, 6, np.random.default_rng(3))
    ps = {each: lack_of_fit(law, SIZES, errors) for each, law in LAWS.items()}
    assert all(p is not None and (p > 0.05 if each == name else p < 0.01) for each, p in ps.items()), ps


def test_a_floor_fits_where_there_is_one() -> None:
    truth = replace(PLAIN, floor=float(SIZES[-1] ** -0.8), noise=0.02)
    errors = simulate(truth, SIZES, 8, np.random.default_rng(0))
    without, with_floor = (lack_of_fit(PowerLaw(), SIZES, errors, floor=floor) for floor in (False, True))
    assert without is not None
    assert with_floor is not None
    assert without < 0.01 < 0.05 < with_floor


def test_seeds_with_gaps_are_tested_too() -> None:
    rng = np.random.default_rng(0)
    errors = simulate(PLAIN, SIZES, 10, rng)
    right = lack_of_fit(PowerLaw(), SIZES, with_gaps(errors, "ends early", rng))
    wrong = lack_of_fit(PowerLaw(), SIZES, with_gaps(errors * np.exp(SHAPES["plateau"]), "ends early", rng))
    assert right is not None
    assert wrong is not None
    assert wrong < 0.05 < right


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_noise_free_curves_fit_their_law(seeds: int) -> None:
    errors = simulate(replace(PLAIN, noise=0.0), SIZES, seeds, np.random.default_rng(0))
    assert lack_of_fit(PowerLaw(), SIZES, errors) == 1
    assert (lack_of_fit(LogPower(), SIZES, errors) or 0) < 1e-3


def test_too_few_sizes_and_flat_curves_say_nothing() -> None:
    errors = simulate(PLAIN, SIZES, 5, np.random.default_rng(0))
    assert lack_of_fit(PowerLaw(), SIZES[:2], errors[:, :2]) is None
    assert lack_of_fit(PowerLaw(), SIZES[:3], errors[:, :3], floor=True) is None
    assert lack_of_fit(PowerLaw(), SIZES[:3], errors[:1, :3]) is None


def test_a_held_exponent_may_not_fit() -> None:
    steep = EntropyBalance(tuple(SIZES), tuple(SIZES**-1.5), exponent=1.0)
    errors = simulate(PLAIN, SIZES, 5, np.random.default_rng(0))
    p = lack_of_fit(steep, SIZES, errors)
    assert p is not None
    assert p < 0.01
