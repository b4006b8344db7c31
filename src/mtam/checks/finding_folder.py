"""The folder of a check: finding.json, written in one step, and whether it answers the question at hand."""

import os
import time
from pathlib import Path
from typing import Any

from mtam.base.errors import UsageError, opening
from mtam.base.finding import FINDING, Finding
from mtam.base.spec import Frozen
from mtam.checks.check_registry import CHECKS, CheckJob, Tick
from mtam.sweep.safe_files import read_bytes
from mtam.sweep.schemas import Seconds, bounded
from mtam.sweep.store import write_text


class StoredFinding(Frozen):
    """A finding as it lies on disk, with the question that it answers."""

    check: str
    digest: str
    stamp: str  # settings and code that made it
    seconds: Seconds
    settings: dict[str, Any]
    finding: Finding


def compute(job: CheckJob, tick: Tick) -> StoredFinding:
    """Run the check; nothing is written."""
    started = time.perf_counter()
    finding = job.run(tick)
    seconds = round(time.perf_counter() - started, 2)
    return StoredFinding(
        check=job.name,
        digest=job.digest,
        stamp=job.stamp(),
        seconds=seconds,
        settings=job.settings.model_dump(mode="json"),
        finding=finding,
    )


def write(kept: StoredFinding, out: Path) -> None:
    """Put the finding into ``out`` in one step. Raises UsageError when the folder cannot be written."""
    with opening(out):
        write_text(out / FINDING, kept.model_dump_json(indent=1) + "\n")


def is_finding(out: Path) -> bool:
    """Whether ``out`` is the folder of a check."""
    return os.path.lexists(out / FINDING)


def is_drawn(finding: Finding, out: Path) -> bool:
    """Whether the picture in ``out`` was drawn after the finding was written."""
    try:
        return (out / f"{finding.name}.svg").stat().st_mtime_ns >= (out / FINDING).stat().st_mtime_ns
    except OSError:
        return False


def read(out: Path) -> StoredFinding | None:
    """The finding in ``out``; None where there is none, or none that this version understands."""
    try:
        kept = StoredFinding.model_validate_json(read_bytes(out / FINDING))
        bounded(kept.settings)
    except (OSError, ValueError):  # pydantic's errors are ValueErrors
        return None
    return kept if kept.check in CHECKS else None


def check_same(job: CheckJob, out: Path) -> None:
    """Raise UsageError when ``out`` holds the finding of another check, or things that are no finding at all."""
    if not out.is_dir():
        return
    names = [path.name for path in out.iterdir()]  # before the finding: a sibling may be writing both just now
    kept = read(out)
    if kept is not None and (kept.check, kept.digest) != (job.name, job.digest):
        raise UsageError(f"{out} already holds check {kept.check} with other settings; choose another --out.")
    if not is_finding(out) and not all(name.endswith(".tmp") for name in names):
        raise UsageError(f"--out {out} is not empty and holds no finding of mtam; choose another --out.")
