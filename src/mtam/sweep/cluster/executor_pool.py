"""Run packs on a ``concurrent.futures.Executor`` of somebody else's: records, not futures, say what is done.

Whatever the executor does with a job (loses it, runs it twice, reports an error after the records are on disk), a pack
has ended when all its records are there, and is given out again while they are not, a few times.
"""

import os
import sys
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import ExitStack
from pathlib import Path

from mtam.base.errors import UsageError
from mtam.base.system import machine
from mtam.base.threads import one_thread
from mtam.problems.registry import variant
from mtam.sweep import execute, heartbeats, planning, signals, store
from mtam.sweep.cluster import executor_factories
from mtam.sweep.progress_account import Board, Launcher

Pack = tuple[str, ...]

POLL = 0.5  # seconds between looks at the folder
ATTEMPTS = 3  # to run a pack


def work(out: str, pack: Pack, device: str, code: str | None) -> None:
    """What a job does, wherever it runs: one pack of the manifest in ``out``, which that place must see."""
    one_thread()
    folder = Path(out)
    plan = planning.read(folder, code)
    trials = {key: plan.trials[key] for key in pack}
    where = machine.device(device, used=variant(trials[pack[0]]).gpu)
    tick = heartbeats.heartbeat(folder, pack[0])
    try:
        tick(0.0, 0.0)
        execute.execute(folder, trials, device=where, tick=tick)
    finally:
        heartbeats.silence(folder, pack[0])


def run(out: Path, packs: list[Pack], launcher: Launcher, board: Board) -> None:
    """Give out ``packs``, ``launcher.workers`` at once; a pack that is lost ``ATTEMPTS`` times keeps no record.

    Raises UsageError where there is no executor, or it takes no jobs.
    """
    one_thread()  # workers that are made now inherit it before they load a library
    make = executor_factories.factory(launcher.factory)
    with ExitStack() as stack, executor_factories.own_programs():
        try:
            executor = stack.enter_context(make())
        except Exception as error:
            raise UsageError(
                f"launcher.factory={launcher.factory} gave no executor ({type(error).__name__}: {error}); "
                f"say {executor_factories.SAY}."
            ) from None
        _Jobs(out.resolve(), launcher, board, executor).run(packs)


class _Jobs:
    def __init__(self, out: Path, launcher: Launcher, board: Board, executor: Executor) -> None:
        self.out, self.launcher, self.board, self.executor = out, launcher, board, executor
        self._open: dict[Future[None], Pack] = {}
        self._tries: dict[Pack, int] = {}

    def run(self, packs: list[Pack]) -> None:
        before = {pack: self._ended(pack) for pack in packs}
        waiting, lost = list(packs), dict[Pack, str]()
        try:
            while waiting or self._open:
                while waiting and len(self._open) < self.launcher.workers:
                    self._submit(waiting.pop(0))
                self.board.update(heartbeats.beats(self.out))
                with signals.deferred():  # one heard while a future's lock is being taken would leave it taken
                    ended = wait(self._open, POLL, FIRST_COMPLETED).done
                for future in ended:
                    pack = self._open.pop(future)
                    if self._answered(pack, before[pack]):
                        self.board.end(pack)
                        if self.launcher.fail_fast and self.board.failed(pack):
                            return
                    elif self._tries[pack] < ATTEMPTS:
                        waiting.append(pack)
                    else:
                        lost[pack] = _words(future)
        finally:
            for future in self._open:
                future.cancel()
        self.board.update([])
        if lost:
            print(
                f"mtam: {len(lost)} of {len(packs)} packs came back {ATTEMPTS} times without their records, the first "
                f"with: {next(iter(lost.values()))}",
                file=sys.stderr,
                flush=True,
            )

    def _submit(self, pack: Pack) -> None:
        self._tries[pack] = self._tries.get(pack, 0) + 1
        try:
            future = self.executor.submit(work, os.fspath(self.out), pack, self.launcher.device, self.board.code)
        except Exception as error:  # whatever an executor raises that is broken, or is none
            raise UsageError(
                f"launcher.factory={self.launcher.factory}: the executor takes no jobs "
                f"({type(error).__name__}: {error}); what is done is kept."
            ) from None
        self._open[future] = pack

    def _ended(self, pack: Pack) -> dict[str, float]:
        """When each trial of a pack was answered, as far as it was."""
        return {key: record.get("ended", 0.0) for key, record in store.read_all(self.out, pack, mend=False).items()}

    def _answered(self, pack: Pack, before: dict[str, float]) -> bool:
        """Whether all records are there, and none is that of an earlier run."""
        now = self._ended(pack)
        return all(key in now and now[key] != before.get(key) for key in pack)


def _words(future: "Future[None]") -> str:
    """What a job said of itself, in one line."""
    try:
        error = future.exception(0)
    except CancelledError:
        return "it was cancelled"
    return "nothing" if error is None else " ".join(f"{type(error).__name__}: {error}".split())[:300]
