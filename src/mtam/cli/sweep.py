"""mtam sweep: run a sweep, compute only what is missing."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtam.base.errors import UsageError
from mtam.cli.app import (
    Budget,
    Device,
    DryRun,
    Force,
    Format,
    Json,
    LauncherName,
    Out,
    ProblemFile,
    Quiet,
    RetryFailed,
    Settings,
    Style,
    SweepName,
    Tables,
    UntilDecided,
    Workers,
    app,
    options_of,
)
from mtam.cli.options_to_settings import check_together, seconds_of, share_of, with_launcher
from mtam.cli.paths import looked_up

if TYPE_CHECKING:
    from mtam.sweep.planning import Plan


@app.command(short_help="Run a sweep: verdicts, tables, figures.")
def sweep(
    name: SweepName,
    settings: Settings = None,
    out: Out = None,
    launcher: LauncherName = None,
    workers: Workers = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    json_: Json = False,
    quiet: Quiet = False,
    force: Force = False,
    retry_failed: RetryFailed = False,
    tables: Tables = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first failed trial.")] = False,
    extend: Annotated[bool, typer.Option("--extend", help="Add trials to the sweep that --out holds.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Submit to SLURM and leave.")] = False,
    problem: ProblemFile = None,
    until_decided: UntilDecided = False,
    budget: Budget = None,
    format_: Format = None,
    style: Style = None,
    task_id: Annotated[int | None, typer.Option(help="With --num-tasks: this task's number, from 0.")] = None,
    num_tasks: Annotated[int | None, typer.Option(help="Share the packs among so many tasks.")] = None,
) -> None:
    """Train and measure a whole sweep; compute only what is missing; say what it shows, with tables and a page."""
    options = options_of(out, device, dry_run, quiet, force, retry_failed)
    task = share_of(task_id, num_tasks)
    from dataclasses import replace

    from mtam import config

    options = replace(options, fail_fast=fail_fast, task=task)
    options = replace(options, extend=extend, detach=detach, tables=tables)
    file = looked_up(problem, "--problem")
    plan = config.plan_named(name, with_launcher(settings, launcher, workers), file)
    check_together(plan.config["launcher"]["name"], detach, task)
    seconds = seconds_of(until_decided, budget)
    from mtam.runs.exports import panel_files

    panels = panel_files.wanted(format_, style)
    if seconds is None:
        from mtam.runs import run_sweep

        raise typer.Exit(run_sweep.run_and_tell(plan, options, json_, panels))
    if detach or extend or task is not None:
        raise UsageError(
            "--until-decided waits for its runs and names their folders: without --detach, --extend, --task-id."
        )
    from mtam.runs.sequential import decide_sweep, longer_runs

    texts = with_launcher(settings, launcher, workers)

    def compose(further: list[str]) -> "Plan":
        return config.plan_named(name, longer_runs.replaced(texts, further), file)

    raise typer.Exit(decide_sweep.run_until_decided(compose, options, json_, seconds, panels))
