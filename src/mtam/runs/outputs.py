"""What a run leaves behind: tables, figures and a summary, built from its records alone."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtam import __version__
from mtam.sweep import store
from mtam.sweep.plan import Plan
from mtam.sweep.store import Record, write_text

if TYPE_CHECKING:  # the report room takes longer to load than a run that is there to be found
    from mtam.analysis.run import Reading
    from mtam.report.finding_section import Checked
    from mtam.report.page import ShownClaims

SUMMARY, PAGE = "summary.json", "report.html"


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    plan: Plan
    out: Path
    summary: dict[str, Any]
    files: tuple[Path, ...]
    records: dict[str, Record]  # as they were read once, after the run
    computed: int  # trials computed now
    read: "Reading | None" = None  # what the tables were made of, where they were made now

    @property
    def failures(self) -> dict[str, str]:
        """The sentence of every failed trial, by key."""
        return {key: record["failure"] for key, record in self.records.items() if store.failed(record)}

    @property
    def missing(self) -> int:
        """Trials without a record."""
        return len(self.plan.trials) - len(self.records)

    @property
    def reading(self) -> "Reading":
        """The records with the curves in them."""
        from mtam.analysis.run import Reading

        return self.read or Reading(self.plan, self.records)


def build(plan: Plan, out: Path, *, again: bool = True, before: int = 0, whole: bool = False) -> Outcome:
    """Tables, figures and summary from the records in ``out``; without ``again``, only if they are out of date.

    ``before`` is how many of the records were there already. With ``whole`` nothing is drawn before all are there:
    a thousand tasks of a job array need not draw a thousand halves, and the last one sees everything.
    """
    records = store.read_all(out, plan.trials)
    computed = len(records) - before
    if whole and len(records) < len(plan.trials):
        return Outcome(plan, out, {"sweep": plan.name}, (), records, computed)
    stamp = _stamp(records)
    if not again:
        found = _current(out, stamp)
        if found is not None:
            files_there = tuple(out / name for name in found["files"])
            return Outcome(plan, out, found["summary"], files_there, records, computed)
    from mtam.analysis.run import Reading

    reading = Reading(plan, records)
    summary, files = _write(reading, out)
    content = {"stamp": stamp, "files": [path.name for path in files], "summary": summary}
    write_text(out / SUMMARY, json.dumps(content, indent=1) + "\n")
    return Outcome(plan, out, dict(summary), tuple(files), records, computed, reading)


def _write(reading: "Reading", out: Path) -> tuple[dict[str, Any], list[Path]]:
    from mtam.report import page, run_contents

    plan, records, job = reading.plan, reading.records, run_contents.job(reading)
    files = [write_text(out / name, text) for name, text in job.files.items()]
    if plan.kind == "fit" and "failure" not in job.summary:
        files += _save_model(records[next(iter(plan.trials))]["numbers"], out)
    for picture in job.pictures:
        files += picture.save(out)
    files.append(write_text(out / PAGE, page.render([job])))
    summary: dict[str, Any] = {"sweep": plan.name, "out": str(out)} if plan.kind == "sweep" else {}
    return summary | dict(job.summary), files


def _stamp(records: Mapping[str, Record]) -> str:
    rooms = [
        Path(__file__).parents[1] / room for room in ("base", "rates", "analysis", "report", "recall", "interaction")
    ]
    sources = [path for room in rooms for path in sorted(room.rglob("*.*")) if path.suffix != ".pyc"]
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    text = json.dumps([__version__, code, sorted(record["checksum"] for record in records.values())])
    return hashlib.sha256(text.encode()).hexdigest()


def _current(out: Path, stamp: str) -> dict[str, Any] | None:
    try:
        found = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
        fresh = found["stamp"] == stamp and all((out / name).exists() for name in found["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(found) if fresh else None


def page_of_all(
    path: Path, runs: Sequence[tuple["Reading", Path]], checks: Sequence["Checked"], claims: "ShownClaims", heading: str
) -> Path:  # fmt: skip
    """The page ``path`` over several runs with their folders, and over checks, with a table of contents and the claims.

    Pictures that a run's folder has of these very records are not drawn again.
    """
    from mtam.report import page, run_contents

    jobs = []
    for reading, folder in runs:
        fresh = _current(folder, _stamp(reading.records)) is not None
        jobs.append(run_contents.job(reading, os.path.relpath(folder, path.parent), folder if fresh else None))
    return write_text(path, page.render([*jobs, *checks], claims, heading))


def _save_model(numbers: dict[str, Any], out: Path) -> list[Path]:
    """model.npz, where the record holds the whole fit and not just its errors."""
    if "matrix" not in numbers:
        return []
    from mtam.interaction.own_data.fitted_interaction import from_record

    from_record(numbers).save(out / "model.npz")
    return [out / "model.npz"]
