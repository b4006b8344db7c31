"""How far a run is, for people. Nothing of the report room is needed, which takes longer to load than to look."""

import time
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from mtam.base.errors import UsageError
from mtam.runs.console import Messages
from mtam.sweep import progress
from mtam.sweep.folder_status import Status, Survey
from mtam.sweep.planning import label

LOOK_EVERY = 1.0  # seconds


def status(out: Path, as_json: bool, watch: bool) -> None:
    """Count done, running, failed and missing trials of the run in ``out``, with the time it has taken and will take.

    ``watch`` looks again every second until every trial has its record; Ctrl-C ends the watching alone.
    """
    if watch and as_json:
        raise UsageError("--watch and --json do not go together: --json prints one object.")
    messages = Messages(as_json=as_json, quiet=False)
    survey = Survey(out)
    if watch:
        _watch(survey, messages)
        return
    found = survey.look()
    messages.tell(_shown(survey, found))
    messages.answer(
        {
            survey.plan.kind: survey.plan.name,
            "out": str(out),
            "trials": len(survey.plan.trials),
            "cells": found.cells,
            "running_packs": found.running_packs,
            "elapsed_seconds": _rounded(found.elapsed),
            "remaining_seconds": _rounded(found.remaining),
            "seconds_per_trial": _rounded(found.seconds_per_trial),
            "slurm": found.queue,
        }
    )


def _watch(survey: Survey, messages: Messages) -> None:
    from rich.live import Live

    found = survey.look()
    try:
        with Live(_shown(survey, found), console=messages.out, auto_refresh=False) as live:
            while not found.over:
                time.sleep(LOOK_EVERY)
                found = survey.look()
                live.update(_shown(survey, found), refresh=True)
    except KeyboardInterrupt:
        return


def _shown(survey: Survey, found: Status) -> Group:
    return Group(_table(survey.plan.name, found.cells), Text(_times(found)))


def _table(name: str, cells: list[dict[str, Any]]) -> Table:
    """Done, running, failed and missing trials per cell."""
    table = Table(title=name, title_justify="left", title_style="bold")
    table.add_column("cell", overflow="fold")
    heads = ("done", "running", "failed", "missing")
    for head in heads:
        table.add_column(head, justify="right", overflow="fold")
    for cell in cells:
        table.add_row(label(cell["axis"]), *(str(cell[head]) for head in heads))
    return table


def _times(found: Status) -> str:
    """One line: elapsed, remaining, seconds per trial, SLURM's queue."""
    told = []
    if found.elapsed is not None:
        told.append(f"{progress.duration(found.elapsed)} elapsed")
    if not found.over and found.remaining is not None:
        at_a_time = f"{found.running_packs} packs at a time" if found.running_packs else "nothing is running now"
        told.append(f"about {progress.duration(found.remaining)} left ({at_a_time})")
    if found.seconds_per_trial is not None:
        told.append(f"{found.seconds_per_trial:.2g} s per trial")
    if found.queue is not None:
        tasks = ", ".join(f"{number} {state}" for state, number in found.queue.items()) or "none"
        told.append(f"SLURM tasks in the queue: {tasks}")
    return "; ".join(told)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
