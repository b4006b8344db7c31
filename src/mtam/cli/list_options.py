"""mtam list: what there is, a line each."""

import json

import typer

from mtam.base import conf_files
from mtam.cli.app import Json, app


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
