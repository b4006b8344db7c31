"""What check minimax says of the law, and that planted violations come out contradicted or undecided."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from mtam.base.finding import Finding
from mtam.checks.minimax import minimax_check, minimax_tables
from mtam.checks.minimax.minimax_case import MinimaxCase
from mtam.checks.minimax.minimax_check import Settings
from mtam.rates.verdict import Verdict
from mtam.recall.theory.spectral_case import LN10, minimax_exponent

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def finding() -> Finding:
    return minimax_check.check(Settings(alphas=[1.0, 2.0], powers=[2.0], draws=5), lambda _: None)


def test_the_law_its_constant_and_its_bracket_are_supported(finding: Finding) -> None:
    said = {verdict.key: verdict.said for verdict in finding.verdicts}
    names = ("exponent", "bracket", "slope", "adaptive")
    assert said == dict.fromkeys(
        ["counted", *(f"{name}_exp_{alpha}" for alpha in (1, 2) for name in names), "exponent_poly_2"],
        Verdict.SUPPORTED,
    ) | {"feasible_sizes": Verdict.CONTRADICTED}


def test_the_bracket_is_closed_at_434_digits(finding: Finding) -> None:
    (table,) = [table for table in finding.tables if table.name == "bracket"]
    far = {row[0]: row[-1] for row in table.rows if row[1] == "10^434"}
    assert len(far) == 2
    assert all(isinstance(ratio, float) and 1 < ratio <= 1.15 for ratio in far.values())


class Planted(MinimaxCase):
    """A spectrum whose curve is another one's."""

    def risk(self, log_sizes: Array) -> Array:
        return -0.5 * log_sizes  # a power of n


class Elsewhere(MinimaxCase):
    """A curve of the right kind with another exponent."""

    def risk(self, log_sizes: Array) -> Array:
        return np.asarray(-2 * log_sizes**0.7)


@pytest.mark.parametrize("kind", [Planted, Elsewhere])
def test_a_curve_with_another_exponent_is_contradicted(kind: type[MinimaxCase]) -> None:
    case = kind("exponential", 1.0, 1.0, 0.1)
    assert minimax_exponent(case, 0.05).said == Verdict.CONTRADICTED
    assert minimax_check.constant_verdict(case).said == Verdict.UNDECIDED


def test_sizes_that_show_the_exponent_are_told() -> None:
    """A curve that has its limit's exponent everywhere, one that is 4% off, and one that is 15% off."""
    for exponent, said in ((0.5, Verdict.SUPPORTED), (0.52, Verdict.SUPPORTED), (0.575, Verdict.CONTRADICTED)):

        class Straight(MinimaxCase):
            def risk(self, log_sizes: Array, power: float = exponent) -> Array:
                return np.asarray(-2 * log_sizes**power)

        assert minimax_check.feasible_verdict([Straight("exponential", 1.0, 1.0, 0.1)]).said == said


def test_a_curve_outside_its_counted_bracket_is_contradicted() -> None:
    rows = minimax_tables.counted([MinimaxCase("exponential", 1.0, 1.0, 0.1)], np.array([10.0]) * LN10).rows
    assert minimax_check.counted_verdict(rows).said == Verdict.SUPPORTED
    moved = [[*row[:2], float(str(row[2])) + 0.5, *row[3:]] for row in rows]
    assert minimax_check.counted_verdict(moved).said == Verdict.CONTRADICTED


def test_bounds_that_cross_are_contradicted() -> None:
    class Crossed(MinimaxCase):
        def risk_below(self, log_sizes: Array) -> Array:
            return np.asarray(self.risk_above(log_sizes) + 0.1)

    assert minimax_check.bracket_verdict(Crossed("exponential", 1.0, 1.0, 0.1)).said == Verdict.CONTRADICTED


def test_an_estimator_that_does_not_adapt_is_contradicted() -> None:
    found = minimax_check.adaptive(MinimaxCase("exponential", 1.0, 1.0, 0.1), Settings(draws=4))
    assert minimax_check.adaptive_verdict(found).said == Verdict.SUPPORTED
    worse = replace(found, ratio=np.full(4, 1.3))
    assert minimax_check.adaptive_verdict(worse).said == Verdict.CONTRADICTED
