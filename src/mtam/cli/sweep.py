"""Commands that compute: sweep, fit-ips, reproduce."""

from typing import Annotated

import typer

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.cli.app import (
    Device,
    DryRun,
    Force,
    Json,
    LauncherName,
    Out,
    Quiet,
    RetryFailed,
    Settings,
    SweepName,
    Workers,
    app,
    finish,
    options_of,
)
from mtam.cli.options_to_settings import check_together, of_own_data, share_of, with_launcher
from mtam.cli.paths import looked_up


@app.command(short_help="Run a sweep: tables, slopes, figures.")
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
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first failed trial.")] = False,
    extend: Annotated[bool, typer.Option("--extend", help="Add trials to the sweep that --out holds.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Submit to SLURM and leave.")] = False,
    task_id: Annotated[int | None, typer.Option(help="With --num-tasks: this task's number, from 0.")] = None,
    num_tasks: Annotated[int | None, typer.Option(help="Share the packs among so many tasks.")] = None,
) -> None:
    """Train and measure a whole sweep; compute only what is missing; print convergence tables and slopes."""
    options = options_of(out, device, dry_run, quiet, force, retry_failed)
    task = share_of(task_id, num_tasks)
    from dataclasses import replace

    from mtam import config

    options = replace(options, fail_fast=fail_fast, task=task)
    options = replace(options, extend=extend, detach=detach)
    plan = config.plan_sweep(name, with_launcher(settings, launcher, workers))
    check_together(plan.config["launcher"]["name"], detach, task)
    finish(plan, options, json_)


@app.command("fit-ips", short_help="Fit one pairwise interaction (paper B).")
def fit_ips(
    settings: Settings = None,
    data: Annotated[str | None, typer.Option(help="Your own data: FILE.npz with X (M, N, d) and Y (M, N).")] = None,
    d: Annotated[int | None, typer.Option("--d", help="Dimension of a token.  [default: 30]")] = None,
    rank: Annotated[int | None, typer.Option(help="Rank of A*.  [default: 2]")] = None,
    tokens: Annotated[int | None, typer.Option(help="N, tokens per sample.  [default: 10]")] = None,
    samples: Annotated[int | None, typer.Option(help="M, samples.  [default: 20000]")] = None,
    degree: Annotated[int | None, typer.Option(help="P, degree of the true spline.  [default: 3]")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of truth, data and starts.  [default: 0]")] = None,
    out: Out = None,
    launcher: LauncherName = None,
    workers: Workers = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    json_: Json = False,
    quiet: Quiet = False,
    force: Force = False,
    retry_failed: RetryFailed = False,
) -> None:
    """Draw interaction data, fit phi and A by empirical risk minimisation, compare with the fit that knows A*."""
    options = options_of(out, device, dry_run, quiet, force, retry_failed)
    from mtam import config

    flags = {"data.d": d, "data.rank": rank, "data.tokens": tokens, "samples": samples, "data.degree": degree}
    if data is not None:
        flags = of_own_data(flags)
    given = [f"{key}={value}" for key, value in (flags | {"seed": seed}).items() if value is not None]
    texts = given + with_launcher(settings, launcher, workers)
    finish(
        config.plan_fit(texts) if data is None else config.plan_own(str(looked_up(data, "--data")), texts),
        options,
        json_,
    )


@app.command(short_help="Run the jobs of both papers, judge their claims.")
def reproduce(
    scale: Annotated[
        str,
        typer.Option(help="smoke | standard | full."),
    ] = "smoke",
    out: Annotated[str, typer.Option(metavar="PATH", help="Parent of the runs' folders.")] = "outputs",
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 when a claim is contradicted.")] = False,
    launcher: LauncherName = None,
    workers: Workers = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    json_: Json = False,
    quiet: Quiet = False,
    force: Force = False,
    retry_failed: RetryFailed = False,
) -> None:
    """Run every job of a scale and judge the claims of both papers; resumes where it stopped."""
    if scale not in conf_files.options("reproduce"):
        raise UsageError(f"--scale {scale} is unknown; {conf_files.nearest(scale, conf_files.options('reproduce'))}")
    options = options_of(out, device, dry_run, quiet, force, retry_failed)
    from mtam.runs import reproduce_papers

    reproduce_papers.reproduce(scale, with_launcher(None, launcher, workers), options, json_, strict)
