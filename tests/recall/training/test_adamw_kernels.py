"""A compiled block of steps is the same steps one by one."""

from typing import Any

import pytest
import torch

from mtam.recall.training import adamw_kernels
from mtam.recall.training.adamw import Stepper
from mtam.recall.training.batches import Feed
from tests.recall.helpers import assemble, random_start, trials


def _pair(kind: torch.dtype, name: str = "softmax", **data: Any) -> tuple[Stepper, Feed, Stepper, Feed]:
    some = trials(3, model=random_start(name), **data)
    network, features, rows, flat = assemble(some, kind)
    feeds = [Feed(rows, [t.seed for t in some], 20) for _ in range(2)]
    one, other = (Stepper(network, features, flat, weight_decay=0.05) for _ in range(2))
    assert adamw_kernels.applies(network, features.device)
    return one, feeds[0], other, feeds[1]


@pytest.mark.parametrize(  # of three tokens, a component often has none, and a log share of -inf
    ("name", "length"), [("softmax", None), ("softmax", 3), ("oracle", None), ("frozen_rbf", 3), ("tag_only", None)]
)
@pytest.mark.parametrize(("kind", "steps", "tolerance"), [(torch.float32, 1, 1e-6), (torch.float64, 60, 1e-9)])
def test_a_block_is_its_steps(kind: torch.dtype, steps: int, tolerance: float, name: str, length: int | None) -> None:
    one, feed, other, slices = _pair(kind, name, length=length)
    start = one.flat()
    rates = [5e-3 / (t + 1) for t in range(steps)]
    losses = one.run(feed, rates[:2]) + (one.run(feed, rates[2:]) if steps > 2 else 0)
    expected = sum(other.step(slices.next(), lr) for lr in rates)
    assert one.steps == other.steps == steps
    torch.testing.assert_close(losses, expected, rtol=10 * tolerance, atol=10 * tolerance)
    for mine, theirs in zip(one.state(), other.state(), strict=True):
        assert (mine - theirs).abs().max() < tolerance
    assert (one.flat() - start).abs().max() > 1e-3


@pytest.mark.bits
def test_what_is_not_finite_stays_with_its_member_and_is_seen() -> None:
    for poisoned in ("temperature", "value"):
        one, feed, other, same = _pair(torch.float32)
        one.params[poisoned][1] = torch.nan
        losses, clean = one.run(feed, [1e-3] * 5), other.run(same, [1e-3] * 5)
        assert losses.isfinite().tolist() == [True, False, True]
        assert one.flat().isfinite().all(1).tolist() == [True, False, True]
        for m in (0, 2):
            torch.testing.assert_close(one.flat()[m], other.flat()[m], rtol=0, atol=0)
            assert losses[m] == clean[m]
