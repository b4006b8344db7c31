"""One self-contained page: claims, figures, tables, settings, environment, failures, and how to come here again.

The page needs no network and holds no time stamp: equal records give equal bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mtam import __version__
from mtam.analysis.cell_results import CellResult
from mtam.base import conf_files
from mtam.base.table import Cell, Table
from mtam.rates.verdict import Judgement
from mtam.report import finding_section, page_parts, settings_sources, summary_sentence, terminal
from mtam.report.figures.picture import Picture
from mtam.report.finding_section import Checked
from mtam.report.format import counts
from mtam.report.screens import claims_table
from mtam.report.tables.cell_text import cell_text
from mtam.sweep import store
from mtam.sweep.planning import Plan, label
from mtam.sweep.store import Record

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class ShownClaims:
    """The claims that the runs of a page speak to, and how many live in other runs."""

    table: Table  # claim, source, reported, theory, this run, verdict, where
    further: int = 0


@dataclass(frozen=True)
class RunSection:
    """One run as the page shows it."""

    plan: Plan
    records: Mapping[str, Record]
    summary: Mapping[str, Any]
    results: Sequence[CellResult] = ()
    tables: Sequence[Table] = ()  # of the problem's own
    pictures: Sequence[Picture] = ()
    files: Mapping[str, str] = field(default_factory=dict)  # text of the CSV files, by name
    folder: str = ""  # where the files lie, as the page sees it
    laws: Sequence[str] = ()  # the verdicts on the cells' laws in words, where these rest on more than the curves

    @property
    def name(self) -> str:
        """Unique among the runs of a page."""
        return f"{self.plan.name}-{self.plan.digest}"


def render(jobs: Sequence[RunSection | Checked], claims: ShownClaims | None = None, heading: str | None = None) -> str:
    """The page of one run or check, or of several with a table of contents."""
    shown = [_shown(job) if isinstance(job, RunSection) else finding_section.shown(job) for job in jobs]
    runs = sum(isinstance(job, RunSection) for job in jobs)
    papers = dict.fromkeys(key for job in jobs for key in _papers(job))
    text: str = (
        _templates()
        .get_template("page.html")
        .render(
            heading=heading or (shown[0]["title"] if len(shown) == 1 else "mtam: all runs"),
            version=__version__,
            claims=None if claims is None else list(map(_claim, _named(claims.table))),
            verdicts=[] if claims is None else counts(claims_table.verdicts(claims.table)),
            further=claims.further if claims else 0,
            jobs=shown,
            extent=" and ".join(_many(runs, "run") + _many(len(jobs) - runs, "check")),
            bibliography=[_bibliography()[key] for key in (*papers, "mtam")],
            style=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
            script=(TEMPLATES / "page.js").read_text(encoding="utf-8"),
        )
    )
    return text


def _many(count: int, what: str) -> list[str]:
    return [f"{count} {what}{'s' * (count != 1)}"] if count else []


def _papers(job: RunSection | Checked) -> tuple[str, ...]:
    """The keys of the papers whose theory is tested."""
    return job.plan.definition.papers if isinstance(job, RunSection) else job.finding.papers


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _shown(job: RunSection) -> dict[str, Any]:
    plan, kind = job.plan, job.plan.definition
    failures = [key for key in plan.trials if key in job.records and store.failed(job.records[key])]
    sheets, notes = _sheets(job)
    result = (
        summary_sentence.of_sweep(job.results, kind.size, job.laws)
        if plan.kind == "sweep"
        else summary_sentence.of_fit(job.summary)
    )
    return {
        "kind": plan.kind,
        "id": job.name,
        "name": plan.name,
        "title": _title(plan),
        "sentence": result,
        "trials": len(plan.trials),
        "missing": len(plan.trials) - len(job.records),
        "failures": [_failure(job, key) for key in failures],
        "figures": [_figure(job, picture) for picture in job.pictures],
        "sheets": sheets,
        "notes": notes,
        "settings": settings_sources.settings(plan),
        "environments": _environments(job.records.values()),
        "command": settings_sources.command(plan),
        "folder": job.folder or ".",
        "files": page_parts.links(job.folder, _files(job)),
    }


def _title(plan: Plan) -> str:
    if plan.kind == "fit":
        return "Fit to your own data" if plan.name == "fit-own" else "Interaction fit"
    if plan.definition.source is not None:
        words = settings_sources.declared_title(plan)
        return f"{plan.name}: {words}" if words else plan.name
    words = conf_files.titles("sweep").get(plan.name, "") if plan.name in conf_files.options("sweep") else ""
    return f"{plan.name}: {words}" if words else plan.name


def _files(job: RunSection) -> list[str]:
    """What lies beside the page and is worth opening."""
    model = ["model.npz"] if job.plan.name == "fit-own" and job.pictures else []
    source = ["problem.py"] if job.plan.definition.source is not None else []
    return [*job.files, *model, "config.yaml", "manifest.json", *source, "summary.json"]


def _figure(job: RunSection, picture: Picture) -> dict[str, Any]:
    ends = [
        {"name": end, "link": page_parts.link(job.folder, f"{picture.name}.{end}")} for end in ("csv", "png", "svg")
    ]
    return page_parts.figure(picture, job.name, ends)


def _sheets(job: RunSection) -> tuple[list[page_parts.Sheet], list[str]]:
    """The tables of the terminal, and the sentences between them."""
    told: list[Table | str] = []
    if job.plan.kind == "sweep":
        told += terminal.sweep_report(job.results, job.plan.definition)
    elif "failure" not in job.summary:
        told.append(terminal.fit_table(job.summary))
    told += job.tables
    return [page_parts.sheet(table) for table in told if isinstance(table, Table)], [
        text for text in told if isinstance(text, str)
    ]


def _failure(job: RunSection, key: str) -> dict[str, str]:
    record, trial = job.records[key], job.plan.trials[key]
    cell = next(cell for cell, keys in zip(job.plan.cells, job.plan.keys, strict=True) if key in keys)
    size = job.plan.definition.size
    return {
        "cell": label(cell.axis),
        "at": f"{size} = {trial.n}, seed {trial.seed}",
        "reason": record["failure"],
        "traceback": record.get("traceback", ""),
        "link": page_parts.link(job.folder, f"{store.FOLDER}/{key}.json"),
    }


def _environments(records: Any) -> list[dict[str, Any]]:
    """The distinct machines and versions that the records name, with how many trials each made."""
    found: dict[str, int] = {}
    for record in records:
        about = record.get("environment", {})
        packages = ", ".join(f"{name} {version}" for name, version in about.get("packages", {}).items())
        facts = {
            "git revision": about.get("revision") or "not a git checkout",
            "python": about.get("python", "unknown"),
            "packages": packages,
            "platform": about.get("platform", "unknown"),
            "CPU": about.get("cpu", "not recorded"),
            "device": record.get("device", "unknown"),
        }
        text = json.dumps(facts)
        found[text] = found.get(text, 0) + 1
    return [{"trials": count, "facts": json.loads(text)} for text, count in sorted(found.items())]


def _named(table: Table) -> list[dict[str, Cell]]:
    """The rows by the names of their columns."""
    return [dict(zip(table.headings, row, strict=True)) for row in table.rows]


def _claim(row: Mapping[str, Cell]) -> dict[str, str]:
    """A claim's cells as text."""
    judgement = row["verdict"]
    assert isinstance(judgement, Judgement)
    return {
        **{name: str(row[name] or "") for name in ("claim", "source", "reported", "theory", "where")},
        "value": "" if row["this run"] is None else cell_text(row["this run"], "#3"),
        "verdict": judgement.verdict.in_full,
        "kind": judgement.verdict.value,
        "because": judgement.reason,
    }


@cache
def _bibliography() -> dict[str, str]:
    """The entries of papers.bib by their keys."""
    text = (TEMPLATES / "papers.bib").read_text(encoding="utf-8").replace("VERSION", __version__)
    entries = [entry.strip() for entry in text.split("\n\n") if entry.strip()]
    return {entry.partition("{")[2].partition(",")[0]: entry for entry in entries}
