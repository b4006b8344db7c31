"""A member's training depends on its own spec only; divergence stays at home; the same spec gives the same numbers."""

import pytest
import torch

from mtam.recall.evaluation.risk import outputs
from mtam.recall.recall_spec import RecallTrial
from mtam.recall.training.train import TrainingPlan, cosine, train
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


def test_the_schedule_falls_from_the_peak_towards_zero() -> None:
    rates = [cosine(0.01, step, 100) for step in range(100)]
    assert rates[0] == 0.01
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 1e-5
