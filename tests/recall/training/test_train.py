"""A member's training depends on its own spec only; divergence stays at home; the same spec gives the same numbers."""

import copy
import json
from typing import Any

import numpy as np
import pytest
import torch

from mtam.recall.evaluation.risk import outputs
from mtam.recall.recall_models import BANDWIDTHS
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.run_recall import run
from mtam.recall.training.adamw import Stepper
from mtam.recall.training.train import TrainingPlan, cosine, train
from mtam.recall.transformer.network_reference import factorised, member_inputs
from mtam.recall.transformer.tensors import Stack
from tests.recall.helpers import assemble, trials


def silent(_: float) -> None:
    """A tick that nobody hears."""


def _trained(some: list[RecallTrial], steps: int, kind: torch.dtype) -> torch.Tensor:
    network, features, rows, flat = assemble(some, kind)
    cut = len(rows) - 12
    plan = TrainingPlan(steps, 16, 5e-3, 1e-4)
    seeds = [t.seed for t in some]
    fit, holdout = rows.rows(0, cut), rows.rows(cut, len(rows))
    return train(network, features, fit, holdout, flat, seeds, plan, silent).last


@pytest.mark.parametrize(("steps", "kind", "tolerance"), [(1, torch.float32, 1e-6), (100, torch.float64, 1e-9)])
@pytest.mark.parametrize("name", ["softmax", "linear", "linear_elu"])
def test_batched_is_solo(name: str, steps: int, kind: torch.dtype, tolerance: float) -> None:
    some = trials(3, model={"name": name})
    together = _trained(some, steps, kind)
    for m, trial in enumerate(some):
        alone = _trained([trial], steps, kind)
        assert (together[m] - alone[0]).abs().max() < tolerance
    assert (together - assemble(some, kind)[3]).abs().max() > 1e-3  # they did move


def test_training_lowers_the_loss_and_keeps_the_best_on_the_holdout() -> None:
    some = trials(2, n=200)
    network, features, rows, flat = assemble(some)
    fit, holdout = rows.rows(0, 160), rows.rows(160, 200)

    def loss(at: torch.Tensor, on: Stack) -> torch.Tensor:
        return (outputs(network, at, features, on).answers - on.observed).square().mean(1)

    before = loss(flat, fit)
    ticks: list[float] = []
    result = train(network, features, fit, holdout, flat, [0, 1], TrainingPlan(300, 32, 5e-3, 1e-4), ticks.append)
    assert (loss(result.best, fit) < before / 2).all()
    torch.testing.assert_close(loss(result.best, holdout), torch.tensor(result.holdout_loss, dtype=torch.float64))
    assert (loss(result.best, holdout) <= loss(result.last, holdout) + 1e-12).all()
    assert ticks == sorted(ticks)
    assert ticks[-1] == 1.0
    assert len(ticks) >= 40


@pytest.mark.bits
def test_a_member_that_diverges_is_told_and_the_others_do_not_notice() -> None:
    some = trials(3)
    network, features, rows, flat = assemble(some)
    fit, holdout = rows.rows(0, 48), rows.rows(48, 64)
    plan = TrainingPlan(60, 16, 5e-3, 1e-4)
    clean = train(network, features, fit, holdout, flat, [0, 1, 2], plan, silent)
    flat[1] = torch.inf
    hurt = train(network, features, fit, holdout, flat, [0, 1, 2], plan, silent)
    assert hurt.diverged_at == [None, hurt.diverged_at[1], None]
    assert hurt.diverged_at[1] is not None
    for m in (0, 2):
        torch.testing.assert_close(hurt.best[m], clean.best[m], rtol=0, atol=0)
        assert hurt.holdout_loss[m] == clean.holdout_loss[m]


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


def test_the_optimiser_is_adamw() -> None:
    """Twenty steps on moving gradients, against torch's own class."""
    some = trials(2)
    network, features, rows, flat = assemble(some)
    stepper = Stepper(network, features, flat, weight_decay=0.05)
    theirs = network.pack(flat).clone().requires_grad_(True)
    optimiser = torch.optim.AdamW([theirs], weight_decay=0.05)
    for step in range(20):
        optimiser.param_groups[0]["lr"] = 0.01 / (step + 1)
        stepper.step(rows.batch(step, step + 30), 0.01 / (step + 1))
        theirs.grad = stepper.gradient.clone()
        optimiser.step()
        torch.testing.assert_close(stepper.buffer, theirs.detach(), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(stepper.flat(), network.unpack(theirs.detach(), 2), rtol=1e-10, atol=1e-12)


def test_the_trainer_follows_the_readable_module_step_by_step() -> None:
    some = trials(2)
    network, features, rows, flat = assemble(some)
    stepper = Stepper(network, features, flat, weight_decay=1e-4)
    modules = [factorised(network, flat, features, m) for m in range(2)]
    optimisers = [torch.optim.AdamW(module.parameters(), lr=5e-3, weight_decay=1e-4) for module in modules]
    for step in range(25):
        batch = rows.batch(step, step + 32)
        losses = stepper.step(batch, 5e-3)
        for m, (module, optimiser) in enumerate(zip(modules, optimisers, strict=True)):
            loss = (module(*member_inputs(batch, m)) - batch.observed[m]).square().mean()
            assert float(losses[m]) == pytest.approx(loss.item(), rel=1e-7)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()


def test_the_schedule_falls_from_the_peak_towards_zero() -> None:
    rates = [cosine(0.01, step, 100) for step in range(100)]
    assert rates[0] == 0.01
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 1e-5


def test_a_frozen_kernel_without_a_bandwidth_takes_the_best_of_the_grid() -> None:
    given = [trials(1, n=128, model={"name": "frozen_rbf", "bandwidth": h})[0] for h in BANDWIDTHS]
    each = run(given, device="cpu", tick=silent)
    free = trials(2, n=128, model={"name": "frozen_rbf", "bandwidth": None})
    chosen = run(free, device="cpu", tick=silent)
    best = min(each, key=lambda record: record["holdout_loss"])
    assert chosen[0]["bandwidth"] == best["bandwidth"]
    assert chosen[0]["error"] == pytest.approx(best["error"], rel=1e-3)
    assert len(chosen) == 2


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


@pytest.mark.parametrize("n", [4, 5, 9, 33])
@pytest.mark.parametrize("name", ["softmax", "linear_elu"])
def test_the_smallest_samples_train(n: int, name: str) -> None:
    for record in run(trials(2, n=n, model={"name": name}), device="cpu", tick=silent):
        assert record["error"] > 0


def test_a_kernel_that_vanishes_gives_finite_gradients() -> None:
    network, features, rows, flat = assemble(trials(1, model={"name": "linear_elu"}), torch.float32)
    buffer = network.pack(flat)
    params, gradient = network.layers(buffer, 1), torch.zeros_like(buffer)
    params["query_map"].mul_(200)
    params["key_map"].mul_(-200)
    network.loss_gradient(params, features, rows.batch(0, 40), network.layers(gradient, 1))
    assert gradient.isfinite().all()


def test_contexts_of_few_tokens_are_not_answered_worse_than_by_a_constant() -> None:
    """Their moments are mostly noise: the features' scale counts it, and early stopping looks before it is learned."""
    some = [RecallTrial(n=512, seed=s, data=RecallData(length=64)) for s in range(2)]
    records = run(some, device="cpu", tick=silent)
    assert sum(record["error"] for record in records) / 2 < 1.15
    assert all(record["best_step"] < record["steps"] / 10 for record in records)
