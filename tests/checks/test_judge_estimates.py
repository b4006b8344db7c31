"""Numbers with standard errors become one of four words."""

import numpy as np
import pytest

from mtam.base.table import Estimate
from mtam.checks.judge_estimates import at_least, critical, equal, pooled, trend, within
from mtam.rates.verdict import Verdict


def e(value: float, se: float = 0.01) -> Estimate:
    return Estimate(value=value, se=se)


@pytest.mark.parametrize(
    ("estimates", "word"),
    [
        ([e(1.2), e(1.01)], Verdict.SUPPORTED),
        ([e(0.9), e(3.0)], Verdict.CONTRADICTED),
        ([e(1.0, 0.1)], Verdict.UNDECIDED),
        ([e(0.98)], Verdict.SUPPORTED),  # within chance, and known to 0.05
        ([], Verdict.OUTSIDE),
    ],
)
def test_at_least(estimates: list[Estimate], word: str) -> None:
    assert at_least(estimates, 1.0, 0.05) == word


@pytest.mark.parametrize(
    ("estimates", "word"),
    [
        ([e(1.0)], Verdict.SUPPORTED),
        ([e(1.2)], Verdict.CONTRADICTED),
        ([e(1.0, 0.1)], Verdict.UNDECIDED),
        ([], Verdict.OUTSIDE),
    ],
)
def test_equal(estimates: list[Estimate], word: str) -> None:
    assert equal(estimates, 1.0, 0.05) == word


def test_true_claims_are_seldom_contradicted() -> None:
    rng = np.random.default_rng(0)
    trials = 4000
    draws = rng.standard_normal((trials, 20))
    wrong = sum(equal([e(value, 1.0) for value in row], 0.0, 9.0) == Verdict.CONTRADICTED for row in draws)
    assert 0.002 < wrong / trials < 0.02
    assert critical(1) == pytest.approx(2.576, abs=1e-3)


def test_pooled() -> None:
    both = pooled([e(1.0, 0.1), e(2.0, 0.2)])
    assert (both.value, both.se) == pytest.approx((1.2, 0.1 * 0.8**0.5))


def test_trend() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    assert trend(x, 2 - 3 * x).value == pytest.approx(-3)
    assert trend(x, 2 - 3 * x).se == pytest.approx(0, abs=1e-12)
    rng = np.random.default_rng(0)
    found = [trend(x, rng.standard_normal(4)) for _ in range(2000)]
    assert np.std([each.value for each in found]) == pytest.approx(np.sqrt(np.mean([e.se**2 for e in found])), rel=0.1)


@pytest.mark.parametrize(
    ("slope", "word"),
    [(e(0.0, 0.001), Verdict.SUPPORTED), (e(0.5, 0.001), Verdict.CONTRADICTED), (e(0.0, 1.0), Verdict.UNDECIDED)],
)
def test_within(slope: Estimate, word: str) -> None:
    assert within([slope], -0.1, 0.1, points=7) == word
    assert within([slope], -0.1, np.inf, points=7) == (
        Verdict.UNDECIDED if word == Verdict.UNDECIDED else Verdict.SUPPORTED
    )
    assert within([], -0.1, 0.1, points=7) == Verdict.OUTSIDE
