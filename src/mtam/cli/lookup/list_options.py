"""mtam list: what there is, a line each."""

import json
import textwrap
from typing import Annotated

import typer

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.cli.app import Json, app
from mtam.cli.lookup.meaning import columns, where
from mtam.problems import installed_problems

PROBLEM = "problem"
GROUPS = ("sweep", PROBLEM, "check", *conf_files.GROUPS, "reproduce")
NARROWEST = 20  # columns of a title

Group = Annotated[
    str | None,
    typer.Argument(metavar="[GROUP]", help=" | ".join(GROUPS) + ".", autocompletion=lambda: list(GROUPS)),
]


@app.command("list", short_help="What there is, a line each.")
def list_(group: Group = None, json_: Json = False) -> None:
    """List sweeps, installed problems, checks, data, models, launchers and scales, or one of these groups."""
    if group is not None and group not in GROUPS:
        raise UsageError(f"there is no group {group}; {where(group) or conf_files.nearest(group, GROUPS)}")
    groups = {name: _titles(name) for name in (GROUPS if group is None else (group,))}
    if json_:
        typer.echo(json.dumps(groups))
        return
    width = columns()
    for name, titles in groups.items():
        if titles or group is not None:
            typer.secho(name, bold=True)
        indent = max([17, *(len(option) + 4 for option in titles)])
        for option, title in titles.items():
            typer.echo("\n".join(_lines(f"  {option}".ljust(indent), title, width)))
        if not titles and group is not None:
            typer.echo(f"  none; a package has them as entry points of the group {installed_problems.GROUP}.")


def _titles(group: str) -> dict[str, str]:
    return installed_problems.titles() if group == PROBLEM else conf_files.titles(group)


def _lines(start: str, title: str, width: int | None) -> list[str]:
    """A name with its title beside it, wrapped under its beginning where the width of the screen is known."""
    if width is None or not title:
        return [f"{start}{title}".rstrip()]
    wide = max(width, len(start) + NARROWEST)
    return textwrap.wrap(title, wide, initial_indent=start, subsequent_indent=" " * len(start), break_on_hyphens=False)
