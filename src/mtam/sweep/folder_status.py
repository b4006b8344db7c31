"""How far a run is, seen from outside: reads its folder, writes nothing, and reads every record once."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtam.sweep import heartbeats, planning, store
from mtam.sweep.cluster.squeue import FOLDER as SUBMISSIONS
from mtam.sweep.planning import Plan

QUEUE_EVERY = 10.0  # seconds between calls of squeue


@dataclass(frozen=True)
class Told:
    """What a status needs of a record."""

    failed: bool
    seconds: float  # of its pack
    share: float  # of its pack that these seconds computed: less than 1 where it went on from a state on disk
    ended: float | None  # Unix time; records of earlier versions do not say


@dataclass(frozen=True)
class Status:
    """Counts per cell, and times."""

    cells: list[dict[str, Any]]  # axis, done, running, failed, missing
    running_packs: int
    elapsed: float | None  # seconds in which at least one pack was under way
    remaining: float | None  # seconds, with as many packs at a time as now, or one
    seconds_per_trial: float | None  # of one worker
    queue: dict[str, int] | None  # SLURM's tasks by state; None without SLURM
    ended: float | None = None  # Unix time of the last record

    def count(self, state: str) -> int:
        """Trials that are done, running, failed or missing, over all cells."""
        return sum(int(cell[state]) for cell in self.cells)

    @property
    def over(self) -> bool:
        """Whether every trial has its record."""
        return not any(cell["missing"] or cell["running"] for cell in self.cells)


class Survey:
    """Looks at the run in ``out`` as often as wanted. Raises UsageError when it is not the folder of a run."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.plan: Plan = planning.read(out)
        self._seen: dict[str, Told] = {}
        self._queue: dict[str, int] | None = None
        self._asked = -QUEUE_EVERY

    def look(self, *, queue: bool = True) -> Status:
        """The state of the folder now; without ``queue``, SLURM is not asked."""
        for key in self.plan.trials.keys() - self._seen.keys():
            seen = store.glance(self.out, key, self.plan.trials[key])
            if seen is not None:
                self._seen[key] = Told(seen.failed, seen.pack_seconds, 1 - seen.resumed_at, seen.ended or None)
        known = {pack[0] for pack in self.plan.packs}
        beats = {beat.pack: beat for beat in heartbeats.beats(self.out, living=True) if beat.pack in known}
        running = {key for pack in self.plan.packs if pack[0] in beats for key in pack} - self._seen.keys()
        cells = []
        for cell, keys in zip(self.plan.cells, self.plan.keys, strict=True):
            failed = sum(key in self._seen and self._seen[key].failed for key in keys)
            done = sum(key in self._seen for key in keys) - failed
            active = sum(key in running for key in keys)
            counts = {"done": done, "running": active, "failed": failed, "missing": len(keys) - done - failed - active}
            cells.append({"axis": cell.axis, **counts})
        packs = [pack for pack in self.plan.packs if all(key in self._seen for key in pack)]
        work = sum(self._seen[pack[0]].seconds for pack in packs)
        trials = sum(len(pack) * self._seen[pack[0]].share for pack in packs)
        return Status(
            cells, len(beats), self._elapsed(beats.values()), self._remaining(work, packs, beats),
            work / trials if trials else None, self._in_queue() if queue else None,
            max((told.ended for told in self._seen.values() if told.ended is not None), default=None),
        )  # fmt: skip

    def _elapsed(self, beats: Iterable[heartbeats.Beat]) -> float | None:
        """The length of the union of the times in which packs were under way; breaks between two runs do not count."""
        spans = {(told.ended - told.seconds, told.ended) for told in self._seen.values() if told.ended is not None}
        spans |= {(beat.started, beat.time) for beat in beats}
        total, until = 0.0, float("-inf")
        for begin, end in sorted(spans):
            total += max(0.0, end - max(begin, until))
            until = max(until, end)
        return total if spans else None

    def _remaining(
        self, work: float, done: list[tuple[str, ...]], beats: Mapping[str, heartbeats.Beat]
    ) -> float | None:
        """The forecast cost of what is missing, in the seconds that a unit of forecast cost has taken so far."""
        ended = set(done)
        if len(ended) == len(self.plan.packs):
            return 0.0
        spent, left = sum(self.plan.cost(pack) * self._seen[pack[0]].share for pack in done), 0.0
        for pack in (pack for pack in self.plan.packs if pack not in ended):
            cost, beat = self.plan.cost(pack), beats.get(pack[0])
            part = beat.fraction if beat else 0.0
            left += cost * (1 - part)
            if beat and part - beat.resumed > 0.05:  # before that it has hardly begun
                spent, work = spent + cost * (part - beat.resumed), work + beat.time - beat.started
        return (work / spent if spent > 0 else 1.0) * left / max(len(beats), 1)

    def _in_queue(self) -> dict[str, int] | None:
        if not os.path.isdir(self.out / SUBMISSIONS):
            return None
        from mtam.sweep.cluster import slurm  # brings the launchers along, which take a tenth of a status to load

        if time.monotonic() - self._asked >= QUEUE_EVERY:
            tasks = slurm.queue(self.out)
            states = [state.lower() for state, _ in tasks.values()] if tasks is not None else []
            self._queue = {state: states.count(state) for state in sorted(set(states))} if tasks is not None else None
            self._asked = time.monotonic()
        return self._queue
