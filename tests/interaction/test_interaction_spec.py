"""Trials of interactions: what theory says of them, and what cannot be."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from mtam.interaction.interaction_spec import InteractionTrial


def trial(n: int = 20000, model: dict[str, Any] | None = None, **data: Any) -> InteractionTrial:
    return InteractionTrial.model_validate({"n": n, "data": data, "model": model or {}})


@pytest.mark.parametrize(("d", "rank"), [(1, 1), (4, 2), (6, 6)])
def test_parameters_are_those_of_the_manifold_without_the_norm(d: int, rank: int) -> None:
    assert trial(d=d, rank=rank).parameters() == rank * (2 * d - rank) - 1


@pytest.mark.parametrize(("d", "rank", "degree"), [(5, 2, 3), (3, 1, 2), (10, 2, 1)])
def test_the_samples_that_the_theorem_needs_are_the_root_of_its_condition(d: int, rank: int, degree: int) -> None:
    """r d = (M / ln M)^{1/(2 beta + 1)}, beta = P - 1 and at least 1."""
    one = trial(d=d, rank=rank, degree=degree)
    beta = max(1, degree - 1)
    assert one.beta() == beta
    needed = one.samples_needed()
    assert (needed / math.log(needed)) ** (1 / (2 * beta + 1)) == pytest.approx(d * rank)
    for n, inside in ((math.ceil(needed), True), (math.floor(needed), False)):
        assert trial(n, d=d, rank=rank, degree=degree).inside_theorem() == inside


@pytest.mark.parametrize(
    ("model", "data", "key"),
    [
        ({}, {}, "6ef9d9654b79b704455d"),
        ({"name": "ips_erm", "k_rule": "cp"}, {"d": 5}, "f8c223ac606d130e3b77"),
        ({"name": "ips_erm", "k_rule": "bic"}, {"d": 1, "rank": 1}, "e2d96bba28585dcd8b43"),
        ({"name": "oracle_a", "k_rule": "cp"}, {"d": 5}, "0642f16a612ea4b358fe"),
        ({"name": "als"}, {"d": 5}, "e5f0550fbedbc07eeb38"),
    ],
)
def test_a_new_rule_moves_no_key(model: dict[str, Any], data: dict[str, Any], key: str) -> None:
    """Keys of before there were penalised fits: what was computed then is not computed again."""
    assert trial(2000, model, **data).key() == key


def test_the_law_has_the_exponent_of_its_smoothness() -> None:
    assert trial(degree=3).law() == {"name": "power_law", "exponent": 0.8}
    assert trial(degree=1).law()["exponent"] == pytest.approx(2 / 3)
    assert trial(degree=3).facts()["theory_slope_beta_P"] == pytest.approx(-6 / 7)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({"noise_law": "student", "allow_heavy_tails": True}, "student noise is not sub-Gaussian"),
        ({"token_law": "without_replacement"}, "coercivity may fail"),
        ({"activation": "relu"}, "no Hoelder function of order beta = 2"),
        ({"activation": "exp", "row_normalised": True}, "no mean of functions of pairs"),
    ],
)
def test_an_assumption_that_does_not_hold_is_told_and_leaves_the_theorem(data: dict[str, Any], word: str) -> None:
    plain = trial(10**7, d=2, rank=1, tokens=3)
    assert plain.broken() == []
    assert plain.facts()["inside_theorem"]
    bent = trial(10**7, d=2, rank=1, tokens=3, **data)
    (sentence,) = bent.broken()
    assert word in sentence
    assert not bent.facts()["inside_theorem"]


def test_a_fit_may_have_a_rank_and_a_spline_of_its_own() -> None:
    own = trial(model={"rank": 3, "degree": 2, "intervals": 7}, d=5, rank=2)
    assert (own.fit_rank(), own.spline_degree(), own.k_rule()) == (3, 2, "rule")
    told = trial(model={"name": "oracle_a", "k_rule": "cp"}, d=5, rank=2, degree=4)
    assert (told.fit_rank(), told.spline_degree(), told.k_rule()) == (2, 4, "cp")
    smooth = trial(model={"name": "ips_erm", "k_rule": "reml"}, d=5, rank=2, degree=8)
    assert (smooth.spline_degree(), smooth.k_rule()) == (3, "reml")
    assert trial(model={"name": "ips_erm", "k_rule": "reml", "intervals": 9, "degree": 8}).spline_degree() == 8
    with pytest.raises(ValidationError, match=r"model\.degree = 4 .* valid with model\.k_rule=reml: 1 to 3"):
        trial(model={"name": "oracle_a", "k_rule": "reml", "degree": 4})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"d": 2, "rank": 3}, r"data\.rank = 3 is larger than data\.d = 2; valid: 1 to 2"),
        ({"n": 20, "d": 30, "rank": 10, "tokens": 4}, "valid: at least"),
        ({"model": {"rank": 6}, "d": 5}, r"model\.rank = 6 is larger than data\.d = 5; valid: 1 to 5"),
        ({"model": {"name": "mlp", "rank": 6}, "d": 5}, r"model\.rank = 6 is larger than data\.d = 5; valid: 1 to 5"),
    ],
)
def test_what_cannot_be_fitted_is_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        trial(**settings)


def test_more_data_hold_more_memory_and_cost_more() -> None:
    few, many = trial(1000, d=5, rank=2), trial(4000, d=5, rank=2)
    assert many.memory() == 4 * few.memory() > 4 * 8 * 1000 * few.data.tokens * 5
    assert many.cost() > few.cost() > 0


def test_heads_add_their_parameters_and_leave_the_theorem() -> None:
    one = trial(model={"name": "heads_erm"}, d=10, rank=1, heads=3)
    assert one.parameters() == 3 * 18
    assert one.facts()["inside_theorem"] is False
    assert trial(model={"name": "heads_erm", "heads": 2}, d=10, rank=1, heads=3).parameters() == 2 * 18


@pytest.mark.parametrize(
    ("model", "data", "words"),
    [
        ("ips_erm", {"heads": 2}, "data.heads = 2: model.name = ips_erm knows one head"),
        ("one_step", {"heads": 2}, "valid: model=heads_erm"),
        ("heads_erm", {"d": 1, "rank": 1, "heads": 2}, "in d = 1 all heads are one function"),
        ("heads_erm", {"activation": "hypotheses", "heads": 2}, "family of one head, not of 2"),
        ("heads_erm", {"activation": "exp", "row_normalised": True}, "is no sum of heads"),
        ("heads_erm", {"heads": 9}, "less than or equal to 8"),
    ],
)
def test_heads_that_cannot_be_told_apart_are_refused(model: str, data: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        trial(model={"name": model}, **data)


def test_one_head_moves_no_key() -> None:
    assert trial(2000, heads=1).key() == trial(2000).key() == "6ef9d9654b79b704455d"
    assert trial(2000, {"name": "heads_erm"}, heads=2).key() != trial(2000, {"name": "heads_erm"}).key()
