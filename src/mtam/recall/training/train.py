"""Empirical risk minimisation of all members of a pack: AdamW, cosine schedule, early stopping on a holdout.

Every member has its own sample, its own order of rows and its own best parameters; the members share nothing but the
program. One that diverges is marked, and since no operation mixes members the others do not notice.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mtam.recall.training.adamw import Stepper
from mtam.recall.training.batches import Feed
from mtam.recall.training.checkpoint import Best, Keeper
from mtam.recall.transformer.network import Network
from mtam.recall.transformer.tensors import Stack

CHECKS = 50  # how often the holdout is looked at during a training, besides some looks at its very beginning


@dataclass(frozen=True)
class TrainingPlan:
    """The optimiser's settings, equal for all members of a pack, and who keeps its state."""

    steps: int
    batch: int
    lr: float
    weight_decay: float
    keeper: Keeper | None = None  # where the state is kept between blocks of steps


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
    network: Network, features: Tensor, fit: Stack, holdout: Stack, flat: Tensor, seeds: Sequence[int],
    plan: TrainingPlan, tick: Callable[[float], None],
) -> Trained:  # fmt: skip
    """Trains from the parameters ``flat`` (M, P), or from the state that the plan's keeper has.

    ``tick`` is called with the share of the steps done, between blocks of steps.
    """
    stepper = Stepper(network, features, flat, plan.weight_decay)
    record, keeper = _Record(flat), plan.keeper
    done = 0
    state = None if keeper is None else keeper.load()
    if state is not None and state.fits(flat, stepper.buffer, plan.steps):
        done = state.step
        stepper.restore(state.stepper, done)
        record.restore(state.record)
        tick(done / plan.steps)  # who reckons the time left learns what was there
    feed = Feed(fit, seeds, plan.batch, done)
    block = max(1, math.ceil(plan.steps / CHECKS))
    while done < plan.steps:
        stop = next(step for step in range(done + 1, plan.steps + 1) if _looks(step, block) or step == plan.steps)
        rates = [cosine(plan.lr, step, plan.steps) for step in range(done, stop)]
        losses = stepper.run(feed, rates) / len(rates)
        done = stop
        answers, _ = network.forward(stepper.params, features, holdout.batch(0, len(holdout)))
        record.look(done, stepper.flat(), (answers - holdout.observed).square().mean(1), losses)
        if keeper is not None and keeper.due():
            keeper.save({"step": done, "stepper": stepper.state(), "record": record.state()})
        tick(done / plan.steps)
    return record.result(stepper.flat())


def _looks(step: int, block: int) -> bool:
    """Every block, and at powers of two before the first: noisy contexts are learned by heart within a few steps."""
    return step % block == 0 or (step < block and step & (step - 1) == 0)


def cosine(peak: float, step: int, steps: int) -> float:
    """The learning rate of a step: peak (1 + cos(pi step / steps)) / 2."""
    return peak * (1 + math.cos(math.pi * step / steps)) / 2


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

    def restore(self, state: Best) -> None:
        """Goes back to a state."""
        self.best.copy_(state.best)
        self.step, self.holdout, self.train = state.step, state.holdout, state.train
        self.diverged = state.diverged
        self.looked, self.holdouts, self.trains = state.looked, state.holdouts, state.trains

    def result(self, last: Tensor) -> Trained:
        """What the training hands back."""
        traces = [[list(trace) for trace in zip(*kept, strict=True)] for kept in (self.holdouts, self.trains)]
        return Trained(self.best, last, self.step, self.holdout, self.train, self.diverged, self.looked, *traces)


def _short(losses: Tensor) -> list[float]:
    """Six significant digits: a trace is for looking at, and a record holds a hundred of these."""
    return [float(f"{loss:.6g}") for loss in losses.tolist()]
