"""Run the packs that are missing: in this process, or in worker processes of one thread each."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from mtam.sweep import execute, failures, heartbeats, pool, progress, store
from mtam.sweep.cluster import executor_pool
from mtam.sweep.planning import Plan
from mtam.sweep.progress_account import Board, Launcher


def cores() -> int:
    """The cores this process may use (a batch system may grant fewer than the machine has)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def missing(plan: Plan, out: Path, *, force: bool = False, retry_failed: bool = False) -> list[tuple[str, ...]]:
    """The packs with at least one trial that has no complete record, or all of them under ``force``.

    Such a pack is computed again as a whole: it is one tensor program, and its numbers must not depend on what was
    lost. A failure of the machine counts as no record; another failed trial counts as answered, and ``retry_failed``
    adds those of complete packs, alone. Nothing is written: damaged records stay until a run sets them aside.
    """
    if force:
        return list(plan.packs)
    found = store.read_all(out, plan.trials, mend=False)
    records = {key: record for key, record in found.items() if not failures.passing(record)}
    lost = [pack for pack in plan.packs if not all(key in records for key in pack)]
    if not retry_failed:
        return lost
    whole = [pack for pack in plan.packs if all(key in records for key in pack)]
    failed = [tuple(key for key in pack if store.failed(records[key])) for pack in whole]
    return lost + [pack for pack in failed if pack]


def share(plan: Plan, packs: Sequence[tuple[str, ...]], task: int, tasks: int) -> list[tuple[str, ...]]:
    """The packs of task ``task`` out of ``tasks``: every tasks-th pack of the manifest, whatever is done already."""
    mine = {key for pack in plan.packs[task::tasks] for key in pack}
    return [pack for pack in packs if mine.issuperset(pack)]


def run(plan: Plan, out: Path, packs: Sequence[tuple[str, ...]], launcher: Launcher, show: progress.Show) -> None:
    """Execute ``packs``; every trial ends with a record, of numbers or of a failure.

    Raises KeyboardInterrupt after a clean stop; what is done is on disk.
    """
    board = Board(plan, out, packs, show)
    try:
        if launcher.name == "executor":
            executor_pool.run(out, list(packs), launcher, board)
            return
        alone = len(packs) == 1 or launcher.workers == 1
        if launcher.name == "inline" or (alone and not launcher.apart):
            _run_inline(plan, out, packs, launcher, board)
        else:
            pool.run(out, packs, launcher, board)
    finally:
        heartbeats.silence_all(out, (pack[0] for pack in packs))


def _run_inline(plan: Plan, out: Path, packs: Sequence[tuple[str, ...]], launcher: Launcher, board: Board) -> None:
    for pack in packs:
        beat = heartbeats.heartbeat(out, pack[0])

        def tick(
            fraction: float, resumed: float, pack: tuple[str, ...] = pack, beat: Callable[[float, float], None] = beat
        ) -> None:
            beat(fraction, resumed)
            board.update([heartbeats.Beat(pack[0], fraction, resumed)])

        try:
            tick(0.0, 0.0)
            execute.execute(out, {key: plan.trials[key] for key in pack}, device=launcher.device, tick=tick)
        finally:
            heartbeats.silence(out, pack[0])
        board.end(pack)
        board.update([])
        if launcher.fail_fast and board.failed(pack):
            return
