"""What the commands do after parsing: run, tell, and choose the exit code."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from mtam import catalog, lab
from mtam.lab import Options, Outcome
from mtam.sweep import plan as planning
from mtam.sweep import progress, store
from mtam.sweep.plan import Plan
from mtam.sweep.registry import problem


class Voice:
    """Where words go: results to standard output unless that is kept for JSON; progress to standard error."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json, self.quiet = as_json, quiet
        self.err = _console(stderr=True)
        self.out = self.err if as_json else _console(stderr=False)

    def tell(self, what: Any) -> None:
        """Show something to a person."""
        if not self.quiet:
            self.out.print(what, soft_wrap=isinstance(what, str))

    def answer(self, summary: dict[str, Any]) -> None:
        """The one JSON object, or under --quiet the folder alone."""
        if self.as_json:
            print(json.dumps(summary, allow_nan=False))
        elif self.quiet and "out" in summary:
            print(summary["out"])


def _console(*, stderr: bool) -> Console:
    """A console that does not squeeze tables into 80 columns where there is no terminal."""
    screen = Console(stderr=stderr, highlight=False, markup=False)  # folder names may hold brackets
    return screen if screen.is_terminal else Console(stderr=stderr, highlight=False, markup=False, width=140)


def run(plan: Plan, options: Options, as_json: bool) -> None:
    """Run one plan and tell its result; exits 1 when a trial failed."""
    voice = Voice(as_json=as_json, quiet=options.quiet)
    summary, code = _run(plan, options, voice)
    voice.answer(summary)
    sys.exit(code)


def _run(plan: Plan, options: Options, voice: Voice) -> tuple[dict[str, Any], int]:
    if options.dry_run:
        told = lab.forecast(plan, options)
        voice.tell(
            f"{plan.name}: {told['to_compute']} of {told['trials']} trials would be computed "
            f"({told['cached']} are there) in {told['packs']} packs on {told['workers']} workers, "
            f"about {told['forecast_seconds']:.0f} s; nothing was written. Folder: {told['out']}"
        )
        return told, 0
    outcome = lab.run(plan, options, voice.err)
    _tell(outcome, voice)
    return outcome.summary, 1 if outcome.failures else 0


def _tell(outcome: Outcome, voice: Voice) -> None:
    from mtam.report import screen

    if outcome.plan.kind == "fit" and "failure" not in outcome.summary:
        voice.tell(screen.fit_table(outcome.summary))
    elif outcome.plan.kind == "sweep":
        from mtam.report import tables

        rows = tables.trial_rows(outcome.plan, outcome.records)
        results = tables.cell_results(outcome.plan, rows)
        for what in screen.sweep_report(results, problem(outcome.plan.problem)):
            voice.tell(what)
        for remark in tables.remarks(outcome.plan, outcome.records):
            voice.tell(screen.remark_table(remark))
    if outcome.failures:
        voice.tell(screen.failures_table(outcome.plan, outcome.failures))
    if outcome.missing:
        voice.tell(f"Half-finished: {outcome.missing} of {len(outcome.plan.trials)} trials have no record yet.")
    if outcome.computed == 0 and outcome.missing == 0:
        voice.tell(f"Nothing was computed again: all {len(outcome.plan.trials)} records were there.")
    for path in outcome.files:
        voice.tell(str(path))


def reproduce(scale: str, launcher: Sequence[str], options: Options, as_json: bool) -> None:
    """Run every job of ``conf/reproduce/<scale>.yaml``; all are planned, and so validated, before the first runs."""
    from mtam import config

    voice = Voice(as_json=as_json, quiet=options.quiet)
    plans = []
    for job in catalog.load(f"reproduce/{scale}")["jobs"]:
        texts = [*job.get("settings", []), *launcher]
        plans.append(config.plan_fit(texts) if "fit-ips" in job else config.plan_sweep(job["sweep"], texts))
    assert options.out is not None
    jobs = [(plan, replace(options, out=options.out / f"{plan.name}-{plan.digest}")) for plan in plans]
    for plan, each in jobs:
        lab.folder(plan, each)
    summaries, worst = [], 0
    for plan, each in jobs:
        voice.tell(Text(plan.name, style="bold"))
        summary, code = _run(plan, each, voice)
        summaries.append(summary)
        worst = max(worst, code)
    voice.answer({"scale": scale, "out": str(options.out), "jobs": summaries})
    sys.exit(worst)


def report(out: Path, as_json: bool, quiet: bool) -> None:
    """Build tables and figures again from the records in ``out``."""
    voice = Voice(as_json=as_json, quiet=quiet)
    plan = planning.read(out)
    outcome = lab.build(plan, out)
    failures = outcome.failures
    _tell(outcome, voice)
    voice.answer(outcome.summary | {"missing": outcome.missing, "failed": len(failures)})
    sys.exit(1 if failures else 0)


def status(out: Path, as_json: bool) -> None:
    """Count done, running, failed and missing trials of the run in ``out``."""
    from mtam.report import screen

    voice = Voice(as_json=as_json, quiet=False)
    plan = planning.read(out)
    records = store.read_all(out, plan.trials)
    beats = progress.fractions(out)
    running = {key for pack in plan.packs if pack[0] in beats for key in pack}
    cells = []
    for cell, keys in zip(plan.cells, plan.keys, strict=True):
        failed = sum(key in records and store.failed(records[key]) for key in keys)
        done = sum(key in records for key in keys) - failed
        active = sum(key in running and key not in records for key in keys)
        missing = len(keys) - done - failed - active
        cells.append({"axis": cell.axis, "done": done, "running": active, "failed": failed, "missing": missing})
    voice.tell(screen.status_table(plan.name, cells))
    voice.answer({plan.kind: plan.name, "out": str(out), "trials": len(plan.trials), "cells": cells})
