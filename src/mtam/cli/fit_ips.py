"""mtam fit-ips: one interaction fit, to simulated data or to a file."""

from dataclasses import replace
from typing import Annotated

import typer

from mtam.cli.app import (
    Device,
    DryRun,
    Force,
    Format,
    Json,
    LauncherName,
    OneRun,
    Out,
    Quiet,
    RetryFailed,
    Style,
    Workers,
    app,
    options_of,
)
from mtam.cli.options_to_settings import of_own_data, with_launcher
from mtam.cli.paths import looked_up


@app.command("fit-ips", short_help="Fit one pairwise interaction (paper B).")
def fit_ips(
    settings: OneRun = None,
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
    page: Annotated[bool, typer.Option("--page/--no-page", help="Draw pictures and page.")] = True,
    format_: Format = None,
    style: Style = None,
) -> None:
    """Draw interaction data, fit phi and A by empirical risk minimisation, compare with the fit that knows A*."""
    options = replace(options_of(out, device, dry_run, quiet, force, retry_failed), page=page)
    from mtam import config

    flags = {"data.d": d, "data.rank": rank, "data.tokens": tokens, "samples": samples, "data.degree": degree}
    if data is not None:
        flags = of_own_data(flags)
    given = [f"{key}={value}" for key, value in (flags | {"seed": seed}).items() if value is not None]
    texts = given + with_launcher(settings, launcher, workers)
    plan = config.plan_fit(texts) if data is None else config.plan_own(str(looked_up(data, "--data")), texts)
    from mtam.runs import run_sweep
    from mtam.runs.exports import panel_files

    panels = panel_files.wanted(format_, style)
    raise typer.Exit(run_sweep.run_and_tell(plan, options, json_, panels))
