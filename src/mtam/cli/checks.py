"""The command that checks statements of the papers."""

from functools import partial
from typing import Annotated

import typer

from mtam import catalog
from mtam.cli.app import Force, Json, Out, Quiet, Settings, app, configs
from mtam.cli.paths import looked_up
from mtam.errors import UsageError

CheckName = Annotated[str, typer.Argument(help="A file in conf/check, or all.")]


@app.command(short_help="Compute a statement of the papers: numbers, verdicts.")
def check(
    name: CheckName,
    settings: Settings = None,
    out: Out = None,
    json_: Json = False,
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Compute a lemma or a bound directly and say what the numbers say of it; `all` runs every check."""
    _known(name)
    from mtam.commands import checking

    run = checking.check_all if name == "all" else partial(checking.check, name)
    run(settings or [], looked_up(out, "--out"), json_, quiet, force)


@configs.command("check")
def config_check(name: CheckName, settings: Settings = None, json_: Json = False) -> None:
    """The settings of a check."""
    _known(name, "all")
    from mtam.commands import checking

    typer.echo(checking.settings_text(name, settings or [], json_), nl=False)


def _known(name: str, *but: str) -> None:
    valid = [known for known in (*catalog.options("check"), "all") if known not in but]
    if name not in valid:
        raise UsageError(f"there is no check {name}; {catalog.nearest(name, valid)}")
