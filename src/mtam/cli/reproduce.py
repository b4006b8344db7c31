"""mtam reproduce: every job of a scale, and the claims of both papers."""

from typing import Annotated

import typer

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.cli.app import (
    Budget,
    Details,
    Device,
    DryRun,
    Force,
    Json,
    LauncherName,
    Quiet,
    RetryFailed,
    Tables,
    UntilDecided,
    Workers,
    app,
    options_of,
)
from mtam.cli.options_to_settings import seconds_of, with_launcher


@app.command(short_help="Run the jobs of both papers, judge their claims.")
def reproduce(
    scale: Annotated[
        str,
        typer.Option(help="smoke | standard | full."),
    ] = "smoke",
    out: Annotated[str, typer.Option(metavar="PATH", help="Parent of the runs' folders.")] = "outputs",
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit code 1 when a claim is false as it stands, 3 when some fail here alone."),
    ] = False,
    launcher: LauncherName = None,
    workers: Workers = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    json_: Json = False,
    quiet: Quiet = False,
    force: Force = False,
    retry_failed: RetryFailed = False,
    tables: Tables = False,
    details: Details = False,
    until_decided: UntilDecided = False,
    budget: Budget = None,
) -> None:
    """Run every job of a scale and judge the claims of both papers; resumes where it stopped."""
    if scale not in conf_files.options("reproduce"):
        raise UsageError(f"--scale {scale} is unknown; {conf_files.nearest(scale, conf_files.options('reproduce'))}")
    options = options_of(out, device, dry_run, quiet, force, retry_failed)
    from dataclasses import replace

    seconds = seconds_of(until_decided, budget)
    from mtam.runs import reproduce_papers

    options = replace(options, tables=tables, details=details)

    settings = with_launcher(None, launcher, workers)
    raise typer.Exit(reproduce_papers.reproduce(scale, settings, options, json_, strict, seconds))
