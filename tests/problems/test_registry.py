"""Where sweeps meet mathematics: every name leads to a function, every trial to its answer."""

from dataclasses import fields
from typing import Any

import pytest
from pydantic import ValidationError

from mtam.base.errors import UsageError
from mtam.base.variants import load
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.problems import registry
from mtam.problems.registry import PROBLEMS, problem, run_pack
from mtam.recall.recall_spec import RecallTrial, recall_model
from mtam.recall.run_recall import run as run_recall
from mtam.recall.toy.toy_run import run as run_toy


def silent(_: float) -> None:
    """A tick that nobody hears."""


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_path_leads_to_a_function_or_a_class(name: str) -> None:
    given = problem(name)
    assert given.name == name
    texts = [getattr(given, field.name) for field in fields(given)]
    paths = [text for text in texts if isinstance(text, str) and text.startswith("mtam.")]
    assert len(paths) >= 3
    assert all(callable(load(path)) for path in paths)
    assert given.trial().model_fields["problem"].default == name


@pytest.mark.parametrize("name", ["recal", "", None, ["recall"]])
def test_an_unknown_problem_is_one_sentence(name: Any) -> None:
    with pytest.raises(UsageError, match=r"is unknown; valid: recall, interaction, interaction_data\.$"):
        problem(name)


def test_a_trial_is_answered_by_its_estimator_or_by_its_protocol() -> None:
    recall = problem("recall")
    assert recall.run(RecallTrial()) is run_recall
    assert recall.run(RecallTrial(protocol="reported")) is run_toy
    for name, variant in recall.estimators.items():
        assert recall.run(RecallTrial(model=recall_model(name))) is load(variant.run)


def test_a_pack_has_one_answer_per_trial_and_hears_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: dict[str, Any] = {}

    def answer(trials: Any, **more: Any) -> list[dict[str, Any]]:
        heard.update(more)
        return [{"error": float(trial.seed)} for trial in trials if trial.seed < 2]

    monkeypatch.setattr(registry.Problem, "run", lambda *_: answer)
    two = [RecallTrial(seed=0), RecallTrial(seed=1)]
    assert run_pack(two, device="cuda", tick=silent) == [{"error": 0.0}, {"error": 1.0}]
    assert heard == {"device": "cuda", "tick": silent, "checkpoint": None}
    with pytest.raises(AssertionError, match="2 answers to 3 trials"):
        run_pack([*two, RecallTrial(seed=2)], device="cpu", tick=silent)


def test_what_a_problem_has_not_is_empty() -> None:
    bare = registry.Problem("bare", "", "", "n")
    trial = RecallTrial()
    assert bare.decompose({}, trial) == {}
    assert bare.forecasts(trial, [1, 2]) == [None, None]
    assert (bare.tables_of([], []), bare.notes_of({}), bare.hints_of({}), bare.answers_of([], [])) == ([], [], [], [])
    assert bare.heat_map([], []) is None


def test_forecasts_are_the_reference_and_the_lower_bound() -> None:
    reference, bound = problem("recall").forecasts(RecallTrial(), [64, 256])
    assert reference is not None
    assert bound is not None
    assert all(0 < low < high for low, high in zip(bound, reference, strict=True))
    assert problem("interaction").forecasts(InteractionTrial(), [64]) == [None, None]


def test_numbers_of_another_shape_are_refused() -> None:
    recall = problem("recall")
    recall.check({"error": 0.5, "seconds": 1.0, "further": [1.0, None]})
    for wrong in ({"error": "much"}, {"error": float("inf")}, {"error": 0.5, "further": {"a": 1}}, 3):
        with pytest.raises(ValidationError):
            recall.check(wrong)


def test_a_trial_of_schema_2_loses_what_its_estimator_does_not_read() -> None:
    knn = RecallTrial(model=recall_model("knn"))
    old = knn.key_fields()  # without what is younger than schema 2
    assert "width" in old["model"]
    new = problem("recall").modern(old)
    assert RecallTrial.model_validate(new) == knn
    assert RecallTrial.key_of(old) == knn.key()
    softmax = RecallTrial()
    kept = problem("recall").modern({**softmax.model_dump(), "model": {**softmax.model.identity(), "width": 48}})
    assert kept["model"]["width"] == 48
    assert "bandwidth" not in kept["model"]
