"""From trials of one shape to one record each."""

import copy
import json
from typing import Any

import numpy as np
import pytest
import torch

from mtam.recall.recall_models import BANDWIDTHS
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.run_recall import run
from mtam.recall.transformer import tensors
from tests.recall.helpers import trials


def silent(_: float) -> None:
    """A tick that nobody hears."""


def test_a_diverged_trial_returns_a_sentence() -> None:
    wild = trials(2, n=32, model={"lr": 1e30, "weight_decay": 0.0})
    for record in run(wild, device="cpu", tick=silent):
        assert set(record) == {"failure"}
        assert "diverged" in record["failure"]


def _science(record: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in record.items() if k not in ("seconds", "pack_seconds")}


@pytest.mark.bits
def test_the_same_spec_twice_gives_the_same_numbers_whatever_the_global_state() -> None:
    some = trials(2)
    torch.manual_seed(1)
    first = run(some, device="cpu", tick=silent)
    torch.manual_seed(2)
    torch.rand(10)
    second = run(copy.deepcopy(some), device="cpu", tick=silent)
    assert [_science(r) for r in first] == [_science(r) for r in second]
    assert first[0]["error"] != first[1]["error"]


def test_records_are_plain_finite_numbers_and_complete() -> None:
    (record,) = run(trials(1), device="cpu", tick=silent)
    wanted = {
        "error", "error_se", "mse", "target_variance", "attention_mass", "attention_entropy", "recall_accuracy",
        "train_loss", "holdout_loss", "steps", "best_step", "seconds", "pack_seconds", "parameters",
    }  # fmt: skip
    assert wanted <= set(record)
    for name, value in record.items():
        for number in value if isinstance(value, list) else [value]:
            assert type(number) in (bool, int, float), name
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["error"] == pytest.approx(record["mse"] / record["target_variance"])
    assert record["steps"] == trials(1)[0].optimiser_steps()


def test_a_record_keeps_what_the_holdout_said_during_training() -> None:
    (record,) = run(trials(1), device="cpu", tick=silent)
    steps, holdout = record["trace_steps"], record["trace_holdout"]
    assert steps == sorted(set(steps))
    assert len(steps) == len(holdout) == len(record["trace_train"]) <= 50 + 8
    assert steps[-1] == record["steps"]
    assert min(holdout) == pytest.approx(record["holdout_loss"], rel=1e-5)
    assert steps[holdout.index(min(holdout))] == record["best_step"]


def test_a_record_keeps_the_attention_of_a_few_contexts() -> None:
    (record,) = run(trials(1), device="cpu", tick=silent)
    contexts, answering = np.array(record["attention_map"]).reshape(8, -1), record["attention_answering"]
    assert contexts.sum(1) == pytest.approx(1, abs=1e-3)
    assert all(0 <= index < contexts.shape[1] for index in answering)


def test_a_tick_that_raises_stops_the_run() -> None:
    def stop(fraction: float) -> None:
        if fraction > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(trials(1), device="cpu", tick=stop)


def test_trials_of_different_shapes_are_refused() -> None:
    a = RecallTrial(n=64)
    b = RecallTrial(n=64, model=recall_model(width=32))
    with pytest.raises(ValueError, match="different shapes"):
        run([a, b], device="cpu", tick=silent)


def test_a_frozen_kernel_without_a_bandwidth_takes_the_best_of_the_grid() -> None:
    given = [trials(1, n=128, model={"name": "frozen_rbf", "bandwidth": h})[0] for h in BANDWIDTHS]
    each = run(given, device="cpu", tick=silent)
    free = trials(2, n=128, model={"name": "frozen_rbf", "bandwidth": None})
    chosen = run(free, device="cpu", tick=silent)
    best = min(each, key=lambda record: record["holdout_loss"])
    assert chosen[0]["bandwidth"] == best["bandwidth"]
    assert chosen[0]["error"] == pytest.approx(best["error"], rel=1e-3)
    assert len(chosen) == 2


@pytest.mark.parametrize("n", [4, 5, 9, 33])
@pytest.mark.parametrize("name", ["softmax", "linear_elu"])
def test_the_smallest_samples_train(n: int, name: str) -> None:
    for record in run(trials(2, n=n, model={"name": name}), device="cpu", tick=silent):
        assert record["error"] > 0


def test_contexts_of_few_tokens_are_not_answered_worse_than_by_a_constant() -> None:
    """Their moments are mostly noise: the features' scale counts it, and early stopping looks before it is learned."""
    some = [RecallTrial(n=512, seed=s, data=RecallData(length=64)) for s in range(2)]
    records = run(some, device="cpu", tick=silent)
    assert sum(record["error"] for record in records) / 2 < 1.15
    assert all(record["best_step"] < record["steps"] / 10 for record in records)


def test_controls_are_those_that_the_data_allow() -> None:
    """No exchange of one component with itself, no floor of tokens where they are infinitely many."""
    (plain,), (tokens,), (single,) = (
        run(trials(1, **data), device="cpu", tick=silent)
        for data in ({}, {"length": 40}, {"components": 1, "tags": "orthonormal"})
    )
    assert {"swap_gain", "shuffled_error"} <= plain.keys()
    assert "swap_gain" not in single
    assert tokens.keys() > plain.keys()
    (heads,) = run(trials(1, model={"heads": 2}), device="cpu", tick=silent)
    assert len(heads["head_masses"]) == 2
    assert max(heads["head_masses"]) == pytest.approx(heads["attention_mass"])


def test_shared_seconds_are_told_per_member() -> None:
    records = run(trials(2), device="cpu", tick=silent)
    assert [record["members"] for record in records] == [2, 2]
    assert records[0]["seconds"] == records[1]["seconds"] > 0


def test_steps_are_tripled_while_the_holdout_gains_by_it() -> None:
    """One after the other, as often as allowed; each member keeps its own best, and stops at its own first loss."""
    members, most = 4, 3
    lengths = [
        run(trials(members, n=96, model={"steps": 2.0 * 3**k}), device="cpu", tick=silent) for k in range(most + 1)
    ]
    heard: list[float] = []
    chosen = run(trials(members, n=96, model={"steps": 2.0, "triplings": most}), device="cpu", tick=heard.append)
    for m, record in enumerate(chosen):
        losses = [each[m]["holdout_loss"] for each in lengths]
        k = next((k for k in range(most) if losses[k + 1] >= losses[k]), most)
        assert record["steps"] == lengths[k][m]["steps"]
        assert record["error"] == pytest.approx(lengths[k][m]["error"], rel=1e-3)
    assert len({record["steps"] for record in chosen}) > 1
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0)


def test_a_training_without_faint_moments_is_one_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modes too faint to be drawn are zero in every context, so that leaving them out changes no sum but its order.

    Matrix products of some processors' libraries add in blocks that depend on the number of terms: single precision.
    """
    data = RecallData(alpha=2.0, target="matern_stratified", test=256)
    trial = RecallTrial(n=256, seed=3, data=data, model=recall_model("softmax", steps=3.0))
    (without,) = run([trial], device="cpu", tick=silent)
    monkeypatch.setattr(tensors, "without_faint", lambda rows, features: (rows, features))
    (whole,) = run([trial], device="cpu", tick=silent)
    for column in ("error", "holdout_loss", "train_loss", "attention_mass", "trace_holdout"):
        assert whole[column] == pytest.approx(without[column], rel=1e-5)  # traces have six digits
