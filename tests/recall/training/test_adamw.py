"""Optimiser steps are those of AdamW, and a state that is restored goes on as if nothing had happened."""

import pytest
import torch

from mtam.recall.training.adamw import Stepper
from mtam.recall.training.batches import Feed
from mtam.recall.transformer.network_reference import factorised, member_inputs
from tests.recall.helpers import assemble, trials


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


@pytest.mark.bits
@pytest.mark.parametrize("name", ["softmax", "linear"])
def test_a_restored_state_goes_on_to_the_same_bits(name: str) -> None:
    """Compiled or step by step, the number of steps done counts: AdamW corrects its averages by it."""
    network, features, rows, flat = assemble(trials(2, model={"name": name}))
    one, other = (Stepper(network, features, flat, weight_decay=0.05) for _ in range(2))
    feed = Feed(rows, [0, 1], 20)
    one.run(feed, [1e-2] * 5)
    kept = [part.clone() for part in one.state()]
    one.run(feed, [1e-2] * 5)
    other.restore(kept, 5)
    other.run(Feed(rows, [0, 1], 20, taken=5), [1e-2] * 5)
    assert other.steps == one.steps == 10
    torch.testing.assert_close(other.flat(), one.flat(), rtol=0, atol=0)
    wrong = Stepper(network, features, flat, weight_decay=0.05)
    wrong.restore(kept, 0)
    wrong.run(Feed(rows, [0, 1], 20, taken=5), [1e-2] * 5)
    assert (wrong.flat() - one.flat()).abs().max() > 1e-6


@pytest.mark.parametrize("name", ["softmax", "linear"])
def test_losses_are_those_before_each_step(name: str) -> None:
    network, features, rows, flat = assemble(trials(2, model={"name": name}))
    stepper = Stepper(network, features, flat, weight_decay=0.0)
    feed = Feed(rows, [0, 1], len(rows))  # all rows at every step
    answers, _ = network.forward(network.views(flat), features, rows.batch(0, len(rows)))
    torch.testing.assert_close(stepper.run(feed, [1e-2]), (answers - rows.observed).square().mean(1))
