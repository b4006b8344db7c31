"""What a run leaves behind: tables, figures and a summary, built from its records alone."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtam import __version__
from mtam.sweep import failures, schemas, store
from mtam.sweep.plan import Plan
from mtam.sweep.safe_files import read_json
from mtam.sweep.store import Record, write_text

if TYPE_CHECKING:  # the report room takes longer to load than a run that is there to be found
    from mtam.analysis.run import Reading
    from mtam.report.finding_section import Checked

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
    def advice(self) -> list[str]:
        """How failed trials are computed again, in sentences."""
        passing = sum(map(failures.passing, self.records.values()))
        kept = len(self.failures) - passing
        told = []
        if passing:
            told.append(
                f"{passing} of the failures are the machine's (memory, disk, a missing library, a killed worker) and "
                "no results: the next run of the same command computes them again."
            )
        if kept:
            told.append(f"{kept} failed trials are kept as answers; --retry-failed computes them again.")
        return told

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
    content: Record = {"stamp": stamp, "files": [path.name for path in files], "summary": summary}
    content["checksum"] = store.checksum(content)
    write_text(out / SUMMARY, json.dumps(content, indent=1) + "\n")
    return Outcome(plan, out, dict(summary), tuple(files), records, computed, reading)


def _write(reading: "Reading", out: Path) -> tuple[dict[str, Any], list[Path]]:
    from mtam.report import page, run_contents

    plan, records, job = reading.plan, reading.records, run_contents.job(reading)
    files = [write_text(out / name, text) for name, text in job.tables.items()]
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
    """The summary in ``out`` as it was written, if these records and this code made it and its files are there."""
    try:
        found = read_json(out / SUMMARY)
        told = schemas.Summary.model_validate(found)
        fresh = told.stamp == stamp and told.checksum == store.checksum(found)
        fresh = fresh and all((out / name).is_file() for name in told.files)
    except (OSError, ValueError):
        return None
    return dict(found) if fresh else None


def page_of_all(
    path: Path, runs: Sequence[tuple["Reading", Path]], checks: Sequence["Checked"],
    claims: Sequence[Mapping[str, Any]], heading: str, further: int = 0,
) -> Path:  # fmt: skip
    """The page ``path`` over several runs with their folders, and over checks, with a table of contents and the claims.

    A claim is a mapping with the keys claim, source, reported, theory, value, low, high, verdict, sweep and cell; what
    is missing is left empty. ``further`` claims live in other runs. Pictures that a run's folder has of these very
    records are not drawn again.
    """
    from mtam.report import page, run_contents

    jobs = []
    for reading, folder in runs:
        fresh = _current(folder, _stamp(reading.records)) is not None
        jobs.append(run_contents.job(reading, os.path.relpath(folder, path.parent), folder if fresh else None))
    return write_text(path, page.render([*jobs, *checks], claims, heading, further))


def _save_model(numbers: dict[str, Any], out: Path) -> list[Path]:
    """model.npz, where the record holds the whole fit and not just its errors."""
    if "matrix" not in numbers:
        return []
    from mtam.interaction.own_data.fitted_interaction import from_record

    from_record(numbers).save(out / "model.npz")
    return [out / "model.npz"]
