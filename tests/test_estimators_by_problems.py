"""Every estimator on every kind of problem: numbers that are numbers, and errors that know a scale.

An answer that is a constant has risk 1: responses are standardised. What is fitted must not be much worse than that
on a tiny sample, and what is told the truth must be better.
"""

import math
from typing import Any

import pytest

from mtam.base.variants import models, own_settings
from mtam.interaction.interaction_data import ACTIVATIONS
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.interaction_variants import TOKEN_LAWS
from mtam.problems.registry import run_pack
from mtam.recall.recall_data import TAGS
from mtam.recall.recall_spec import RecallTrial
from mtam.recall.recall_variants import TARGETS

TRAINING = {"steps": 4.0, "width": 16, "hidden": 8}
MLP = {"steps": 40, "width": 8, "batch": 32}
TINY_RECALL = {"modes": 16, "nodes": 64, "components": 3, "test": 64, "tag_dim": 3}
TINY_INTERACTION = {"d": 2, "rank": 1, "tokens": 4, "condition": 4.0}
OWN = {"own_recall", "own_interaction"}  # nothing without code of the user's: tests.test_own_variants
NEAR = {"oracle_a", "ips_erm", "als"}  # fits that come near the truth even here


def model(problem: str, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """The settings among ``wanted`` that this estimator has."""
    own = own_settings(models(problem)[name])
    return {"name": name, **{key: value for key, value in wanted.items() if key in own}}


def answer(trial: Any) -> dict[str, Any]:
    (found,) = run_pack([trial], device="cpu", tick=lambda _: None)
    assert "failure" not in found, found
    for name, value in found.items():
        for number in value if isinstance(value, list) else [value]:
            assert math.isfinite(number), name
    assert found["error_se"] >= 0
    return found


@pytest.mark.parametrize("tags", TAGS)
@pytest.mark.parametrize("name", sorted(models("recall").keys() - OWN))
def test_every_recall_model_on_every_kind_of_tags(name: str, tags: str) -> None:
    settings = model("recall", name, TRAINING)
    data = {**TINY_RECALL, "tags": tags}
    found = answer(RecallTrial.model_validate({"n": 64, "data": data, "model": settings}))
    assert 0 < found["error"] < 4
    if name in ("knn", "gp", "oracle", "mercer"):  # recall is given
        assert found["attention_mass"] == pytest.approx(1)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["softmax", "gp"])
def test_recall_models_on_every_target(name: str, target: str) -> None:
    data = {**TINY_RECALL, "target": target}
    found = answer(RecallTrial.model_validate({"n": 64, "data": data, "model": model("recall", name, TRAINING)}))
    assert 0 < found["error"] < 4


CASES = [(law, "bspline") for law in TOKEN_LAWS] + [
    ("cube", name) for name in ACTIVATIONS if name not in ("bspline", "samples")
]


@pytest.mark.parametrize(("law", "activation"), CASES)
@pytest.mark.parametrize("name", sorted(models("interaction").keys() - OWN))
def test_every_interaction_estimator_on_every_law_and_activation(name: str, law: str, activation: str) -> None:
    data = {**TINY_INTERACTION, "token_law": law, "activation": activation}
    settings = model("interaction", name, {**MLP, "max_starts": 4})
    found = answer(InteractionTrial.model_validate({"n": 200, "data": data, "model": settings}))
    assert 0 < found["error"] < (0.5 if name in NEAR else 4)
    assert ("oracle_error" in found) == (name not in ("oracle_a", "gradient"))
