"""Law comparison on curves whose law is known."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.rates.compare import (
    FIRST,
    NEITHER,
    OPEN,
    SECOND,
    FlooredPower,
    compare,
    floored_power,
    held_out,
    penalised,
    towards,
)
from mtam.rates.fitting.mean_fit import fit_means
from mtam.rates.laws import EntropyBalance, Floats, LogPower, PowerLaw, SubPolynomial
from mtam.rates.simulation.calibrate import decisions
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 15), dtype=np.float64)
REFERENCE = EntropyBalance(tuple(SIZES), tuple(0.01 + SIZES**-0.7))
CLEAR = {
    "sub-polynomial": CurveTruth(SubPolynomial(0.3), -2.0, level=0.3, noise=0.002),
    "power": CurveTruth(PowerLaw(), -0.5, level=0.3, noise=0.002),
    "log-power": CurveTruth(LogPower(), -2.0, level=0.3, noise=0.002),
    "reference": CurveTruth(REFERENCE, 1.0, level=0.3, noise=0.002),
}


@pytest.mark.parametrize("name", CLEAR)
@pytest.mark.parametrize("rival", CLEAR)
def test_a_clear_curve_gets_a_clear_answer(name: str, rival: str) -> None:
    if name == rival:
        return
    truth, other = CLEAR[name], CLEAR[rival].law
    errors = simulate(truth, SIZES, 5, np.random.default_rng(3))
    first, second = compare(truth.law, other, SIZES, errors), compare(other, truth.law, SIZES, errors)
    assert first.answer == FIRST, first
    assert second.answer == SECOND
    assert first.aicc is not None
    assert second.aicc == pytest.approx(-first.aicc)
    assert first.towards_law is not None
    assert first.towards_law.low > 0.8
    assert first.towards_law.high < 1.2


def test_noise_free_curves_are_exact_and_their_law_is_not_rejected() -> None:
    errors = simulate(replace(CLEAR["power"], noise=0.0), SIZES, 5, np.random.default_rng(0))
    assert compare(PowerLaw(), SubPolynomial(0.5), SIZES, errors).answer == FIRST


def test_a_curve_between_two_laws_rejects_both() -> None:
    logs = -1.0 * SubPolynomial(0.3).axis(SIZES) - 0.25 * PowerLaw().axis(SIZES)
    errors = np.exp(logs + 0.001 * np.random.default_rng(0).normal(size=(5, len(SIZES))))
    assert compare(SubPolynomial(0.3), PowerLaw(), SIZES, errors).answer == NEITHER


def test_noise_leaves_it_open() -> None:
    errors = simulate(CurveTruth(PowerLaw(), -0.5, noise=0.5), SIZES, 3, np.random.default_rng(0))
    assert compare(SubPolynomial(0.7), PowerLaw(), SIZES, errors).answer == OPEN


def test_a_law_against_itself_is_open() -> None:
    errors = simulate(CLEAR["power"], SIZES, 3, np.random.default_rng(0))
    assert compare(PowerLaw(), PowerLaw(), SIZES, errors).answer == OPEN


@pytest.mark.parametrize(("sizes", "seeds", "floor"), [(3, 5, False), (9, 1, False), (4, 5, True)])
def test_too_little_to_compare(sizes: int, seeds: int, floor: bool) -> None:
    found = compare(SubPolynomial(0.5), PowerLaw(), SIZES[:sizes], np.ones((seeds, sizes)), floor=floor)
    assert found.answer is None
    assert found.aicc is None


def test_aicc_pays_for_a_floor() -> None:
    """On a curve without a floor, the floored fit is no better, and AICc charges it for the parameter."""
    logs = np.log(simulate(CLEAR["power"], SIZES, 5, np.random.default_rng(1)))
    plain, floored = (
        fit_means(PowerLaw(), SIZES, logs.mean(axis=0), np.ones(len(SIZES)), floor=floor) for floor in (False, True)
    )
    m = len(SIZES)
    assert penalised(floored) - penalised(plain) == pytest.approx(
        m * np.log(floored.rss / plain.rss) + 2 + 40 / (m - 5) - 24 / (m - 4)
    )


def test_c_is_zero_at_the_rival_and_one_at_the_law() -> None:
    weight = np.ones(len(SIZES))
    truth = -1.5 * SubPolynomial(0.4).axis(SIZES)
    law, rival = (fit_means(one, SIZES, truth, weight) for one in (SubPolynomial(0.4), PowerLaw()))
    both = np.stack([truth + 0.7, rival.predicted - 0.2])  # seeds with levels of their own
    assert towards(rival, law, weight, both) == pytest.approx([1, 0], abs=1e-10)


@pytest.mark.parametrize("correlation", [0.0, 0.7, 0.9])
@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_wrong_decisions_are_rare_whatever_the_correlation(seeds: int, correlation: float) -> None:
    for told in decisions(seeds, correlation, replications=2000):
        assert told["wrong"] <= 0.035, told
        assert told["neither"] <= 0.05, told
        assert told["right"] > told["wrong"]


def test_aic_alone_would_decide_wrongly() -> None:
    """Why a verdict needs the interval over seeds."""
    assert max(told["wrong_by_aicc_alone"] for told in decisions(3, 0.7, replications=500)) > 0.1


@pytest.mark.parametrize("name", CLEAR)
def test_the_right_law_extrapolates(name: str) -> None:
    truth = CLEAR[name]
    found = held_out(truth.law, SIZES, simulate(truth, SIZES, 8, np.random.default_rng(2)))
    assert found is not None
    assert abs(found.value) < 0.01
    assert found.high - found.low < 0.02


def test_a_wrong_law_does_not() -> None:
    errors = simulate(CLEAR["sub-polynomial"], SIZES, 8, np.random.default_rng(2))
    found = held_out(PowerLaw(), SIZES, errors)
    assert found is not None
    assert found.low > 0.03  # the curve flattens, the power law does not


def test_held_out_with_a_floor() -> None:
    truth = CurveTruth(PowerLaw(), -0.8, floor=SIZES[-1] ** -0.8, level=0.3, noise=0.002)
    errors = simulate(truth, SIZES, 8, np.random.default_rng(2))
    with_floor, without = (held_out(PowerLaw(), SIZES, errors, floor=floor) for floor in (True, False))
    assert with_floor is not None
    assert without is not None
    assert with_floor.low < 0 < with_floor.high
    assert without.low > 0.05


def test_too_little_to_hold_out() -> None:
    assert held_out(PowerLaw(), SIZES[:3], np.ones((3, 3))) is None
    assert held_out(PowerLaw(), SIZES, np.ones((1, len(SIZES)))) is None


def test_a_held_exponent_has_a_parameter_less() -> None:
    law = EntropyBalance(REFERENCE.sizes, REFERENCE.errors, exponent=1.0)
    errors = simulate(CLEAR["reference"], SIZES, 5, np.random.default_rng(3))
    found = compare(law, REFERENCE, SIZES, errors)
    assert found.aicc is not None
    assert found.aicc > 0  # the free exponent gains less than it costs
    assert compare(law, PowerLaw(), SIZES, errors).answer == FIRST


def noisy(curve: Floats, noise: float, seeds: int = 5, seed: int = 1) -> Floats:
    return np.asarray(curve * np.exp(noise * np.random.default_rng(seed).standard_normal((seeds, len(SIZES)))))


@pytest.mark.parametrize("floor", [0.005, 0.02])
@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_a_planted_floor_is_found_where_theorys_law_beats_a_bare_power(floor: float, noise: float) -> None:
    errors = noisy(SIZES**-0.8 + floor, noise)
    assert compare(SubPolynomial(1 / 3), PowerLaw(), SIZES, errors).answer == FIRST
    found = floored_power(SubPolynomial(1 / 3), SIZES, errors)
    assert found is not None
    assert found.floor == pytest.approx(floor, rel=0.25)
    assert found.undoes(bends_most=False)
    assert "with a floor" in str(found)


@pytest.mark.parametrize("gamma", [1 / 3, 1 / 2, 2 / 3])
def test_theorys_own_curve_has_no_floor_that_explains_it(gamma: float) -> None:
    errors = noisy(np.exp(-2.5 * np.log(SIZES) ** gamma), 0.01)
    found = floored_power(SubPolynomial(gamma), SIZES, errors)
    assert found is not None
    assert not found.undoes(bends_most=False)


def test_at_the_border_the_floor_must_be_worse_and_off_it_no_better() -> None:
    even, worse, lead = (FlooredPower(0.1, *rest, OPEN) for rest in ((0.5, False), (4.0, False), (4.0, True)))
    assert [one.undoes(bends_most=False) for one in (even, worse, lead)] == [False, False, False]
    assert [one.undoes(bends_most=True) for one in (even, worse, lead)] == [True, False, True]
    assert FlooredPower(0.1, -2.5, False, OPEN).undoes(bends_most=False)


def test_too_few_sizes_or_seeds_say_nothing() -> None:
    errors = noisy(SIZES**-0.8, 0.1)
    assert floored_power(SubPolynomial(0.5), SIZES[:4], errors[:, :4]) is None
    assert floored_power(SubPolynomial(0.5), SIZES, errors[:1]) is None
