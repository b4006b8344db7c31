"""mtam export: many runs in the formats of other tools."""

from typing import Annotated

import typer

from mtam.cli.app import Json, Quiet, app
from mtam.cli.paths import looked_up

FORMATS = ["csv", "parquet", "latex", "wandb", "mlflow", "trackio"]


@app.command(short_help="Rates, claims, trials of many runs for other tools.")
def export(
    runs: Annotated[list[str], typer.Argument(metavar="DIR...", help="Folders of runs and checks, or their archives.")],
    to: Annotated[str, typer.Option("--to", help=" | ".join(FORMATS), autocompletion=lambda: FORMATS)],
    out: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Folder of the files.  [default: outputs/export-FORMAT]", show_default=False),
    ] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write trials, rates, claims and findings of many runs as tables, or all trials as a tracker's runs, offline."""
    from mtam.runs.console import Messages
    from mtam.runs.exports import export_runs

    paths = [looked_up(one) for one in runs]
    export_runs.export(paths, to, looked_up(out, "--out"), Messages(as_json=json_, quiet=quiet))
