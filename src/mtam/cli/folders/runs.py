"""mtam runs: what was run, a line each."""

from typing import Annotated

import typer

from mtam.cli.app import Json, app
from mtam.cli.paths import looked_up


@app.command("runs", short_help="The runs in a folder, a line each.")
def runs(
    folder: Annotated[
        str | None, typer.Argument(metavar="[FOLDER]", help="Where to look, three levels deep.  [default: outputs]")
    ] = None,
    json_: Json = False,
) -> None:
    """List the runs in a folder, the youngest first: what, when, state, verdict; reads only."""
    from mtam.runs.listing import list_runs

    list_runs.list_runs(looked_up(folder), json_)
