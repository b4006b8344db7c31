"""What a run shares with its launchers: where packs run, and how much of them is done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtam.sweep import progress, store
from mtam.sweep.heartbeats import Beat
from mtam.sweep.planning import Plan


@dataclass(frozen=True)
class Launcher:
    """Where packs run. ``name`` is inline, local or executor; ``workers`` is a number of packs at once."""

    name: str
    workers: int
    device: str
    fail_fast: bool = False  # stop after the first pack with a failed trial
    apart: bool = False  # in worker processes even where one would do
    gpus: tuple[str, ...] = ()  # CUDA_VISIBLE_DEVICES of each GPU; every worker process has one of them
    factory: str | None = None  # of an executor


class Board:
    """Adds up what is done, weighted by forecast cost, and shows it."""

    def __init__(self, plan: Plan, out: Path, packs: Sequence[tuple[str, ...]], show: progress.Show) -> None:
        self.out, self.code = out, plan.code
        self.done: set[tuple[str, ...]] = set()
        self._show = show
        self._costs = {pack[0]: plan.cost(pack) for pack in packs}
        self._total, self._trials = sum(self._costs.values()), sum(map(len, packs))
        self._spent, self._ended = 0.0, 0  # cost and trials of what is done
        self._before: dict[str, float] | None = None  # cost of what was done of a pack before this run was at it

    def end(self, pack: tuple[str, ...]) -> None:
        """A pack has its records."""
        if pack not in self.done:
            self.done.add(pack)
            self._spent += self._costs.pop(pack[0])
            self._ended += len(pack)

    def update(self, running: Iterable[Beat], remark: str = "") -> None:
        """Show what is done with the packs that are ``running``, and leave out those that are not of this run.

        A pack that goes on from its state has not come so far now; nor has one that is under way at the first look.
        """
        mine = [beat for beat in running if beat.pack in self._costs]
        under_way = sum(self._costs[beat.pack] * beat.fraction for beat in mine)
        if self._before is None:
            self._before = {beat.pack: self._costs[beat.pack] * beat.fraction for beat in mine}
        for beat in mine:
            there = self._costs[beat.pack] * beat.resumed
            self._before[beat.pack] = max(there, self._before.get(beat.pack, 0.0))
        fraction = min((self._spent + under_way) / self._total, 1.0)
        before = min(sum(self._before.values()) / self._total, 1.0)
        self._show(fraction, f"{self._ended}/{self._trials} trials{remark}", before)

    def failed(self, pack: tuple[str, ...]) -> bool:
        """Whether a trial of a pack that has ended failed."""
        return any(store.failed(record) for record in store.read_all(self.out, pack).values())
