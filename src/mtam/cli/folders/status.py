"""mtam status: how far a run is."""

import gc
from typing import Annotated

import typer

from mtam.cli.app import Folder, Json, app
from mtam.cli.paths import looked_up


@app.command(short_help="Done, running, failed, missing trials.")
def status(
    out: Folder,
    json_: Json = False,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every second until all is done.")] = False,
) -> None:
    """Count done, running, failed and missing trials of a run, cell by cell; reads only."""
    gc.disable()  # a process that soon ends frees nothing by looking for cycles, which takes a tenth of a status
    try:
        from mtam.runs import status_report

        status_report.status(looked_up(out), json_, watch)
    finally:
        gc.enable()
