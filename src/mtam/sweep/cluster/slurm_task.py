"""What one task of a SLURM job array does: the packs given to it, as the manifest describes them."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from mtam.base.system import machine
from mtam.problems.registry import variant
from mtam.sweep import execute, failures, launch, planning, progress, store
from mtam.sweep.cluster import squeue
from mtam.sweep.progress_account import Launcher

Pack = tuple[str, ...]

EARLY = 30.0  # seconds in which a task may come to nothing: imports, compilation, ten until the first state
TRIES = 5


@dataclass(frozen=True)
class Task:
    """A callable that submitit stores in a file and SLURM starts, as often as the task is put back into the queue.

    Specs come from the manifest in ``out``; nothing is composed. What has a record is not computed again.
    """

    out: Path
    packs: tuple[Pack, ...]
    device: str
    cpus: int
    fail_fast: bool
    code: str | None = None  # the digest of the problem's file, where that is not built in

    def __call__(self) -> None:
        """Compute what is missing of the packs.

        SIGTERM (scancel, preemption) stops at once. SIGUSR2, which SLURM sends ahead of the time limit, stops and puts
        the task back into the queue, where it goes on from what is on disk. submitit would do that three times at
        most, and its exception would be taken for a failure of the mathematics: so these signals are handled here.
        """
        began, before = time.monotonic(), self._on_disk()
        try:
            for name in ("SIGTERM", "SIGUSR2"):
                signal.signal(getattr(signal, name), _stop)
            self._run()
        except KeyboardInterrupt as stop:
            if stop.args == (signal.SIGUSR2,):
                self._again(before, time.monotonic() - began)
            sys.exit("stopped; what is done is kept")

    def _run(self) -> None:
        plan = planning.read(self.out, self.code)
        found = store.read_all(self.out, (key for pack in self.packs for key in pack))
        there = {key for key, record in found.items() if not failures.passing(record)}
        packs = [pack for pack in self.packs if not all(key in there for key in pack)]
        workers = self.cpus if len(packs) > 1 else 1
        device = machine.device(self.device, used=any(variant(plan.trials[pack[0]]).gpu for pack in packs))
        gpus = machine.gpus() if device == "cuda" else ()
        launcher = Launcher("local", workers, device, self.fail_fast, gpus=gpus)
        with progress.display(Console(), plan.name, quiet=False) as show:
            launch.run(plan, self.out, packs, launcher, show)

    def _on_disk(self) -> set[tuple[str, int]]:
        """Names and times of what this task has brought to disk: records, and the state of packs under way."""
        files = [store.path_of(self.out, key) for pack in self.packs for key in pack]
        for pack in self.packs:
            files += (self.out / execute.CHECKPOINTS / pack[0]).glob("*")
        return {(path.name, path.stat().st_mtime_ns) for path in files if path.exists()}

    def _again(self, before: set[tuple[str, int]], seconds: float) -> None:
        """Back into the queue, unless this run brought nothing to disk: then the next would not either.

        SLURM warns up to a minute early, perhaps as soon as a task begins: that proves nothing, a few times.
        """
        early = seconds < EARLY and int(os.environ.get("SLURM_RESTART_COUNT", "0")) < TRIES
        if self._on_disk() == before and not early:
            sys.exit(
                "the time limit came before anything of this pack could be kept: raise launcher.time, and submit again"
            )
        if not squeue.requeue(os.environ["SLURM_JOB_ID"]):
            sys.exit("SLURM refused to put this task back into the queue; submit again")


def _stop(number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt(signal.Signals(number))
