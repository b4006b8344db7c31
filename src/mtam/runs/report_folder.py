"""Look at a run again: its tables and figures."""

import os
from pathlib import Path

from mtam.base.errors import writing
from mtam.checks import finding_folder
from mtam.problems.recorded_problem import RecordedProblem
from mtam.runs import judge_folder, run_check
from mtam.runs.console import Messages
from mtam.runs.named_problem import name_problem
from mtam.runs.outputs import build
from mtam.runs.run_sweep import tell
from mtam.sweep import planning


def report(out: Path, as_json: bool, quiet: bool, tables: bool, problem: Path | None = None) -> int:
    """Build tables, figures and page again from the records in ``out``; of a reproduction, the page over its runs.

    ``problem`` is the file that declared the problem of the run: it is run for the problem's own tables, and nothing
    else is. The exit code is 1 when a trial has failed.
    """
    name_problem(out, problem)
    if os.path.lexists(out / judge_folder.JOBS):
        return judge_folder.judge(out, Messages(as_json=as_json, quiet=quiet, tables=tables), strict=False)
    if finding_folder.is_finding(out):
        run_check.report(out, Messages(as_json=as_json, quiet=quiet, tables=tables))
        return 0
    messages = Messages(as_json=as_json, quiet=quiet, tables=tables)
    plan = planning.read(out)
    with writing(out):
        outcome = build(plan, out)
    failures = outcome.run.failures
    tell(outcome, messages)
    if isinstance(plan.definition, RecordedProblem) and plan.definition.card.own_tables:
        source = plan.definition.source
        messages.tell(
            f"The problem has tables of its own, and {source.file} that makes them is not run unless it is named: "
            f"mtam report {out} --problem {source.file}"
        )
    messages.answer(outcome.summary | {"missing": outcome.run.missing, "failed": len(failures)})
    return 1 if failures else 0
