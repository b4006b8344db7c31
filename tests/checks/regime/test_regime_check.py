"""What check regime says of the theorem's slope, and that planted violations come out contradicted."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.base.finding import Finding
from mtam.base.table import Estimate
from mtam.checks.regime.regime_check import Settings, check
from mtam.checks.regime.regime_lines import RegimeLines, lines
from mtam.checks.regime.regime_verdicts import (
    continuation_verdict,
    free_verdict,
    parallel_verdict,
    price_verdict,
    slope_verdict,
)
from mtam.interaction.theory.regime_curve import RegimeCase, RegimeCurve, regime_curve, samples_needed
from mtam.rates.verdict import Verdict

Array = npt.NDArray[np.float64]

SMALL: dict[str, Any] = {"betas": [1, 2], "ranks": [1, 5], "truths": 6, "exact": 128, "other_tokens": [10]}


@pytest.fixture(scope="module")
def finding() -> Finding:
    return check(Settings.model_validate(SMALL), lambda _: None)


@pytest.fixture(scope="module")
def curve() -> RegimeCurve:
    return regime_curve(RegimeCase(2, 1, 3, 0.3, tuple(range(6))), 128)


@pytest.fixture(scope="module")
def rougher() -> RegimeCurve:
    return regime_curve(RegimeCase(1, 1, 3, 0.3, tuple(range(6))), 128)


@pytest.fixture(scope="module")
def honest(curve: RegimeCurve) -> RegimeLines:
    return lines(curve, [1, 5, 30], 4.0)


def test_slopes_and_parallels_come_at_rank_one_and_lie_outside_where_the_condition_does_not_hold(
    finding: Finding,
) -> None:
    said = {verdict.key: verdict.said for verdict in finding.verdicts}
    assert said["slope_beta2"] == said["parallel_beta2"] == said["price_beta2"] == Verdict.SUPPORTED
    assert said["slope_beta1"] == said["parallel_beta1_rank5"] == Verdict.SUPPORTED
    near = check(Settings.model_validate(SMALL | {"betas": [2], "digits": 10.0}), lambda _: None)
    said = {verdict.key: verdict.said for verdict in near.verdicts}
    assert said["slope_beta2_rank5"] == said["parallel_beta2_rank5"] == Verdict.OUTSIDE


def test_the_slope_of_thirty_dimensions_is_seen_ten_thousand_times_later_than_that_of_five(finding: Finding) -> None:
    (table,) = [table for table in finding.tables if table.name == "visible"]
    seen = {(row[0], row[1], row[2]): row[4] for row in table.rows}  # within .05, K by the rule
    five, thirty = (float(str(seen[2, 1, d])) for d in (5, 30))
    assert 1e4 < five < 2e5
    assert 5e7 < thirty < 1e9


def test_the_same_settings_give_the_same_finding() -> None:
    small = SMALL | {"betas": [2], "ranks": [3], "dims": [30], "exact": 64, "truths": 2}
    one, two = (check(Settings.model_validate(small), lambda _: None) for _ in range(2))
    assert one == two
    keys = {"slope_beta2_rank3", "price_beta2_rank3", "continuation_beta2", "tokens_beta2"}
    assert {verdict.key for verdict in one.verdicts} == keys


def test_a_truth_of_another_smoothness_in_one_dimension_is_not_parallel(
    rougher: RegimeCurve, honest: RegimeLines
) -> None:
    mixed = replace(honest, slopes={**honest.slopes, 5: rougher.slopes(honest.sizes, 5, 4.0)})
    assert _said(parallel_verdict(honest, 0.01, 1e15)) == Verdict.SUPPORTED
    assert _said(parallel_verdict(mixed, 0.01, 1e15)) == Verdict.CONTRADICTED
    assert _said(slope_verdict(mixed, 0.01, 1e15)) == Verdict.CONTRADICTED


class Stuck(RegimeCurve):
    """A price of A that falls as the error does, M^{-4/5}, and not as 1/M."""

    def price_at(self, sizes: Array, d: int) -> Array:
        return np.asarray(self.best(sizes, 1) * (d - 1) * 0.02)

    def share(self, sizes: Array, d: int) -> Array:
        price = self.price_at(sizes, d)
        return np.asarray(price / (self.best(sizes, 1) + price))


class Slow(RegimeCurve):
    """A price of A that falls as M^{-1/2}: the parametric rate of an unsquared error."""

    def by_rule(self, sizes: Array, d: int, constant: float) -> Array:
        return np.asarray(super().by_rule(sizes, 1, constant) + (d - 1) * 1e-3 * sizes[:, None] ** -0.5)


def test_a_price_that_does_not_fall_is_contradicted(curve: RegimeCurve, honest: RegimeLines) -> None:
    stuck = lines(Stuck(**vars_of(curve)), [1, 5], 4.0)
    assert _said(price_verdict(honest, 0.5)) == Verdict.SUPPORTED
    assert _said(price_verdict(stuck, 0.999)) == Verdict.CONTRADICTED


def test_a_price_above_what_is_allowed_is_contradicted_and_one_near_it_undecided(honest: RegimeLines) -> None:
    worst = price_verdict(honest, 0.5)
    assert worst is not None
    assert worst.value is not None
    assert 0.15 < worst.value < 0.35
    assert _said(price_verdict(honest, 0.05)) == Verdict.CONTRADICTED
    assert _said(price_verdict(honest, worst.value)) == Verdict.UNDECIDED


def test_a_price_of_the_root_of_m_is_seen_in_the_slope(curve: RegimeCurve) -> None:
    slow = lines(Slow(**vars_of(curve)), [1, 5, 30], 4.0)
    assert _said(slope_verdict(slow, 0.01, 1e15)) == Verdict.CONTRADICTED
    assert _said(parallel_verdict(slow, 0.01, 1e15)) == Verdict.CONTRADICTED


def test_bias_that_is_not_that_of_waves_is_contradicted(curve: RegimeCurve) -> None:
    assert continuation_verdict(curve, 1).said in (Verdict.SUPPORTED, Verdict.UNDECIDED)  # six truths
    doubled = replace(curve, continued=1 + curve.continued / curve.continued.mean())
    assert continuation_verdict(doubled, 1).said == Verdict.CONTRADICTED


def test_a_slope_on_its_way_is_undecided(honest: RegimeLines) -> None:
    """Inside the condition (4.9e8 for d = 30) and not yet within .01 (1e12)."""
    assert samples_needed(2, 30) == pytest.approx(4.9e8, rel=0.02)
    assert _said(slope_verdict(honest, 0.01, 1e10)) == Verdict.UNDECIDED


def test_with_a_known_neither_tokens_nor_rank_change_the_slope_and_a_rougher_truth_does(
    finding: Finding, curve: RegimeCurve, rougher: RegimeCurve
) -> None:
    said = {verdict.key: verdict.said for verdict in finding.verdicts}
    assert said["tokens_beta2"] == said["rank_beta2"] == Verdict.SUPPORTED
    assert free_verdict("rank", {1: curve, 2: rougher}, 4.0, 0.05, 1e15).said == Verdict.CONTRADICTED
    assert free_verdict("rank", {1: curve, 2: rougher}, 4.0, 0.2, 1e15).said != Verdict.CONTRADICTED


def test_more_tokens_cost(finding: Finding) -> None:
    """At fixed M the variance of phi is that of K + s less a few, times (N - 1)/N."""
    (table,) = [table for table in finding.tables if table.name == "tokens"]
    level = {(row[0], row[1]): row[-1] for row in table.rows if row[2] == "level"}
    few, many = level[2, 3], level[2, 10]
    assert isinstance(few, Estimate)
    assert isinstance(many, Estimate)
    assert 1.05 < many.value / few.value < (9 / 10) / (2 / 3)


def test_one_dimension_has_no_lines_to_compare(curve: RegimeCurve) -> None:
    assert parallel_verdict(lines(curve, [5], 4.0), 0.01, 1e15) is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"betas": [0]}, "betas = .* from 1 to 7"),
        ({"dims": [5, 5]}, "dims = .* distinct"),
        ({"ranks": []}, "ranks = .* at least one"),
        ({"ranks": [7], "dims": [1, 5]}, "rank 7 is larger than the largest of dims, 5"),
        ({"other_tokens": [3]}, "not hold tokens = 3"),
        ({"other_tokens": [1]}, "at least 2"),
        ({"digits": 50}, "less than or equal to 30"),
        ({"margins": []}, "at least 1 item"),
    ],
)
def test_wrong_settings(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings.model_validate(wrong)


def vars_of(curve: RegimeCurve) -> dict[str, Any]:
    """The fields of a curve, for a curve of another kind."""
    return {name: getattr(curve, name) for name in RegimeCurve.__dataclass_fields__}


def _said(statement: Any) -> Verdict:
    return Verdict(statement.said)
