"""mtam pack: one archive of a run."""

from typing import Annotated

import typer

from mtam.cli.app import Folder, Json, Quiet, app
from mtam.cli.paths import looked_up


@app.command(short_help="One archive of a run, for a repository or a DOI.")
def pack(
    out: Folder,
    file: Annotated[
        str | None,
        typer.Option("--out", metavar="FILE.tar.gz", help="The archive.  [default: DIR.tar.gz]", show_default=False),
    ] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write records, tables, pictures, page and environment of a run into one archive; equal runs give equal bytes.

    mtam report FILE and mtam claims FILE read it as they read the folder; so does mtam.load_run(FILE) in Python.
    """
    from mtam.runs.archives import pack_run
    from mtam.runs.console import Messages

    pack_run.pack(looked_up(out), looked_up(file, "--out"), Messages(as_json=json_, quiet=quiet))
