"""What a run shares with its launchers: where packs run, and how much of them is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtam.sweep import progress, store
from mtam.sweep.plan import Plan


@dataclass(frozen=True)
class Launcher:
    """Where packs run. ``name`` is inline or local; ``workers`` is a number of processes."""

    name: str
    workers: int
    device: str
    fail_fast: bool = False  # stop after the first pack with a failed trial


class Board:
    """Adds up what is done, weighted by forecast cost, and shows it."""

    def __init__(self, plan: Plan, out: Path, packs: Sequence[tuple[str, ...]], show: progress.Show) -> None:
        self.out = out
        self.done: set[tuple[str, ...]] = set()
        self._show = show
        self._costs = {pack[0]: plan.cost(pack) for pack in packs}
        self._total, self._trials = sum(self._costs.values()), sum(map(len, packs))
        self._spent, self._ended = 0.0, 0  # cost and trials of what is done

    def end(self, pack: tuple[str, ...]) -> None:
        """A pack has its records."""
        if pack not in self.done:
            self.done.add(pack)
            self._spent += self._costs[pack[0]]
            self._ended += len(pack)

    def update(self, running: Mapping[str, float], remark: str = "") -> None:
        """``running`` maps the first key of a pack to its fraction done."""
        under_way = sum(self._costs.get(first, 0.0) * part for first, part in running.items())
        fraction = min((self._spent + under_way) / self._total, 1.0)
        self._show(fraction, f"{self._ended}/{self._trials} trials{remark}")

    def failed(self, pack: tuple[str, ...]) -> bool:
        """Whether a trial of a pack that has ended failed."""
        return any(store.failed(record) for record in store.read_all(self.out, pack).values())
