"""Bounds hold where they are true and are seen to be broken where a constant is wrong; every place named exists."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtam.checks.check_registry import CHECKS
from mtam.checks.statements import interaction_bounds, recall_bounds, statements_check
from mtam.checks.statements.evaluated_bound import EvaluatedBound
from mtam.rates.verdict import Verdict

REFERENCE = Path(__file__).parents[3] / "outputs" / "reference"
SEED = 7  # no seed on which anything was chosen
MAKERS: dict[str, Callable[[], EvaluatedBound]] = {
    "separated_tags": lambda: recall_bounds.separated_tags(SEED),
    "softmax_leak": lambda: recall_bounds.softmax_leak(SEED),
    "truncation": lambda: recall_bounds.truncation(SEED),
    "covering": recall_bounds.covering,
    "assouad": lambda: recall_bounds.assouad(SEED),
    "coercivity": lambda: interaction_bounds.coercivity(SEED),
    "bounded_noise": interaction_bounds.bounded_noise,
    "piecewise_polynomials": interaction_bounds.piecewise_polynomials,
    "rank_covering": lambda: interaction_bounds.rank_covering(SEED),
    "code_size": interaction_bounds.code_size,
    "fano": interaction_bounds.fano,
}


@pytest.fixture(scope="module")
def found() -> dict[str, EvaluatedBound]:
    return {name: make() for name, make in MAKERS.items()}


@pytest.mark.parametrize("name", MAKERS)
def test_every_bound_holds_at_five_sizes(name: str, found: dict[str, EvaluatedBound]) -> None:
    one = found[name]
    assert (one.key, len(one.at), one.verdict.said) == (name, 5, Verdict.SUPPORTED)
    assert [row[0] for row in one.rows] == [name] * 5


def planted(one: EvaluatedBound) -> EvaluatedBound:
    """The same with a wrong constant, so that one size breaks it and the other four do not."""
    k = int(np.argmax(one.low / one.bounds)) if one.side == "upper" else int(np.argmin(one.high / one.bounds))
    bounds = one.bounds.copy()
    bounds[k] = 0.9 * one.low[k] if one.side == "upper" else 1.1 * one.high[k]
    return replace(one, bounds=bounds)


@pytest.mark.parametrize("name", sorted(MAKERS.keys() - {"code_size"}))
def test_a_bound_that_one_size_breaks_is_contradicted(name: str, found: dict[str, EvaluatedBound]) -> None:
    assert planted(found[name]).verdict.said is Verdict.CONTRADICTED


def test_a_code_that_is_too_small_proves_nothing(found: dict[str, EvaluatedBound]) -> None:
    one = found["code_size"]
    assert replace(one, bounds=one.bounds * 1000).verdict.said is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("coercivity", lambda _: 2.0),  # 2/(N - 1)
        ("piecewise_polynomials", lambda _: 1 / 8),  # half the width of a piece taken for a quarter of it
        ("bounded_noise", lambda one: one.bounds ** (1 / 4 - 1)),  # e^{t^2 b^2 / 8}, that of an interval of length b
        ("assouad", lambda _: 8.0),  # without Assouad's 1/8
    ],
)
def test_wrong_constants_of_theory_are_seen(
    name: str, factor: Callable[[EvaluatedBound], float], found: dict[str, EvaluatedBound]
) -> None:
    one = found[name]
    assert replace(one, bounds=one.bounds * factor(one)).verdict.said is Verdict.CONTRADICTED


def test_a_violated_assumption_is_outside_whatever_the_ratio() -> None:
    one = interaction_bounds.coercivity_finite()
    assert one.verdict.said is Verdict.OUTSIDE
    assert one.broken
    np.testing.assert_allclose(one.ratios, [1, 3 / 4, 1 / 2, 1 / 4, 0])  # 1 - (N - 2)/(S - 2), S = 6


def test_a_truth_that_may_lie_on_both_sides_is_undecided() -> None:
    ends = (np.array([1.0]), np.array([2.0]), np.array([3.0]))
    one = EvaluatedBound("a", "paper A", "b", "upper", ("n = 1",), ends[1], ends[0], ends[2], "made up")
    assert one.verdict.said is Verdict.UNDECIDED
    assert replace(one, side="lower").verdict.said is Verdict.UNDECIDED


def test_statements_that_are_evaluated_elsewhere_are_there() -> None:
    for _, _, state, where in statements_check.OTHERS:
        name, _, key = where.rpartition("check ")[2].partition(": ")
        assert name in CHECKS, where
        told = json.loads((REFERENCE / f"check-{name}" / "finding.json").read_text(encoding="utf-8"))
        assert key in [verdict["key"] for verdict in told["finding"]["verdicts"]], where
        assert state in (statements_check.ELSEWHERE, statements_check.NOT)


def test_the_finding_lists_every_statement_with_its_state() -> None:
    told = statements_check.check(statements_check.Settings(seed=SEED), lambda _: None)
    states = told.tables[0].column("state")
    assert len(states) == len(MAKERS) + 1 + len(statements_check.OTHERS)
    assert set(states) == {"evaluated", "assumption violated", "evaluated elsewhere", "not evaluable"}
    assert len(told.tables[1].rows) == 5 * (len(MAKERS) + 1)
