"""Packs in worker processes of one thread each; a killed worker costs its pack only.

A killed process may leave a lock of the pool's queues taken for ever, and signals cannot end the others, which do not
hear them. So nobody waits for workers to go by themselves: those without a pack are killed.
"""

import ctypes
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from mtam.base import compile_time
from mtam.base.errors import UncachedWarning, UsageError
from mtam.base.threads import one_thread
from mtam.sweep import execute, failures, heartbeats, planning, signals, store
from mtam.sweep.progress_account import Board, Launcher
from mtam.sweep.signals import STOPPING

ATTEMPTS = 3  # a pack whose worker died this often in one run is recorded as failed; the next run tries again
POLL = 0.2  # seconds
PATIENCE = 20.0  # seconds that workers have to come to a safe point
# Killed or stopped at once, this process leaves its semaphores to a tracker that multiprocessing has started beside it;
# that removes them, and would warn the terminal that it had to.
QUIET_TRACKER = "ignore:resource_tracker:UserWarning"

GO, FINISH, STOP = range(3)  # what workers are told: go on; finish the pack but begin none; stop at the next safe point

# What a worker process holds: the manifest's plan, read once, and what it is told.
_worker: dict[str, Any] = {}


@dataclass(frozen=True)
class _Shared:
    """What the main process and its workers share."""

    order: Any  # an int: GO, FINISH or STOP
    compiling: Any  # an int: a worker has begun to compile
    once: Any  # a semaphore, taken by who says what is said once, and never given back
    seats: tuple[tuple[str, Any], ...] = ()  # each GPU, and a semaphore of as many workers as it takes


def _start_worker(out: Path, device: str, shared: _Shared, code: str | None) -> None:
    warnings.showwarning = partial(_warn, shared.once)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if not hasattr(signal, "pthread_sigmask"):
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
    one_thread()
    _take_seat(shared.seats)
    _worker.update(
        out=out, device=device, order=shared.order, compiling=shared.compiling, plan=planning.read(out, code)
    )


def _take_seat(seats: Sequence[tuple[str, Any]]) -> None:
    """One GPU for this process, before anything loads torch; who is killed leaves a seat, and the pool is made anew."""
    for gpu, free in seats:
        if free.acquire(block=False):
            os.environ["CUDA_VISIBLE_DEVICES"] = gpu
            return


def _seats(gpus: Sequence[str], workers: int, semaphore: Callable[[int], Any]) -> tuple[tuple[str, Any], ...]:
    """Workers are shared among the GPUs as evenly as can be."""
    each, more = divmod(workers, len(gpus) or 1)
    return tuple((gpu, semaphore(each + (k < more))) for k, gpu in enumerate(gpus))


def _warn(once: Any, message: Warning | str, category: type[Warning], *_: Any) -> None:
    """One line, as of this program's main process; what is true of all workers is said by the first of them."""
    if not issubclass(category, UncachedWarning) or once.acquire(block=False):
        print(f"mtam: warning: {message}", file=sys.stderr, flush=True)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever.

    A process that lives can be waited for on every platform; ``os.getppid`` tells no death on Windows.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(pack: tuple[str, ...]) -> None:
    out, plan, order = _worker["out"], _worker["plan"], _worker["order"]
    if order.value != GO:
        return

    def check() -> None:
        if order.value == STOP:
            raise KeyboardInterrupt

    tick = heartbeats.heartbeat(out, pack[0], before=check)
    try:
        tick(0.0, 0.0)
        with compile_time.heard(_tell_compiling):
            execute.execute(out, {key: plan.trials[key] for key in pack}, device=_worker["device"], tick=tick)
    except KeyboardInterrupt:
        return
    finally:
        heartbeats.silence(out, pack[0])


def _tell_compiling() -> None:
    """The main process has the screen."""
    _worker["compiling"].value = 1


