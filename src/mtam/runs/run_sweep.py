"""Run a plan, tell its result, choose the exit code."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mtam.analysis.run import Run
from mtam.claims.claim import of_problems
from mtam.runs import run_plan
from mtam.runs.console import Messages
from mtam.runs.exports.panel_files import PanelFiles
from mtam.runs.outputs import PAGE, Outcome
from mtam.runs.run_plan import Options
from mtam.sweep.planning import Plan

if TYPE_CHECKING:
    from mtam.base.table import Table


def run_and_tell(plan: Plan, options: Options, as_json: bool, panels: PanelFiles | None = None) -> int:
    """Run one plan and tell its result, with its panels as files; the exit code is 1 when a trial failed."""
    messages = Messages(as_json=as_json, quiet=options.quiet, tables=options.tables)
    summary, code = run_and_summarise(plan, options, messages)
    if panels is not None and not (options.dry_run or options.detach or options.task):
        panels.write(run_plan.folder(plan, options), messages)
    messages.answer(summary)
    return code


def run_and_summarise(
    plan: Plan, options: Options, messages: Messages, *, brief: bool = False
) -> tuple[dict[str, Any], int]:
    """Run one plan and tell its result: the summary and the exit code. ``brief``: of a sweep the verdicts alone."""
    of_problems([plan.definition])  # a claim that is wrong is told before hours are spent
    if options.dry_run:
        told = run_plan.forecast(plan, options)
        messages.tell(
            f"{plan.name}: {told['to_compute']} of {told['trials']} trials would be computed "
            f"({told['cached']} are there) in {told['packs']} packs on {told['workers']} workers, "
            f"about {told['forecast_seconds']:.0f} s; nothing was written. Folder: {told['out']}"
        )
        return told, 0
    if options.detach:
        return _submit(plan, options, messages), 0
    outcome = run_plan.run(plan, options, messages.err)
    share = options.task is not None and outcome.run.missing > 0  # a task of an array leaves the rest to its siblings
    if share:
        _tell_share(outcome, messages)
    else:
        tell(outcome, messages, brief=brief)
    return outcome.summary, 1 if outcome.run.failures or (outcome.run.missing and not share) else 0


def _tell_share(outcome: Outcome, messages: Messages) -> None:
    """What a task of a job array says while its siblings are at work."""
    if outcome.run.failures:
        _tell_failures(outcome, messages)
    run = outcome.run
    messages.tell(
        f"The share of this task is done: {outcome.computed} trials computed, {run.missing} of "
        f"{len(run.plan.trials)} have no record yet. The last task prints the tables; mtam report {run.folder} "
        "prints what there is."
    )


def _tell_failures(outcome: Outcome, messages: Messages) -> None:
    from mtam.report import terminal
    from mtam.report.tables.terminal_grid import Layout, terminal_grid

    table = terminal.failures_table(outcome.run.plan, outcome.run.failures)
    messages.tell(terminal_grid(table, Layout(style="bold red")))
    for sentence in outcome.advice:
        messages.tell(sentence)


def _submit(plan: Plan, options: Options, messages: Messages) -> dict[str, Any]:
    out, submitted = run_plan.submit(plan, options)
    told = str(submitted)
    messages.tell(
        f"{plan.name}: {told}. `mtam status {out}` shows how far it is, the same command without --detach waits for it "
        f"and prints its tables" + (f", scancel {' '.join(submitted.jobs)} cancels it." if submitted.jobs else ".")
    )
    counts = {"jobs": submitted.jobs, "tasks": submitted.tasks, "queued_packs": submitted.queued}
    return {plan.kind: plan.name, "out": str(out), "trials": len(plan.trials), **counts}


def tell(outcome: Outcome, messages: Messages, *, brief: bool = False) -> None:
    """The verdicts first, then the tables that fit one screen, or all of them, and where the page is.

    ``brief``: of a sweep the verdicts alone, as where many runs follow one another.
    """
    run = outcome.run
    if run.failures:
        _tell_failures(outcome, messages)
    if run.missing:
        messages.tell(f"Half-finished: {run.missing} of {len(run.plan.trials)} trials have no record yet.")
    if run.plan.kind == "sweep":
        _tell_sweep(run, messages, brief)
    elif "failure" not in outcome.summary:
        _tell_fit(outcome, messages)
    if outcome.computed == 0 and run.missing == 0:
        messages.tell(f"Nothing was computed again: all {len(run.plan.trials)} records were there.")
    if messages.tables:
        for path in outcome.files:
            messages.path(path)
    elif run.plan.kind == "sweep" and not brief:
        messages.tell("All tables: the same command with --tables. All of it, with pictures:")
    if messages.tables:
        return
    if (run.folder / PAGE) in outcome.files:
        messages.path(run.folder / PAGE)
    else:
        messages.tell(f"Nothing was drawn; the page: mtam report {run.folder}")


def _tell_sweep(run: Run, messages: Messages, brief: bool) -> None:
    from mtam.report import terminal
    from mtam.report.screens import short_screen

    for part in short_screen.verdicts(run):
        messages.tell(part)
    if messages.tables:
        _tell_all([*terminal.sweep_report(run.cells, run.plan.definition), *run.tables], messages)
    elif not brief:
        for part in short_screen.tables(run, messages.out):
            messages.tell(part)


def _tell_fit(outcome: Outcome, messages: Messages) -> None:
    from mtam.report import terminal
    from mtam.report.tables.terminal_grid import Layout, terminal_grid

    messages.tell(terminal_grid(terminal.fit_table(outcome.summary), Layout(header=False)))
    warnings = [f"Warning: {warning}." for warning in outcome.summary.get("warnings", [])]
    _tell_all([*warnings, *outcome.run.tables], messages)


def _tell_all(parts: "Sequence[Table | str]", messages: Messages) -> None:
    from mtam.report.tables.terminal_grid import terminal_grid

    for part in parts:
        messages.tell(part if isinstance(part, str) else terminal_grid(part))
