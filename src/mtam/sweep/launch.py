"""Run the packs that are missing: in this process, or in worker processes of one thread each."""

import ctypes
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from mtam.sweep import plan as planning
from mtam.sweep import progress, store, work
from mtam.sweep.plan import Plan
from mtam.sweep.threads import one_thread

ATTEMPTS = 3  # a pack whose worker died this often is recorded as failed
POLL = 0.2  # seconds


@dataclass(frozen=True)
class Launcher:
    """Where packs run. ``name`` is inline or local; ``workers`` is a number of processes."""

    name: str
    workers: int
    device: str
    fail_fast: bool = False  # stop after the first pack with a failed trial


def cores() -> int:
    """The cores this process may use (a batch system may grant fewer than the machine has)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def missing(plan: Plan, out: Path, *, force: bool = False, retry_failed: bool = False) -> list[tuple[str, ...]]:
    """The packs with at least one trial that has no complete record, or all of them under ``force``.

    Such a pack is computed again as a whole: it is one tensor program, and its numbers must not depend on what was
    lost. A failed trial counts as answered; ``retry_failed`` adds the failed trials of complete packs, alone.
    """
    if force:
        return list(plan.packs)
    records = store.read_all(out, plan.trials)
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
    board = _Board(plan, out, packs, show)
    try:
        if launcher.name == "inline" or len(packs) == 1 or launcher.workers == 1:
            _run_inline(plan, out, packs, launcher, board)
        else:
            _run_local(out, packs, launcher, board)
    finally:
        progress.silence_all(out, (pack[0] for pack in packs))


class _Board:
    """Adds up what is done, weighted by forecast cost, and shows it."""

    def __init__(self, plan: Plan, out: Path, packs: Sequence[tuple[str, ...]], show: progress.Show) -> None:
        self.costs = {pack: plan.cost(pack) for pack in packs}
        self.done: set[tuple[str, ...]] = set()
        self.out, self.show = out, show

    def update(self, running: dict[str, float]) -> None:
        """``running`` maps the first key of a pack to its fraction done."""
        parts = {pack: 1.0 if pack in self.done else running.get(pack[0], 0.0) for pack in self.costs}
        total = sum(self.costs.values())
        fraction = sum(self.costs[pack] * part for pack, part in parts.items()) / total
        trials, all_trials = (sum(map(len, packs)) for packs in (self.done, self.costs))
        self.show(fraction, f"{trials}/{all_trials} trials")

    def failed(self, pack: tuple[str, ...]) -> bool:
        """Whether a trial of a pack that has ended failed."""
        return any(store.failed(record) for record in store.read_all(self.out, pack).values())


def _run_inline(plan: Plan, out: Path, packs: Sequence[tuple[str, ...]], launcher: Launcher, board: _Board) -> None:
    for pack in packs:
        beat = progress.heartbeat(out, pack[0])

        def tick(fraction: float, pack: tuple[str, ...] = pack, beat: Callable[[float], None] = beat) -> None:
            beat(fraction)
            board.update({pack[0]: fraction})

        try:
            tick(0.0)
            work.execute(out, {key: plan.trials[key] for key in pack}, device=launcher.device, tick=tick)
        finally:
            progress.silence(out, pack[0])
        board.done.add(pack)
        board.update({})
        if launcher.fail_fast and board.failed(pack):
            return


# What a worker process holds: the manifest's plan, read once, and the flag that asks it to stop.
_worker: dict[str, Any] = {}


def _start_worker(out: Path, device: str, stop: Any, parent: int) -> None:
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    one_thread(force=True)
    _worker.update(out=out, device=device, stop=stop, plan=planning.read(out))


def _end_with(parent: int) -> None:
    """A worker whose parent was killed would wait for work for ever."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _work(pack: tuple[str, ...]) -> None:
    out, plan = _worker["out"], _worker["plan"]

    def check() -> None:
        if _worker["stop"].value:
            raise KeyboardInterrupt

    tick = progress.heartbeat(out, pack[0], before=check)
    try:
        tick(0.0)
        work.execute(out, {key: plan.trials[key] for key in pack}, device=_worker["device"], tick=tick)
    except KeyboardInterrupt:
        return
    finally:
        progress.silence(out, pack[0])


def _run_local(out: Path, packs: Sequence[tuple[str, ...]], launcher: Launcher, board: _Board) -> None:
    """A killed worker breaks the pool: the pool is made anew and only what has no record is run again."""
    context = multiprocessing.get_context("spawn")
    stop = context.Value(ctypes.c_bool, False, lock=False)  # without a lock: a killed worker cannot hold it
    waiting, deaths = list(packs), dict.fromkeys(packs, 0)
    while waiting:
        workers = min(launcher.workers, len(waiting))
        pool = ProcessPoolExecutor(workers, context, _start_worker, (out, launcher.device, stop, os.getpid()))
        try:
            with _signals_blocked():
                futures = {pool.submit(_work, pack): pack for pack in waiting}
            died = _watch(futures, board, launcher.fail_fast) or waiting
        except _FailFast:
            _stop(pool, stop)
            return
        except BaseException:
            _stop(pool, stop)
            raise
        pool.shutdown()
        for pack in set(died) - board.done:
            progress.silence(out, pack[0])
            deaths[pack] += 1
            if deaths[pack] >= ATTEMPTS:
                _record_death(out, pack)
                board.done.add(pack)
        waiting = [pack for pack in waiting if pack not in board.done]


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Processes started inside never see these signals: the parent decides, and tells them by the flag.

    A mask is inherited from the first instruction on; a handler set by the child itself would come too late for a
    signal that arrives while it imports.
    """
    names = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR2")]
    before = signal.pthread_sigmask(signal.SIG_BLOCK, names)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _FailFast(Exception):
    """A trial failed and the user wants no more."""


def _watch(futures: dict[Future[None], tuple[str, ...]], board: _Board, fail_fast: bool) -> list[tuple[str, ...]]:
    """Wait for the packs; return those that were running when a worker died."""
    open_futures = set(futures)
    suspects: set[str] = set()
    while open_futures:
        running = progress.fractions(board.out)
        board.update(running)
        suspects = set(running) or suspects
        ended, open_futures = wait(open_futures, POLL, FIRST_COMPLETED)
        broken = False
        for future in ended:
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                broken = True
            elif error is not None:
                raise error
            else:
                board.done.add(futures[future])
                if fail_fast and board.failed(futures[future]):
                    raise _FailFast
        if broken:
            return [pack for pack in futures.values() if pack[0] in suspects and pack not in board.done]
    board.update({})
    return []


def _stop(pool: ProcessPoolExecutor, stop: "Synchronized[bool] | Any") -> None:
    """Ask the workers to stop at their next safe point; a second interrupt ends them at once."""
    stop.value = True
    children = multiprocessing.active_children()
    try:
        pool.shutdown(wait=False, cancel_futures=True)
        patience = time.monotonic() + 20
        while any(child.is_alive() for child in children) and time.monotonic() < patience:
            time.sleep(POLL / 4)
    finally:
        for child in children:
            child.kill()


def _record_death(out: Path, pack: tuple[str, ...]) -> None:
    plan = planning.read(out)
    for key in pack:
        body = {"spec": plan.trials[key].model_dump(mode="json"), "environment": work.environment()}
        sentence = f"its worker process died {ATTEMPTS} times (killed, or out of memory?)"
        store.write(out, key, {**body, "failure": sentence, "traceback": None})
