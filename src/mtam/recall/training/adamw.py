"""Optimiser steps of all members: gradients by ``Network`` and AdamW on one buffer, or whole blocks compiled."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.optim.adamw import adamw

from mtam.recall.training import adamw_kernels
from mtam.recall.training.adamw_kernels import BETAS, EPSILON
from mtam.recall.training.batches import Feed
from mtam.recall.transformer.batch import Batch
from mtam.recall.transformer.network import Network, Room


class Stepper:
    """One optimiser for all members: a training buffer, its gradient, and AdamW's two averages."""

    def __init__(self, network: Network, features: Tensor, flat: Tensor, weight_decay: float) -> None:
        self.network = network
        self.features = features
        self.members = len(flat)
        self.buffer = network.pack(flat)
        self.gradient, self.mean, self.square = (torch.zeros_like(self.buffer) for _ in range(3))
        self.count = torch.zeros((), device=flat.device)  # steps done, as torch wants it
        self.params = network.layers(self.buffer, self.members)
        self.into = network.layers(self.gradient, self.members)
        self.weight_decay = weight_decay
        self.steps = 0
        self.room = Room()
        self._shares: tuple[Feed, Tensor] | None = None

    def run(self, feed: Feed, rates: Sequence[float]) -> Tensor:
        """The next ``len(rates)`` steps at these learning rates; the sum of the losses before each. (M,)"""
        if not adamw_kernels.applies(self.network, self.features.device):
            return torch.stack([self.step(feed.next(), lr) for lr in rates]).sum(0)
        if self._shares is None or self._shares[0] is not feed:
            self._shares = feed, adamw_kernels.shares(self.network, feed.source)
        flat = (self.buffer, self.gradient, self.mean, self.square)
        moved = adamw_kernels.Optimiser(self.params, self.into, *flat, self.weight_decay)
        rows, rate = feed.rows(len(rates)), np.array(rates)
        losses = adamw_kernels.run(
            self.features, feed.source, self._shares[1], rows, feed.stream, moved, rate, self.steps
        )  # fmt: skip
        self.steps += len(rates)
        return losses

    def step(self, batch: Batch, lr: float) -> Tensor:
        """One step of every member at a learning rate; the losses before it. (M,)"""
        losses = self.network.loss_gradient(self.params, self.features, batch, self.into, self.room)
        self._adamw(lr)
        return losses

    def _adamw(self, lr: float) -> None:
        """Loshchilov and Hutter (ICLR 2019), by torch's fused kernel: one pass over the buffer.

        The class around this function would keep the averages to itself and cost as much again in overhead.
        """
        self.count.fill_(self.steps)  # the function counts on
        self.steps += 1
        adamw(
            [self.buffer], [self.gradient], [self.mean], [self.square], [], [self.count], fused=True, lr=lr,
            beta1=BETAS[0], beta2=BETAS[1], weight_decay=self.weight_decay, eps=EPSILON, amsgrad=False, maximize=False,
        )  # fmt: skip

    def flat(self) -> Tensor:
        """The parameters, member after member. (M, P)"""
        return self.network.unpack(self.buffer, self.members)

    def state(self) -> list[Tensor]:
        """Parameters and averages, on the CPU."""
        return [t.cpu() for t in (self.buffer, self.mean, self.square)]

    def restore(self, state: list[Tensor], steps: int) -> None:
        """Goes back to a state after ``steps`` steps."""
        for mine, stored in zip((self.buffer, self.mean, self.square), state, strict=True):
            mine.copy_(stored)
        self.steps = steps
