"""The command that checks statements of the papers."""

from functools import partial
from typing import Annotated

import typer

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.cli.app import Force, Format, Json, OneCheck, Out, Quiet, Style, app, configs
from mtam.cli.paths import looked_up

CheckName = Annotated[str, typer.Argument(help="A file in conf/check, or all.")]


@app.command(short_help="Compute a statement of the papers: numbers, verdicts.")
def check(
    name: CheckName,
    settings: OneCheck = None,
    out: Out = None,
    json_: Json = False,
    quiet: Quiet = False,
    force: Force = False,
    format_: Format = None,
    style: Style = None,
) -> None:
    """Compute a lemma or a bound directly and say what the numbers say of it; `all` runs every check."""
    _known(name)
    from mtam.runs import run_check
    from mtam.runs.console import Messages
    from mtam.runs.exports import panel_files

    panels = panel_files.wanted(format_, style)
    run = run_check.check_all if name == "all" else partial(run_check.check, name)
    folders = run(settings or [], looked_up(out, "--out"), json_, quiet, force)
    if panels is not None:
        for folder in folders:
            panels.write(folder, Messages(as_json=json_, quiet=quiet))


@configs.command("check")
def config_check(name: CheckName, settings: OneCheck = None, json_: Json = False) -> None:
    """The settings of a check."""
    _known(name, "all")
    from mtam.runs import run_check

    typer.echo(run_check.settings_text(name, settings or [], json_), nl=False)


def _known(name: str, *but: str) -> None:
    valid = [known for known in (*conf_files.options("check"), "all") if known not in but]
    if name not in valid:
        raise UsageError(f"there is no check {name}; {conf_files.nearest(name, valid)}")
