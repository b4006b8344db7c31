"""A row per run of a folder: what, when, state, verdict. A damaged run has a row that says so, and stops no other."""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mtam.base.errors import UsageError
from mtam.base.finding import FINDING
from mtam.checks import finding_folder
from mtam.runs.listing import run_verdict
from mtam.sweep.folder_status import Survey
from mtam.sweep.folders.run_folders import JOBS, MANIFEST, is_run, runs_below
from mtam.sweep.planning import Plan
from mtam.sweep.safe_files import Damaged, read_json

DONE, RUNNING, STOPPED, DAMAGED = "done", "running", "stopped", "damaged"
COUNTS = ("done", "running", "failed", "missing")


@dataclass(frozen=True)
class RunRow:
    """What is shown of one run."""

    out: Path
    kind: str  # sweep, fit, check, reproduction; "" for a damaged folder
    name: str
    state: str  # done, running, stopped, damaged
    when: float  # Unix time of the last record, or of the file that makes it a run
    what: str = ""  # its axes, sizes and seeds
    trials: Mapping[str, int] = field(default_factory=dict)  # done, running, failed, missing
    verdict: str = ""  # of a damaged run the reason

    @property
    def progress(self) -> str:
        """The state with counts.

        >>> row = RunRow(Path("x"), "sweep", "x", "stopped", 0.0, trials={"done": 12, "failed": 1, "missing": 32})
        >>> row.progress
        '12 of 45, 1 failed'
        """
        total, done = sum(self.trials.values()), self.trials.get("done", 0)
        failed = f"{self.trials['failed']} failed" if self.trials.get("failed") else ""
        if self.state in (DONE, DAMAGED):
            return failed or self.state
        return ", ".join(part for part in (f"{done} of {total}", failed, RUNNING * (self.state == RUNNING)) if part)

    def entry(self) -> dict[str, Any]:
        """The same for JSON."""
        entry = asdict(self) | {"out": str(self.out), "trials": dict(self.trials)}
        entry["when"] = datetime.fromtimestamp(self.when).astimezone().isoformat(timespec="seconds")
        return entry


def rows(parent: Path) -> list[RunRow]:
    """The runs in ``parent``, or ``parent`` itself where it is one, the youngest first. Nothing is written."""
    if is_run(parent):
        return [row(parent)]
    listed = [row(folder) for folder in runs_below(parent)]
    return sorted(listed, key=lambda one: (-one.when, str(one.out)))


def row(out: Path) -> RunRow:
    """One run; of a damaged one the reason in place of the verdict."""
    try:
        if os.path.lexists(out / JOBS):
            return _of_jobs(out)
        return _of_finding(out) if finding_folder.is_finding(out) else _of_plan(out)
    except UsageError as error:
        return RunRow(out, "", "", DAMAGED, _changed(out, JOBS, FINDING, MANIFEST), verdict=_reason(error, out))


def _reason(error: UsageError, out: Path) -> str:
    """The sentence without the folder, which stands beside it."""
    return str(error).replace(f"{out}{os.sep}", "").removesuffix(".")


def _changed(out: Path, *names: str) -> float:
    """When the first of these files that is there was written."""
    for name in names:
        try:
            return min((out / name).lstat().st_mtime, time.time())
        except OSError:
            continue
    return 0.0


def _of_plan(out: Path) -> RunRow:
    survey = Survey(out)
    plan, status = survey.plan, survey.look(queue=False)
    trials = {state: status.count(state) for state in COUNTS}
    state = RUNNING if trials["running"] else STOPPED if trials["missing"] else DONE
    since = status.ended or 0.0
    size = plan.definition.size
    verdict = run_verdict.of_claims(out, since) or run_verdict.of_summary(out, since, size) if since else ""
    return RunRow(out, plan.kind, plan.name, state, since or _changed(out, MANIFEST), _what(plan), trials, verdict)


def _what(plan: Plan) -> str:
    """Axes, sizes and seeds in words, e.g. ``alpha = 1.0, 2.0; n = 16 to 64; 2 seeds``."""
    keys = list(dict.fromkeys(key for cell in plan.cells for key in cell.axis))
    parts = []
    for key in keys:
        values = list(dict.fromkeys(str(cell.axis.get(key)) for cell in plan.cells))
        parts.append(f"{key.rpartition('.')[2]} = {', '.join(values[:4])}{', ...' * (len(values) > 4)}")
    trials = [trial for cell in plan.cells for trial in cell.trials]
    sizes, seeds = sorted({trial.n for trial in trials}), {trial.seed for trial in trials}
    size = plan.definition.size
    parts.append(f"{size} = {sizes[0]}" + (f" to {sizes[-1]}" if len(sizes) > 1 else ""))
    parts.append(f"{len(seeds)} seeds" if len(seeds) > 1 else f"seed {min(seeds)}")
    return "; ".join(parts)


def _of_finding(out: Path) -> RunRow:
    kept = finding_folder.read(out)
    if kept is None:
        raise UsageError(f"{FINDING} cannot be read.")
    changed = [f"{key} = {value}" for key, value in kept.settings.items() if isinstance(value, int | float | str)]
    verdict = run_verdict.of_finding(kept.finding)
    return RunRow(out, "check", kept.check, DONE, _changed(out, FINDING), "; ".join(changed), verdict=verdict)


def _of_jobs(out: Path) -> RunRow:
    from mtam.runs import judge_folder  # loads what judging needs, which takes longer than to look

    folders = judge_folder.remembered(out)
    try:
        tree = read_json(out / JOBS)
    except (OSError, Damaged) as error:
        raise UsageError(f"{JOBS} cannot be read: {error}.") from None
    states = [row(folder).state if is_run(folder) else "missing" for folder in folders]
    states += ["missing"] * (len(tree["jobs"]) - len(folders))
    trials = {state: states.count(state) for state in ("done", "running")}
    trials["missing"] = len(states) - sum(trials.values())
    state = RUNNING if trials["running"] else STOPPED if trials["missing"] else DONE
    when = max(_changed(out, run_verdict.CLAIMS), _changed(out, JOBS))
    name = str(tree.get("scale", ""))
    return RunRow(
        out, "reproduction", name, state, when, f"{len(states)} runs", trials, run_verdict.of_claims(out, 0.0)
    )
