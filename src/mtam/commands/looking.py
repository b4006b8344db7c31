"""Look at a run: its tables again, and how far it is."""

import sys
from pathlib import Path

from mtam.check import folder
from mtam.commands import checking
from mtam.commands.running import tell
from mtam.commands.voice import Voice
from mtam.results import build
from mtam.sweep import plan as planning
from mtam.sweep import progress, store


def report(out: Path, as_json: bool, quiet: bool) -> None:
    """Build tables and figures again from the records in ``out``."""
    if folder.is_finding(out):
        checking.report(out, as_json, quiet)
        return
    voice = Voice(as_json=as_json, quiet=quiet)
    plan = planning.read(out)
    outcome = build(plan, out)
    failures = outcome.failures
    tell(outcome, voice)
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
