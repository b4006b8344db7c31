"""Commands that look: report, status, list, config."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mtam.base import conf_files
from mtam.cli.app import Folder, Json, Quiet, Settings, SweepName, app, configs
from mtam.cli.paths import looked_up

if TYPE_CHECKING:
    from mtam.sweep.plan import Plan


@app.command(short_help="Tables and figures from the records.")
def report(out: Folder, json_: Json = False, quiet: Quiet = False) -> None:
    """Build tables and figures of a run again from its records, also of a half-finished one."""
    from mtam.runs import report_folder

    raise typer.Exit(report_folder.report(looked_up(out), json_, quiet))


@app.command(short_help="Done, running, failed, missing trials.")
def status(
    out: Folder,
    json_: Json = False,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every second until all is done.")] = False,
) -> None:
    """Count done, running, failed and missing trials of a run, cell by cell; reads only."""
    from mtam.runs import status_report

    status_report.status(looked_up(out), json_, watch)


@app.command(short_help="Judge the papers' claims by the records.")
def claims(
    out: Folder,
    json_: Json = False,
    quiet: Quiet = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 when a claim is contradicted.")] = False,
) -> None:
    """Judge the claims of both papers again from the records of a run, or of all runs of a reproduction."""
    from mtam.runs import judge_folder

    raise typer.Exit(judge_folder.judge(looked_up(out), json_, quiet, strict))


@app.command("list", short_help="What there is, a line each.")
def list_(json_: Json = False) -> None:
    """List sweeps, checks, data, models, launchers and scales with a line each."""
    groups = {group: conf_files.titles(group) for group in ("sweep", "check", *conf_files.GROUPS, "reproduce")}
    if json_:
        typer.echo(json.dumps(groups))
        return
    for group, names in groups.items():
        typer.secho(group, bold=True)
        for name, title in names.items():
            typer.echo(f"  {name:<14} {title}".rstrip())


@configs.command("sweep")
def config_sweep(name: SweepName, settings: Settings = None, json_: Json = False) -> None:
    """The configuration of a sweep."""
    from mtam import config

    _print_config(config.plan_sweep(name, settings or []), json_)


@configs.command("fit-ips")
def config_fit_ips(settings: Settings = None, json_: Json = False) -> None:
    """The configuration of an interaction fit."""
    from mtam import config

    _print_config(config.plan_fit(settings or []), json_)


def _print_config(plan: "Plan", as_json: bool) -> None:
    import yaml

    text = json.dumps(plan.config) + "\n" if as_json else yaml.safe_dump(plan.config, sort_keys=False)
    typer.echo(text, nl=False)