def run(out: Path, packs: Sequence[tuple[str, ...]], launcher: Launcher, board: Board) -> None:
    """A killed worker breaks the pool: the pool is made anew and only what has no record is run again."""
    os.environ.setdefault("PYTHONWARNINGS", QUIET_TRACKER)
    context = multiprocessing.get_context("spawn")
    with _shared_memory(), signals.blocked():
        order: Any = context.Value(ctypes.c_int, GO, lock=False)  # without a lock: a killed worker cannot hold it
        compiling: Any = context.Value(ctypes.c_int, 0, lock=False)
        once: Any = context.Semaphore(1)
    waiting, deaths, began = list(packs), dict.fromkeys(packs, 0), time.time()
    while waiting:
        order.value, since = GO, time.time()
        workers = min(launcher.workers, len(waiting))
        with _shared_memory(), signals.blocked():  # multiprocessing's own tracker is started here
            seats = _seats(launcher.gpus, workers, context.Semaphore)
            given = (out, launcher.device, _Shared(order, compiling, once, seats), board.code)
            pool = ProcessPoolExecutor(workers, context, _start_worker, given)
        try:
            with signals.blocked(), _without_main():
                futures = {pool.submit(_work, pack): pack for pack in waiting}
            died = _watch(futures, board, launcher.fail_fast, since, compiling) or waiting
            order.value = FINISH
            _await_survivors(waiting, board, began, since)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                print("mtam: stopping at the next safe point; once more stops at once.", file=sys.stderr, flush=True)
            order.value = STOP
            _until_idle(board, since, PATIENCE)
            if isinstance(error, _FailFast):
                return
            raise
        finally:
            _end(pool)
        for pack in set(died) - board.done:
            heartbeats.silence(out, pack[0])
            deaths[pack] += 1
            if deaths[pack] >= ATTEMPTS:
                _record_death(out, pack, launcher.device)
                board.end(pack)
        waiting = [pack for pack in waiting if pack not in board.done]
    board.update([])
    if not once.acquire(block=False):  # a worker has said it for this process, too
        warnings.filterwarnings("ignore", category=UncachedWarning)


@contextmanager
def _shared_memory() -> Iterator[None]:
    """UsageError where the system gives none, and no semaphores, as in a container without a /dev/shm."""
    try:
        yield
    except (OSError, ImportError, NotImplementedError) as error:
        raise UsageError(
            f"worker processes need shared memory, which this system does not give ({error}; is there a /dev/shm that "
            "can be written?); choose --launcher inline."
        ) from None


@contextmanager
def _without_main() -> Iterator[None]:
    """Processes started inside do not run the script that is running here.

    ``spawn`` has every worker import the main module anew, for what was pickled from it. Nothing of a worker comes
    from there, and a script that calls ``mtam.sweep`` outside ``if __name__ == "__main__"`` would start itself.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class _FailFast(Exception):
    """A trial failed and the user wants no more."""


def _watch(
    futures: dict[Future[None], tuple[str, ...]], board: Board, fail_fast: bool, since: float, compiling: Any
) -> list[tuple[str, ...]]:
    """Wait for the packs; return those that were running when a worker died."""
    open_futures = set(futures)
    while open_futures:
        board.update(heartbeats.beats(board.out, living=True))
        if compiling.value:
            compiling.value = 0
            compile_time.pass_on()
        # A signal heard between the taking of a future's lock and the block that gives it back would leave it taken,
        # and the pool's own thread waiting for it for ever.
        with signals.deferred():
            ended, open_futures = wait(open_futures, POLL, FIRST_COMPLETED)
            errors = {future: future.exception() for future in ended}
        broken = False
        for future, error in errors.items():
            if isinstance(error, BrokenProcessPool):
                broken = True
            elif error is not None:
                raise error
            else:
                board.end(futures[future])
                if fail_fast and board.failed(futures[future]):
                    raise _FailFast
        if broken:
            suspects = heartbeats.begun_by_workers(board.out, since)  # the dead one's heartbeat is still there
            return [pack for pack in futures.values() if pack[0] in suspects and pack not in board.done]
    return []


def _await_survivors(packs: Sequence[tuple[str, ...]], board: Board, began: float, since: float) -> None:
    """After a death in the pool: the other workers end the packs they are at, which then count as done."""
    lost = [pack for pack in packs if pack not in board.done]
    if lost:
        _until_idle(board, since)
    for pack in lost:
        records = store.read_all(board.out, pack).values()
        if sum(record.get("ended", 0.0) >= began for record in records) == len(pack):
            board.end(pack)


def _until_idle(board: Board, since: float, patience: float = math.inf) -> None:
    """Wait until no living worker is at a pack that was begun ``since``, ``patience`` seconds at most."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        living = {child.pid for child in multiprocessing.active_children()}
        if living.isdisjoint(heartbeats.begun_by_workers(board.out, since).values()):
            return
        board.update(heartbeats.beats(board.out, living=True))
        time.sleep(POLL / 4)


def _end(pool: ProcessPoolExecutor) -> None:
    for child in multiprocessing.active_children():
        child.kill()
    pool.shutdown(cancel_futures=True)


def _record_death(out: Path, pack: tuple[str, ...], device: str) -> None:
    plan = planning.read(out)
    sentence = f"its worker process died {ATTEMPTS} times (killed, or out of memory?)"
    told = {"failure": sentence, "traceback": None, failures.CAUSE: failures.MACHINE}
    store.write_all(out, {key: execute.about(plan.trials[key], device, 0.0, len(pack)) | told for key in pack})
