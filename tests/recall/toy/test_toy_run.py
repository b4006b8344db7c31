"""The reported toy: trained in packs, recorded in plain numbers, and what its controls show."""

import json

import pytest

from mtam.recall.reading import reported_toy
from mtam.recall.recall_spec import RecallData, ReportedToy
from mtam.recall.toy.toy_run import run
from tests.recall.toy.helpers import trial


def silent(_: float) -> None:
    """A tick that nobody hears."""


@pytest.mark.bits
def test_a_member_does_not_depend_on_its_pack_and_repeats() -> None:
    some = [trial(seed=m, alpha=1 + m / 4) for m in range(3)]
    together = run(some, device="cpu", tick=silent)
    again = run(some, device="cpu", tick=silent)
    for m, t in enumerate(some):
        (alone,) = run([t], device="cpu", tick=silent)
        assert alone["mse"] == pytest.approx(together[m]["mse"], rel=1e-3)
        assert together[m]["mse"] == again[m]["mse"]


def test_records_are_plain_and_ticks_rise() -> None:
    heard: list[float] = []
    (record,) = run([trial()], device="cpu", tick=heard.append)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["steps"] == 80
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    for name in ("error", "error_se", "swap_gain", "sign_plateau", "shuffled_expected", "token_weight_same"):
        assert name in record


def test_a_diverged_toy_returns_a_sentence() -> None:
    (record,) = run([trial(lr=1e30)], device="cpu", tick=silent)
    assert "diverged" in record["failure"]


def test_twenty_epochs_on_64_contexts_learn_the_sign_and_nothing_else() -> None:
    for record in run([trial(seed=s) for s in range(3)], device="cpu", tick=silent):
        assert record["mse"] > 0.8 * record["sign_only_sample"]
        assert abs(record["swap_gain"]) < 0.1


@pytest.mark.slow
def test_with_data_and_steps_the_toy_recalls_and_only_the_swap_control_shows_it() -> None:
    few, many = trial(), trial(n=2048, steps=4000, batch=64)
    plateau, recalled = (run([t], device="cpu", tick=silent)[0] for t in (few, many))
    assert recalled["swap_gain"] > 0.5
    assert not recalled["sign_plateau"]
    assert recalled["mse"] < 0.5 * recalled["sign_only_sample"]
    assert abs(plateau["swap_gain"]) < 0.1
    for record in (plateau, recalled):  # the shuffle test says the same of both
        assert record["shuffled_mse"] == pytest.approx(record["shuffled_expected"], rel=0.35)


def test_every_assumption_names_a_setting_that_exists() -> None:
    fields = {"data": RecallData.model_fields, "reported": ReportedToy.model_fields}
    for row in reported_toy.TABLE:
        assert row.note
        if row.key is not None:
            group, name = row.key.split(".")
            assert name in fields[group], row.key
    named = {row.key for row in reported_toy.TABLE}
    assert {f"reported.{name}" for name in ("law", "constant", "system", "lr", "batch", "steps", "width")} <= named
