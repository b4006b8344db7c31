"""Heartbeats of packs under way: on disk, for anyone to read."""

import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mtam.base.system import machine
from mtam.sweep import safe_files, schemas

FOLDER = "running"
EVERY = 0.5  # seconds between heartbeats
RECENT = 30.0  # seconds after which a heartbeat counts for nothing; clocks of two machines may differ by as much
MOST = 2**14  # bytes of a heartbeat


def heartbeat(out: Path, pack: str, before: Callable[[], None] | None = None) -> Callable[[float, float], None]:
    """A ``tick`` that leaves ``running/<pack>.json`` with the fraction done and the fraction from which it went on.

    ``before`` may raise to stop the pack.
    """
    path = out / FOLDER / f"{pack}.json"
    last, started = -EVERY, time.time()

    def tick(fraction: float, resumed: float) -> None:
        nonlocal last
        if before is not None:
            before()
        now = time.monotonic()
        if now - last < EVERY:
            return
        last = now
        with suppress(OSError):  # a heartbeat is a courtesy; its folder may be swept away by a run that ends
            path.parent.mkdir(exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}.tmp")
            times = {"fraction": fraction, "resumed": resumed, "started": started, "time": time.time()}
            about = {"host": platform.node(), "pid": os.getpid(), "parent": os.getppid()}
            draft.write_text(json.dumps(times | about))
            os.replace(draft, path)

    return tick


def silence(out: Path, pack: str) -> None:
    """Remove the heartbeat of a pack that has ended."""
    with suppress(OSError):
        (out / FOLDER / f"{pack}.json").unlink()


def silence_all(out: Path, packs: Iterable[str]) -> None:
    """Remove what a run has left of its heartbeats, and their folder if nobody else uses it."""
    for pack in packs:
        silence(out, pack)
    for draft in (out / FOLDER).glob(f"*.{os.getpid()}.tmp"):
        with suppress(OSError):
            draft.unlink()
    with suppress(OSError):
        (out / FOLDER).rmdir()


@dataclass(frozen=True)
class Beat:
    """What a pack under way says of itself; times are Unix times."""

    pack: str
    fraction: float
    resumed: float = 0.0  # the fraction from which this execution went on
    started: float = 0.0
    time: float = 0.0


def beats(out: Path, *, living: bool = False) -> Iterator[Beat]:
    """The heartbeats of the last half minute; under ``living`` not those of processes that died on this machine."""
    for path in (out / FOLDER).glob("*.json"):
        told = _read(path)
        if told is None or abs(time.time() - told.time) >= RECENT or (living and _died_here(told)):
            continue
        started = told.time if told.started is None else told.started
        yield Beat(path.stem, told.fraction, told.resumed, started, told.time)


def _read(path: Path) -> schemas.BeatShape | None:
    """A heartbeat; None for anything that is none: it is a courtesy, and may be torn or gone."""
    try:
        return schemas.BeatShape.model_validate(safe_files.read_json(path, MOST))
    except (OSError, ValueError):
        return None


def _died_here(told: schemas.BeatShape) -> bool:
    if told.host != platform.node() or told.pid is None:
        return False
    return not machine.alive(told.pid)


def begun_by_workers(out: Path, since: float) -> dict[str, int]:
    """The packs that workers of this process have begun ``since`` and not ended, with the worker's pid.

    However long ago it told so, and whether or not it lives: who was killed at a pack has left its heartbeat. An
    earlier run, of a container say that numbers its processes alike, is told by its time.
    """
    found = {}
    for path in (out / FOLDER).glob("*.json"):
        told = _read(path)
        if told is None or told.pid is None or told.started is None:
            continue
        if told.host == platform.node() and told.parent == os.getpid() and told.started >= since:
            found[path.stem] = told.pid
    return found
