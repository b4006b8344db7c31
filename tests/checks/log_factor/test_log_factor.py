"""No power of ln M where there is none; one that is there is found, in risks as in a rule that pays it."""

from typing import Any

import numpy as np
import pytest

from mtam.base.finding import Finding
from mtam.checks.log_factor.hardest_family import FamilyCase, HardestFamily, grid
from mtam.checks.log_factor.log_factor import (
    Settings,
    check,
    contrast_verdict,
    exponent,
    no_factor_verdict,
    upper_bound_verdict,
)
from mtam.interaction.theory.gaussian_risk import PriceOfA
from mtam.rates.verdict import Verdict

CASE = FamilyCase(beta=2, tokens=3, noise=0.3, holder=10.0, draws=4, seed=0)
SIZES = np.geomspace(1e3, 1e12, 19)


def family(power: float = 0.0, last: float = 4000.0) -> HardestFamily:
    """Bias and variance of which the best K makes M^{-4/5} (ln M)^{power}, up to chance between draws."""
    intervals = grid(2, last, 1.02)
    bias = 3.0 * intervals**-4.0 * np.log(intervals + 2) ** (5 * power)
    draws = 1 + 0.02 * np.random.default_rng(0).standard_normal(CASE.draws)
    price = PriceOfA(np.full(CASE.draws, 4.0), np.zeros(CASE.draws))
    return HardestFamily(CASE, intervals, bias[:, None] * draws, np.ones((len(bias), CASE.draws)), 2 * intervals, price)


def said(one: HardestFamily) -> Verdict:
    return no_factor_verdict(one, SIZES, one.known(SIZES), 0.1).said


@pytest.mark.parametrize("power", [0.0, 0.8, -0.3])
def test_a_power_of_ln_m_is_read_off(power: float) -> None:
    noise = 1 + 0.01 * np.random.default_rng(0).standard_normal(len(SIZES))
    interval = exponent(SIZES, 3 * np.log(SIZES) ** power * noise)
    assert interval.low < power < interval.high
    assert interval.high - interval.low < 0.1


def test_a_factor_that_is_there_is_found() -> None:
    assert said(family()) == Verdict.SUPPORTED
    assert said(family(power=0.8)) == Verdict.CONTRADICTED
    assert said(family(last=60)) == Verdict.OUTSIDE  # the best K was not tried


def test_more_than_the_upper_bound_allows_contradicts_it() -> None:
    sizes = SIZES
    plain = family()
    assert upper_bound_verdict(plain, sizes, 5).said == Verdict.SUPPORTED
    grown = family(power=1.6, last=1e6)
    assert upper_bound_verdict(grown, sizes, 1).said == Verdict.CONTRADICTED


def test_the_contrast_is_contradicted_by_a_rule_that_pays_nothing() -> None:
    noise = 1 + 0.01 * np.random.default_rng(0).standard_normal(len(SIZES))
    paying = np.log(SIZES) ** 0.8 * SIZES**-0.8 * noise
    assert contrast_verdict(CASE, SIZES, paying, 0.1).said == Verdict.SUPPORTED
    assert contrast_verdict(CASE, SIZES, SIZES**-0.8 * noise, 0.1).said == Verdict.CONTRADICTED


@pytest.fixture(scope="module")
def finding() -> Finding:
    return check(Settings(seed=7, draws=3, digits_high=9.0), lambda _: None)


def test_the_verdicts(finding: Finding) -> None:
    """The threshold, read as the estimator is, is the negative control of the first claim."""
    verdicts = {verdict.key: verdict for verdict in finding.verdicts}
    assert set(verdicts) == {"no_factor", "upper_bound_d5", "upper_bound_d30", "threshold"}
    for key in ("upper_bound_d5", "upper_bound_d30", "threshold"):
        assert verdicts[key].said == Verdict.SUPPORTED, verdicts[key]
    own, threshold = verdicts["no_factor"], verdicts["threshold"]
    assert own.value is not None
    assert threshold.low is not None
    assert own.value < 0.1 < threshold.low
    assert len(finding.tables[0].rows) == 13


@pytest.mark.slow
def test_over_nine_decades_there_is_no_factor_beside_the_one_of_the_threshold() -> None:
    whole = check(Settings(seed=7), lambda _: None)
    assert {verdict.said for verdict in whole.verdicts} == {Verdict.SUPPORTED}, whole.verdicts


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"digits_high": 4.0}, "at least digits_low"),
        ({"digits_high": 20.0}, "intervals; valid: at most"),
        ({"dims": [1, 1]}, "distinct"),
    ],
)
def test_what_cannot_be_asked(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Settings(**settings)
