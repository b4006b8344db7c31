"""Wait for a sweep that runs as SLURM jobs: records say what is done, squeue says what may still come."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from mtam.sweep import heartbeats, store
from mtam.sweep.cluster import slurm, squeue
from mtam.sweep.cluster.slurm_task import Pack
from mtam.sweep.progress_account import Board

POLL = 1.0  # seconds between looks at the folder
QUEUE_POLL = 3.0  # seconds between calls of squeue at first; every call waits a little longer, up to the next figure
QUEUE_POLL_MOST = 30.0
GRACE = 10.0  # seconds that a record may need to show on a shared file system after its task has left the queue


def until_done(out: Path, packs: Sequence[Pack], board: Board, fail_fast: bool) -> list[Pack]:
    """Return when every pack has its records, or no task in the queue has a pack that lacks some: then those packs.

    With ``fail_fast`` the jobs are cancelled at the first failed trial.
    """
    waiting = list(packs)
    look = _Queue(out)
    while waiting:
        beats = list(heartbeats.beats(out, living=True))
        under_way = {beat.pack for beat in beats}
        there = _recorded(out)
        ended = [pack for pack in waiting if pack[0] not in under_way and there.issuperset(pack)]
        for pack in ended:
            board.end(pack)
        waiting = [pack for pack in waiting if pack not in board.done]
        board.update(beats, look.remark())
        if fail_fast and any(board.failed(pack) for pack in ended):
            squeue.cancel(look.jobs())
            return []
        if not waiting or look.none_has(waiting):
            break
        time.sleep(POLL)
    board.update([])
    return waiting


def _recorded(out: Path) -> set[str]:
    try:
        return {name.removesuffix(".json") for name in os.listdir(out / store.FOLDER)}
    except FileNotFoundError:
        return set()


class _Queue:
    """What squeue said last; asked less and less often, because it is shared with everybody on the cluster."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._tasks: dict[str, tuple[str, tuple[Pack, ...]]] | None = None
        self._every, self._next = QUEUE_POLL, 0.0
        self._gone: float | None = None  # since when no task in the queue has a pack that lacks records

    def _ask(self) -> None:
        if time.monotonic() >= self._next:
            self._tasks = slurm.queue(self.out)
            self._next = time.monotonic() + self._every
            self._every = min(self._every * 1.2, QUEUE_POLL_MOST)

    def remark(self) -> str:
        """How many tasks are in which state."""
        self._ask()
        if self._tasks is None:
            return "; SLURM does not answer"
        states = [state.lower() for state, _ in self._tasks.values()]
        counts = [f"{states.count(state)} {state}" for state in sorted(set(states), reverse=True)]
        return f"; tasks: {', '.join(counts)}" if counts else ""

    def jobs(self) -> list[str]:
        """The job numbers in the queue; where SLURM does not answer, all that were ever submitted."""
        known = [job for job, _ in slurm.submissions(self.out)] if self._tasks is None else self._tasks
        return sorted({task.partition("_")[0] for task in known})

    def none_has(self, packs: Sequence[Pack]) -> bool:
        """Whether for a while no task in the queue has had one of these packs."""
        if self._tasks is None:
            return False
        held = {pack for _, mine in self._tasks.values() for pack in mine}
        if not held.isdisjoint(packs):
            self._gone = None
            return False
        if self._gone is None:
            self._gone = time.monotonic()
            self._next = 0.0  # a second look, soon
        return time.monotonic() - self._gone > GRACE
