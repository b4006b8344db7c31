"""What a run leaves behind: tables, figures and a summary, built from its records alone."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtam import __version__
from mtam.analysis.run import Run
from mtam.sweep import failures, schemas, store
from mtam.sweep.planning import Plan
from mtam.sweep.safe_files import read_json
from mtam.sweep.store import Record, write_text

if TYPE_CHECKING:  # the report room takes longer to load than a run that is there to be found
    from mtam.report.finding_section import Checked
    from mtam.report.page import ShownClaims

SUMMARY, PAGE = "summary.json", "report.html"
OF_A_FIT = tuple(f"{name}.{end}" for name in ("fit", "diagnostics") for end in ("png", "svg", "csv"))  # its pictures


@dataclass(frozen=True)
class Outcome:
    """A run and what it left behind in its folder."""

    run: Run
    summary: dict[str, Any]
    files: tuple[Path, ...]
    computed: int  # trials computed now

    @property
    def advice(self) -> list[str]:
        """How failed trials are computed again, in sentences."""
        passing = sum(map(failures.passing, self.run.records.values()))
        kept = len(self.run.failures) - passing
        told = []
        if passing:
            told.append(
                f"{passing} of the failures are the machine's (memory, disk, a missing library, a killed worker) and "
                "no results: the next run of the same command computes them again."
            )
        if kept:
            told.append(f"{kept} failed trials are kept as answers; --retry-failed computes them again.")
        return told


def build(
    plan: Plan, out: Path, *, again: bool = True, before: int = 0, whole: bool = False, page: bool = True
) -> Outcome:
    """Tables, figures and summary from the records in ``out``; without ``again``, only if they are out of date.

    ``before`` is how many of the records were there already. With ``whole`` nothing is drawn before all are there:
    a thousand tasks of a job array need not draw a thousand halves, and the last one sees everything.
    Without ``page`` a fit has no page and no pictures, those of other records go, and the next who asks for them has
    them drawn.
    """
    run = Run(plan, store.read_all(out, plan.trials), out)
    computed = len(run.records) - before
    if whole and run.missing:
        return Outcome(run, {"sweep": plan.name}, (), computed)
    stamp = _stamp(run)
    if not again:
        found = _current(out, stamp)
        if found is not None:
            files_there = tuple(out / name for name in found["files"])
            return Outcome(run, found["summary"], files_there, computed)
    if not page:
        _remove_drawn(out)
    summary, files = _write(run) if page else _write_texts(run)
    content: Record = {"stamp": stamp if page else "", "files": [path.name for path in files], "summary": summary}
    content["checksum"] = store.checksum(content)
    write_text(out / SUMMARY, json.dumps(content, indent=1) + "\n")
    return Outcome(run, dict(summary), tuple(files), computed)


def _write(run: Run) -> tuple[dict[str, Any], list[Path]]:
    from mtam.report import page, run_contents

    plan, records, out, job = run.plan, run.records, run.folder, run_contents.job(run)
    files = [write_text(out / name, text) for name, text in job.files.items()]
    if plan.kind == "fit" and "failure" not in job.summary:
        files += _save_model(records[next(iter(plan.trials))]["numbers"], out)
    for picture in job.pictures:
        files += picture.save(out)
    files.append(write_text(out / PAGE, page.render([job])))
    summary: dict[str, Any] = {"sweep": plan.name, "out": str(out)} if plan.kind == "sweep" else {}
    return summary | dict(job.summary), files


def _write_texts(run: Run) -> tuple[dict[str, Any], list[Path]]:
    """Summary and tables of a fit; nothing that draws is even loaded."""
    from mtam.report import fit_texts

    summary, texts = fit_texts.of(run)
    files = [write_text(run.folder / name, text) for name, text in texts.items()]
    if "failure" not in summary:
        files += _save_model(run.records[next(iter(run.plan.trials))]["numbers"], run.folder)
    return summary, files


def _remove_drawn(out: Path) -> None:
    """No page and no picture of records that are no longer there."""
    for name in (PAGE, *OF_A_FIT):
        (out / name).unlink(missing_ok=True)


def _stamp(run: Run) -> str:
    rooms = [
        Path(__file__).parents[1] / room for room in ("base", "rates", "analysis", "report", "recall", "interaction")
    ]
    sources = [path for room in rooms for path in sorted(room.rglob("*.*")) if path.suffix != ".pyc"]
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    source = run.plan.definition.source
    with_tables = [] if source is None else [bool(source.text)]  # without a problem's code there are none of its own
    text = json.dumps([__version__, code, sorted(record["checksum"] for record in run.records.values()), *with_tables])
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
    path: Path, runs: Sequence[Run], checks: Sequence["Checked"], claims: "ShownClaims", heading: str
) -> Path:  # fmt: skip
    """The page ``path`` over several runs with their folders, and over checks, with a table of contents and the claims.

    Pictures that a run's folder has of these very records are not drawn again.
    """
    from mtam.report import page, run_contents

    jobs = []
    for run in runs:
        fresh = _current(run.folder, _stamp(run)) is not None
        place = os.path.relpath(run.folder, path.parent)
        jobs.append(run_contents.job(run, place, run.folder if fresh else None))
    return write_text(path, page.render([*jobs, *checks], claims, heading))


def _save_model(numbers: dict[str, Any], out: Path) -> list[Path]:
    """model.npz, where the record holds the whole fit and not just its errors."""
    if "matrix" not in numbers:
        return []
    from mtam.interaction.own_data.fitted_interaction import from_record

    from_record(numbers).save(out / "model.npz")
    return [out / "model.npz"]
