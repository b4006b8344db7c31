"""Ratios to a control on the same data decide with few seeds, for and against."""

import numpy as np
import pytest

from mtam.rates.control_variate import equivalent_to, same_slope_as_control
from mtam.rates.curve import Curve
from mtam.rates.judge_curves import follows
from mtam.rates.verdict import Verdict

SIZES = np.array([1000.0, 4000.0, 16000.0, 64000.0])


def curves(extra: float, seeds: int = 5) -> tuple[Curve, Curve]:
    """Two curves that share noise of 30%, each with 2% of its own; the first has a slope of ``extra`` more."""
    rng = np.random.default_rng(0)
    shared = 0.3 * rng.standard_normal((seeds, 4))
    own, other = 0.02 * rng.standard_normal((2, seeds, 4))
    line = -0.8 * np.log(SIZES)
    made = [np.exp(line + shared + noise + more * np.log(SIZES / 1000)) for noise, more in ((own, extra), (other, 0.0))]
    return Curve(SIZES, tuple(range(seeds)), made[0], ()), Curve(SIZES, tuple(range(seeds)), made[1], ())


def test_five_seeds_support_the_same_slope_and_see_another() -> None:
    assert same_slope_as_control(*curves(0.0), 0.03).verdict == Verdict.SUPPORTED
    assert same_slope_as_control(*curves(0.05), 0.03).verdict == Verdict.CONTRADICTED
    assert same_slope_as_control(*curves(0.03), 0.03).verdict == Verdict.UNDECIDED


def test_without_the_pairing_the_same_seeds_see_nothing() -> None:
    """Negative control: the slope alone takes a curve that is .05 flatter for the one that it is not."""
    points, control = curves(0.05)
    assert follows(points, control)[0].verdict != Verdict.CONTRADICTED


def test_equivalence_to_a_figure() -> None:
    near = np.array([0.99, 1.0, 1.01, 1.0])
    assert equivalent_to(near, 1.0, 0.05).verdict == Verdict.SUPPORTED
    assert equivalent_to(near, 0.9, 0.05).verdict == Verdict.CONTRADICTED
    assert equivalent_to(near, 0.95, 0.05).verdict == Verdict.UNDECIDED
    assert equivalent_to(near[:1], 1.0, 0.05).verdict == Verdict.UNDECIDED
    with pytest.raises(ValueError, match="positive margin"):
        equivalent_to(near, 1.0, 0.0)
