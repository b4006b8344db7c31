"""Checks: settings -> finding -> tables, picture, words; a finding that is there is not computed again."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mtam import config
from mtam.base.errors import UsageError, writing
from mtam.base.finding import FINDING
from mtam.checks import finding_folder
from mtam.checks.check_registry import CHECKS, CheckJob, settings_of
from mtam.runs.console import Messages
from mtam.runs.outputs import PAGE
from mtam.runs.run_plan import place
from mtam.sweep import progress
from mtam.sweep.settings import validate
from mtam.sweep.store import write_text

SECONDS = 60.0  # a check takes about so long


def compose(name: str, texts: Sequence[str]) -> CheckJob:
    """The check ``name`` under KEY=VALUE settings. Raises UsageError with one sentence for the first mistake."""
    kind, file = settings_of(name), f"check/{name}"
    overrides = config.parse_overrides(texts)
    config.check_keys(file, (*overrides.values, *overrides.axes, *overrides.groups))
    for key, values in overrides.axes.items():
        told = ",".join(map(str, values))
        raise UsageError(f"a check runs once, but {key} is a list along an axis; a list of values is {key}=[{told}].")
    return CheckJob(name, validate(kind, config.compose_config(file, overrides, {}), "", file))


def settings_text(name: str, texts: Sequence[str], as_json: bool) -> str:
    """The composed settings of a check as YAML or JSON."""
    tree = compose(name, texts).settings.model_dump(mode="json")
    return json.dumps(tree) + "\n" if as_json else yaml.safe_dump(tree, sort_keys=False)


def check(name: str, texts: Sequence[str], out: Path | None, as_json: bool, quiet: bool, force: bool) -> list[Path]:
    """Run one check and tell its finding; the folder that holds it."""
    messages = Messages(as_json=as_json, quiet=quiet)
    job = compose(name, texts)
    folder = folder_of(job, out)
    messages.answer(run_check(job, folder, messages, force))
    return [folder]


def check_all(texts: Sequence[str], out: Path | None, as_json: bool, quiet: bool, force: bool) -> list[Path]:
    """Run every check with its own settings; ``out`` is the parent of their folders, which are returned."""
    if texts:
        raise UsageError(f"settings such as {texts[0]} belong to one check; name it instead of all.")
    messages = Messages(as_json=as_json, quiet=quiet)
    jobs = [compose(name, []) for name in CHECKS]
    folders = [folder_of(job, None if out is None else out / f"check-{job.name}-{job.digest}") for job in jobs]
    found = [run_check(job, where, messages, force) for job, where in zip(jobs, folders, strict=True)]
    messages.answer({"check": "all", "out": str(out or Path("outputs")), "checks": found})
    return folders


def report(out: Path, messages: Messages) -> None:
    """Tables and picture of a check again, from its finding alone."""
    kept = finding_folder.read(out)
    if kept is None:
        raise UsageError(f"{out / FINDING} cannot be read; run the check again into this folder.")
    messages.answer(_tell(kept, out, messages, again=True) | {"computed": 0})


def folder_of(job: CheckJob, out: Path | None) -> Path:
    """Where the finding goes. Raises UsageError when it cannot be written there, or other things lie there."""
    where = place(f"check-{job.name}-{job.digest}", out)
    finding_folder.check_same(job, where)
    return where


def cached(job: CheckJob, out: Path) -> str:
    """What a run would do, for --dry-run."""
    kept = finding_folder.read(out)
    there = kept is not None and kept.stamp == job.stamp()
    return f"{'is there' if there else 'would be computed'}; nothing was written. Folder: {out}"


def run_check(
    job: CheckJob, out: Path, messages: Messages, force: bool, *, brief: bool = False
) -> dict[str, Any]:  # fmt: skip
    """Compute the finding unless it is there, tell it (``brief``: its verdicts alone), and give its summary."""
    kept = None if force else finding_folder.read(out)
    fresh = kept is None or kept.stamp != job.stamp()
    if kept is None or fresh:
        with progress.display(messages.err, f"check {job.name}", messages.quiet) as show:
            kept = finding_folder.compute(job, lambda fraction: show(fraction, "computing", 0.0))
        finding_folder.write(kept, out)
    told = _tell(kept, out, messages, again=fresh, brief=brief)
    if not fresh:
        messages.tell("Nothing was computed again: the finding was there.")
    return told | {"computed": int(fresh)}


def _write(kept: finding_folder.StoredFinding, out: Path) -> None:
    from mtam.report import finding_report, page
    from mtam.report.finding_section import Checked

    check = Checked(kept.check, kept.digest, kept.settings, kept.seconds, kept.finding)
    finding_report.write(kept.finding, out, check.picture)
    write_text(out / PAGE, page.render([check]))


def _tell(
    kept: finding_folder.StoredFinding, out: Path, messages: Messages, *, again: bool, brief: bool = False
) -> dict[str, Any]:  # fmt: skip
    from mtam.report import finding_report

    page = out / PAGE
    files = [*finding_report.files(kept.finding, out), page]
    if again or not all(path.is_file() for path in files):
        with writing(out):
            _write(kept, out)
    for what in finding_report.verdict_lines(kept.finding) if brief else finding_report.screen(kept.finding):
        messages.tell(what)
    for path in files[-1:] if brief else files:
        messages.path(path)
    told = kept.finding.model_dump(mode="json")
    return {"check": told.pop("name"), "out": str(out), "seconds": kept.seconds, "settings": kept.settings, **told}
