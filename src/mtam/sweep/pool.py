"""Packs in worker processes of one thread each; a killed worker costs its pack only."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from mtam.sweep import plan as planning
from mtam.sweep import progress, store, work
from mtam.sweep.board import Board, Launcher
from mtam.sweep.threads import one_thread

ATTEMPTS = 3  # a pack whose worker died this often is recorded as failed
POLL = 0.2  # seconds
# Killed or stopped at once, this process leaves its semaphores to a tracker that multiprocessing has started beside it;
# that removes them, and would warn the terminal that it had to.
QUIET_TRACKER = "ignore:resource_tracker:UserWarning"

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


def run(out: Path, packs: Sequence[tuple[str, ...]], launcher: Launcher, board: Board) -> None:
    """A killed worker breaks the pool: the pool is made anew and only what has no record is run again."""
    os.environ.setdefault("PYTHONWARNINGS", QUIET_TRACKER)
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
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                print("mtam: stopping at the next safe point; once more stops at once.", file=sys.stderr, flush=True)
            _stop(pool, stop)
            if isinstance(error, _FailFast):
                return
            raise
        pool.shutdown()
        for pack in set(died) - board.done:
            progress.silence(out, pack[0])
            deaths[pack] += 1
            if deaths[pack] >= ATTEMPTS:
                _record_death(out, pack, launcher.device)
                board.end(pack)
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


def _watch(futures: dict[Future[None], tuple[str, ...]], board: Board, fail_fast: bool) -> list[tuple[str, ...]]:
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
                board.end(futures[future])
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


def _record_death(out: Path, pack: tuple[str, ...], device: str) -> None:
    plan = planning.read(out)
    for key in pack:
        sentence = f"its worker process died {ATTEMPTS} times (killed, or out of memory?)"
        body = work.about(plan.trials[key], device, 0.0, len(pack))
        store.write(out, key, {**body, "failure": sentence, "traceback": None})
