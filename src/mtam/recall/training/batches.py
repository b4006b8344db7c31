"""Batches without replacement: every member's rows in a new order at every pass, batches are stretches of it."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from mtam.base.streams import generator
from mtam.recall.transformer.batch import Batch
from mtam.recall.transformer.tensors import Stack

Rows = NDArray[np.int64]
TOGETHER, LAPS = 2**18, 64  # rows and passes that are drawn at once, at most


class Feed:
    """The rows of the next steps of every member, or the next batch; members of one seed share their order."""

    def __init__(self, source: Stack, seeds: Sequence[int], batch: int, taken: int = 0) -> None:
        self.source = source
        self.seeds = list(dict.fromkeys(seeds))
        self.stream = np.array([self.seeds.index(seed) for seed in seeds])  # (M,): which of the seeds
        self.parts = max(1, round(len(source) / batch))
        self.size = len(source) // self.parts
        self.taken = taken  # steps so far
        self._laps = max(1, min(LAPS, TOGETHER // len(source)))
        self._drawn, self._orders = -1, np.empty(0, dtype=np.int64)
        self._shuffled: Stack | None = None
        self._lap = -1

    def rows(self, steps: int) -> Rows:
        """The rows of the next steps. (seeds, steps, B)"""
        found = np.empty((len(self.seeds), steps, self.size), dtype=np.int64)
        for step in range(steps):
            lap, part = divmod(self.taken + step, self.parts)
            found[:, step] = self._order(lap)[:, part * self.size : (part + 1) * self.size]
        self.taken += steps
        return found

    def next(self) -> Batch:
        """The next batch of every member: a view into a sample that is put in order once per pass."""
        lap, part = divmod(self.taken, self.parts)
        self.taken += 1
        if self.parts == 1:
            return self.source.batch(0, self.size)
        if self._shuffled is None:
            self._shuffled = self.source.empty_like()
        if lap != self._lap:
            orders = torch.from_numpy(self._order(lap)).to(self.source.observed.device)
            self._shuffled.permute_from(self.source, [orders[k] for k in self.stream])
            self._lap = lap
        return self._shuffled.batch(part * self.size, (part + 1) * self.size)

    def _order(self, lap: int) -> Rows:
        """The order of a pass follows from (seed, pass), so that training can resume at any border. (seeds, n)"""
        if self.parts == 1:
            return np.arange(len(self.source))[None]
        group, within = divmod(lap, self._laps)
        if group != self._drawn:
            whole = np.tile(np.arange(len(self.source)), (self._laps, 1))
            self._orders = np.stack(
                [generator(seed, "recall", "order", group).permuted(whole, axis=1) for seed in self.seeds]
            )
            self._drawn = group
        return np.asarray(self._orders[:, within])
