"""Empirical risk minimisation of all members of a pack: AdamW, cosine schedule, early stopping on a holdout.

Every member has its own sample, its own order of rows and its own best parameters; the members share nothing but the
program. One that diverges is marked, and since no operation mixes members the others do not notice.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mtam.recall.checkpoint import Keeper
from mtam.recall.network import Batch, Network
from mtam.recall.pack import Stack
from mtam.recall.stepper import Stepper
from mtam.streams import torch_seed

CHECKS = 50  # how often the holdout is looked at during a training, besides some looks at its very beginning


@dataclass(frozen=True)
class Plan:
    """The optimiser's settings, equal for all members of a pack."""

    steps: int
    batch: int
    lr: float
    weight_decay: float


@dataclass(frozen=True)
class Trained:
    """The parameters with the least holdout loss, and the losses there."""

    best: Tensor  # (M, P)
    last: Tensor  # (M, P): after the last step
    best_step: list[int]
    holdout_loss: list[float]
    train_loss: list[float]  # mean over the block of steps that ended at best_step
    diverged_at: list[int | None]
    looked_at: list[int]  # the steps after which the holdout was looked at, at most CHECKS and a few
    holdout_trace: list[list[float]]  # the losses there, a list per member
    train_trace: list[list[float]]


def train(
    network: Network, features: Tensor, fit: Stack, holdout: Stack, flat: Tensor, seeds: Sequence[int], plan: Plan,
    tick: Callable[[float], None], keeper: Keeper | None = None,
) -> Trained:  # fmt: skip
    """Trains from the parameters ``flat`` (M, P), or from the state that the ``keeper`` has.

    ``tick`` is called with the share of the steps done, between blocks of steps.
    """
    stepper = Stepper(network, features, flat, plan.weight_decay)
    record = _Record(flat)
    done = 0
    if keeper is not None and (state := keeper.load()) is not None:
        done = int(state["step"])
        stepper.restore(state["stepper"], done)
        record.restore(state["record"])
        tick(done / plan.steps)  # who reckons the time left learns what was there
    feed = _Feed(fit, seeds, plan.batch, done)
    block = max(1, math.ceil(plan.steps / CHECKS))
    seen = done  # the last step after which the holdout was looked at
    total = torch.zeros(len(flat), dtype=flat.dtype, device=flat.device)
    for step in range(done + 1, plan.steps + 1):
        total += stepper.step(feed.next(), cosine(plan.lr, step - 1, plan.steps))
        if _looks(step, block) or step == plan.steps:
            length, seen = step - seen, step
            answers, _ = network.forward(stepper.params, features, holdout.batch(0, len(holdout)))
            record.look(step, stepper.flat(), (answers - holdout.observed).square().mean(1), total / length)
            total.zero_()
            if keeper is not None and keeper.due():
                keeper.save({"step": step, "stepper": stepper.state(), "record": record.state()})
            tick(step / plan.steps)
    return record.result(stepper.flat())


def _looks(step: int, block: int) -> bool:
    """Every block, and at powers of two before the first: noisy contexts are learned by heart within a few steps."""
    return step % block == 0 or (step < block and step & (step - 1) == 0)


def cosine(peak: float, step: int, steps: int) -> float:
    """The learning rate of a step: peak (1 + cos(pi step / steps)) / 2."""
    return peak * (1 + math.cos(math.pi * step / steps)) / 2


class _Feed:
    """Batches without replacement: rows are permuted once per pass, batches are slices of it."""

    def __init__(self, source: Stack, seeds: Sequence[int], batch: int, taken: int) -> None:
        self.source = source
        self.seeds = seeds
        self.parts = max(1, round(len(source) / batch))
        self.size = len(source) // self.parts
        self.shuffled = source if self.parts == 1 else source.empty_like()
        self.taken = taken
        if taken % self.parts:
            self._shuffle()

    def next(self) -> Batch:
        """The next batch of every member."""
        part = self.taken % self.parts
        if part == 0 and self.parts > 1:
            self._shuffle()
        self.taken += 1
        return self.shuffled.batch(part * self.size, (part + 1) * self.size)

    def _shuffle(self) -> None:
        """Puts the rows in the order of the pass that ``taken`` lies in."""
        orders = {seed: self._order(seed, self.taken // self.parts) for seed in set(self.seeds)}
        self.shuffled.permute_from(self.source, [orders[seed] for seed in self.seeds])

    def _order(self, seed: int, lap: int) -> Tensor:
        """The order of a pass follows from (seed, pass), so that training can resume at any border."""
        random = torch.Generator().manual_seed(torch_seed(seed, "recall", "order", lap))
        return torch.randperm(len(self.source), generator=random).to(self.source.observed.device)


class _Record:
    """The best parameters so far, member by member."""

    def __init__(self, flat: Tensor) -> None:
        members = len(flat)
        self.best = flat.clone()
        self.step = [0] * members
        self.holdout = [math.inf] * members
        self.train = [math.inf] * members
        self.diverged: list[int | None] = [None] * members
        self.looked: list[int] = []
        self.holdouts: list[list[float]] = []  # one list of members per look
        self.trains: list[list[float]] = []

    def look(self, step: int, flat: Tensor, holdout: Tensor, losses: Tensor) -> None:
        """Keeps a member's parameters if its holdout loss is the least; marks it if anything is not finite."""
        self.looked.append(step)
        self.holdouts.append(_short(holdout))
        self.trains.append(_short(losses))
        finite = (flat.isfinite().all(1) & losses.isfinite() & holdout.isfinite()).tolist()
        for m, (here, fitted, fine) in enumerate(zip(holdout.tolist(), losses.tolist(), finite, strict=True)):
            if not fine and self.diverged[m] is None:
                self.diverged[m] = step
            elif fine and self.diverged[m] is None and here < self.holdout[m]:
                self.holdout[m], self.train[m], self.step[m] = here, fitted, step
                self.best[m].copy_(flat[m])

    def state(self) -> dict[str, Any]:
        """What ``restore`` needs."""
        return {
            "best": self.best.cpu(), "step": self.step, "holdout": self.holdout, "train": self.train,
            "diverged": self.diverged, "looked": self.looked, "holdouts": self.holdouts, "trains": self.trains,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Goes back to a state."""
        self.best.copy_(state["best"])
        self.step, self.holdout, self.train = state["step"], state["holdout"], state["train"]
        self.diverged = state["diverged"]
        self.looked, self.holdouts, self.trains = state["looked"], state["holdouts"], state["trains"]

    def result(self, last: Tensor) -> Trained:
        """What the training hands back."""
        traces = [[list(trace) for trace in zip(*kept, strict=True)] for kept in (self.holdouts, self.trains)]
        return Trained(self.best, last, self.step, self.holdout, self.train, self.diverged, self.looked, *traces)


def _short(losses: Tensor) -> list[float]:
    """Six significant digits: a trace is for looking at, and a record holds a hundred of these."""
    return [float(f"{loss:.6g}") for loss in losses.tolist()]
