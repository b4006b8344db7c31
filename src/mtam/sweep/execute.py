"""Execute one pack: read its trials, answer them, store one record each, all at once."""

import functools
import math
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mtam.base import compile_time
from mtam.base.spec import Trial
from mtam.problems.registry import run_pack
from mtam.sweep import failures, schemas, store

CHECKPOINTS = "checkpoints"
PACKAGES = ("mtam", "torch", "numpy", "numba", "scipy")


@functools.cache
def environment() -> dict[str, Any]:
    """Versions, machine and revision that a record carries beside its numbers."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "packages": versions,
        "revision": _revision(),
    }


def _cpu() -> str:
    """The processor's name, as Linux and others tell it, and how many cores the machine has."""
    name = platform.processor() or platform.machine()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} cores"


def _revision() -> str | None:
    """The git revision of the source tree, if mtam runs from one."""
    source = Path(__file__).resolve().parents[3]
    if not (source / ".git").exists():
        return None
    command = ["git", "-C", str(source), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def execute(out: Path, trials: dict[str, Trial], *, device: str, tick: Callable[[float, float], None]) -> None:
    """Answer one pack and store a record per trial.

    ``tick`` hears the fraction done, and the fraction from which the pack went on where a state of it was kept.

    An exception inside the mathematics becomes failed records with its traceback, and the sweep goes on; one that is
    the machine's doing is marked as that, and no answer (``failures``). A
    KeyboardInterrupt (from the keyboard or from ``tick``) passes through and leaves no record, but the state that the
    estimator kept, from which the pack goes on when it is executed again.
    """
    watch = compile_time.Stopwatch()
    state = out / CHECKPOINTS / next(iter(trials))
    resumed = None if state.exists() else 0.0  # an estimator that finds its state begins by telling how far it is

    def heard(fraction: float) -> None:
        nonlocal resumed
        resumed = fraction if resumed is None else resumed
        tick(fraction, resumed)

    try:
        found = run_pack(list(trials.values()), device=device, tick=heard, checkpoint=state)
        answers = [_checked(answer, trial) for answer, trial in zip(found, trials.values(), strict=True)]
    except Exception as error:
        answers = [failures.told(error)] * len(trials)
    seconds = watch.wall
    where = {"resumed_at": resumed} if resumed else {}  # the seconds are those since then
    bodies = {}
    for (key, trial), answer in zip(trials.items(), answers, strict=True):
        told = answer if "failure" in answer else {"numbers": answer}
        bodies[key] = {**about(trial, device, seconds, len(trials)), **where, **told}
    store.write_all(out, bodies)
    shutil.rmtree(state, ignore_errors=True)
    with suppress(OSError):  # other packs keep theirs there
        state.parent.rmdir()


def about(trial: Trial, device: str, seconds: float, members: int) -> dict[str, Any]:
    """What every record tells beside its numbers: ``seconds`` is this trial's share of its pack's.

    Compilation of kernels, once per machine, is no part of them.
    """
    return {
        "spec": trial.model_dump(mode="json"),
        "seconds": seconds / members,
        "pack_seconds": seconds,
        "pack_members": members,
        "ended": time.time(),
        "device": device,
        "environment": environment(),
    }


def _checked(answer: Any, trial: Trial) -> dict[str, Any]:
    """The answer itself, or a failure that names the numbers that are not finite or of another shape than records."""
    if not isinstance(answer, dict):
        raise TypeError(f"an answer must be a dict of numbers by name, and is {type(answer).__name__}")
    bad = [
        name
        for name, value in answer.items()
        if any(isinstance(x, float) and not math.isfinite(x) for x in (value if isinstance(value, list) else [value]))
    ]
    if bad:
        return {"failure": f"not finite: {', '.join(bad)}"}
    if "failure" not in answer:
        try:
            store.check_numbers(answer, trial)
        except ValidationError as error:
            return {"failure": f"an answer that no record can hold: {schemas.first(error)}"}
    return answer
