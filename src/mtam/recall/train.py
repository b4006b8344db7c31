"""Empirical risk minimisation of all members of a pack: AdamW, cosine schedule, early stopping on a holdout.

Every member has its own sample, its own order of rows and its own best parameters; the members share nothing but the
program. One that diverges is marked, and since no operation mixes members the others do not notice.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtam.recall.network import Batch, Network
from mtam.recall.pack import Stack
from mtam.streams import torch_seed

BETAS, EPSILON = (0.9, 0.999), 1e-8  # of AdamW
CHECKS = 50  # how often the holdout is looked at during a training


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


class Stepper:
    """One optimiser for all members: a training buffer, its gradient, and AdamW's two averages."""

    def __init__(self, network: Network, features: Tensor, flat: Tensor, weight_decay: float) -> None:
        self.network = network
        self.features = features
        self.members = len(flat)
        self.buffer = network.pack(flat)
        self.gradient, self.mean, self.square, self.root = (torch.zeros_like(self.buffer) for _ in range(4))
        self.params = network.layers(self.buffer, self.members)
        self.into = network.layers(self.gradient, self.members)
        self.weight_decay = weight_decay
        self.steps = 0

    def step(self, batch: Batch, lr: float) -> Tensor:
        """One step of every member at a learning rate; the losses before it. (M,)"""
        losses = self.network.loss_gradient(self.params, self.features, batch, self.into)
        self._adamw(lr)
        return losses

    def _adamw(self, lr: float) -> None:
        """Loshchilov and Hutter (ICLR 2019); torch's class costs as much again in overhead here."""
        self.steps += 1
        first, second = 1 - BETAS[0] ** self.steps, math.sqrt(1 - BETAS[1] ** self.steps)
        self.mean.lerp_(self.gradient, 1 - BETAS[0])
        self.square.mul_(BETAS[1]).addcmul_(self.gradient, self.gradient, value=1 - BETAS[1])
        torch.sqrt(self.square, out=self.root).add_(EPSILON * second)
        self.buffer.mul_(1 - lr * self.weight_decay).addcdiv_(self.mean, self.root, value=-lr * second / first)

    def flat(self) -> Tensor:
        """The parameters, member after member. (M, P)"""
        return self.network.unpack(self.buffer, self.members)


def train(
    network: Network, features: Tensor, fit: Stack, holdout: Stack, flat: Tensor, seeds: Sequence[int], plan: Plan,
    tick: Callable[[float], None],
) -> Trained:  # fmt: skip
    """Trains from the parameters ``flat`` (M, P).

    ``tick`` is called with the share of the steps done, between blocks of steps.
    """
    stepper = Stepper(network, features, flat, plan.weight_decay)
    record = _Record(flat)
    feed = _Feed(fit, seeds, plan.batch)
    block = max(1, math.ceil(plan.steps / CHECKS))
    total, step = torch.zeros(len(flat), dtype=flat.dtype, device=flat.device), 0
    for step in range(1, plan.steps + 1):
        total += stepper.step(feed.next(), cosine(plan.lr, step - 1, plan.steps))
        if step % block == 0 or step == plan.steps:
            length = (step - 1) % block + 1
            answers, _ = network.forward(stepper.params, features, holdout.batch(0, len(holdout)))
            record.look(step, stepper.flat(), (answers - holdout.observed).square().mean(1), total / length)
            total.zero_()
            tick(step / plan.steps)
    return record.result(stepper.flat())


def cosine(peak: float, step: int, steps: int) -> float:
    """The learning rate of a step: peak (1 + cos(pi step / steps)) / 2."""
    return peak * (1 + math.cos(math.pi * step / steps)) / 2


class _Feed:
    """Batches without replacement: rows are permuted once per pass, batches are slices of it."""

    def __init__(self, source: Stack, seeds: Sequence[int], batch: int) -> None:
        self.source = source
        self.seeds = seeds
        self.parts = max(1, round(len(source) / batch))
        self.size = len(source) // self.parts
        self.shuffled = source if self.parts == 1 else source.empty_like()
        self.taken = 0

    def next(self) -> Batch:
        """The next batch of every member."""
        lap, part = divmod(self.taken, self.parts)
        if part == 0 and self.parts > 1:
            self.shuffled.permute_from(self.source, [self._order(seed, lap) for seed in self.seeds])
        self.taken += 1
        return self.shuffled.batch(part * self.size, (part + 1) * self.size)

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

    def look(self, step: int, flat: Tensor, holdout: Tensor, losses: Tensor) -> None:
        """Keeps a member's parameters if its holdout loss is the least; marks it if anything is not finite."""
        finite = (flat.isfinite().all(1) & losses.isfinite() & holdout.isfinite()).tolist()
        for m, (here, fitted, fine) in enumerate(zip(holdout.tolist(), losses.tolist(), finite, strict=True)):
            if not fine and self.diverged[m] is None:
                self.diverged[m] = step
            elif fine and self.diverged[m] is None and here < self.holdout[m]:
                self.holdout[m], self.train[m], self.step[m] = here, fitted, step
                self.best[m].copy_(flat[m])

    def result(self, last: Tensor) -> Trained:
        """What the training hands back."""
        return Trained(self.best, last, self.step, self.holdout, self.train, self.diverged)
