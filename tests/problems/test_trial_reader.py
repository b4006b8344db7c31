"""Trials that differ in the seed alone are copied: the copies and their keys are those of validation, or none is."""

from typing import Any

import pytest
from pydantic import ValidationError

from mtam.base.spec import Trial
from mtam.config import plan_sweep
from mtam.problems.recorded_problem import RecordedTrial
from mtam.problems.trial_reader import MARK, TrialReader

SWEEPS = {
    "alpha": ["data.alpha=0.5,1", "sweep.sizes=[16,32]", "sweep.seeds=3"],
    "d": ["data.d=1,2", "sweep.sizes=[200,300]", "sweep.seeds=3", "model=ips_erm,als"],
}


def fields_of(name: str) -> list[dict[str, Any]]:
    return [trial.model_dump(mode="json") for trial in plan_sweep(name, SWEEPS[name]).trials.values()]


@pytest.mark.parametrize("name", SWEEPS)
def test_copies_are_what_validation_makes(name: str) -> None:
    plan = plan_sweep(name, SWEEPS[name])
    reader = TrialReader(plan.definition.trial())
    for key, trial in plan.trials.items():
        read, own = reader.read(trial.model_dump(mode="json"))
        assert (read, own, type(read), type(read.model)) == (trial, key, type(trial), type(trial.model))
        assert read.key() == key
        assert (read.shape(), read.cost(), read.model_dump_json()) == (
            trial.shape(),
            trial.cost(),
            trial.model_dump_json(),
        )


def test_most_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = fields_of("alpha")
    kind = plan_sweep("alpha", SWEEPS["alpha"]).definition.trial()
    validated: list[str] = []
    from_json = kind.from_json

    def counted(text: str) -> Trial:
        validated.append(text)
        return from_json(text)

    monkeypatch.setattr(kind, "from_json", counted)
    reader = TrialReader(kind)
    assert len({reader.read(each)[1] for each in fields}) == 12
    assert len(validated) == 4, "the first of every cell and size"


@pytest.mark.parametrize(
    "change",
    [{"seed": -1}, {"seed": 1.5}, {"seed": True}, {"seed": "1"}, {"seed": 2**60}, {"n": True}, {"n": "16"},
     {"data": {"alpha": True}}, {"surplus": 1}],
    ids=str,
)  # fmt: skip
def test_what_validation_refuses_is_refused_behind_its_like(change: dict[str, Any]) -> None:
    first = fields_of("alpha")[0] | {"n": 16, "seed": 1}
    reader = TrialReader(plan_sweep("alpha", SWEEPS["alpha"]).definition.trial())
    reader.read(first)
    changed = {**first, **change}
    if "data" in change:
        changed["data"] = {**first["data"], **change["data"]}
    with pytest.raises(ValidationError):
        reader.read(changed)


def test_one_and_one_point_nought_are_not_alike() -> None:
    """Whole floats are taken for integers, and the key is that of the integer: by validation, not by a copy."""
    kind = plan_sweep("alpha", SWEEPS["alpha"]).definition.trial()
    first = fields_of("alpha")[0] | {"n": 16, "seed": 1}
    reader = TrialReader(kind)
    reader.read(first)
    trial, key = reader.read({**first, "n": 16.0, "seed": 2})
    assert (type(trial.n), key) == (int, kind.model_validate({**first, "seed": 2}).key())


def test_a_setting_that_looks_like_the_place_of_a_seed_is_no_place() -> None:
    reader = TrialReader(RecordedTrial)
    fields = {"problem": "own", "code": "0", "model": {"name": "mean"}, "n": 8}
    for note in (MARK, "a note"):
        for seed in (0, 1, 12):
            odd = {**fields, "data": {"note": note}, "seed": seed}
            whole = RecordedTrial.model_validate(odd)
            assert reader.read(odd) == (whole, whole.key())
