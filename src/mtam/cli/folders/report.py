"""mtam report: tables, figures and page from the records."""

import typer

from mtam.cli.app import FolderOrArchive, Json, ProblemFile, Quiet, Tables, app
from mtam.cli.paths import looked_up


@app.command(short_help="Tables and figures from the records.")
def report(
    out: FolderOrArchive, json_: Json = False, quiet: Quiet = False, tables: Tables = False, problem: ProblemFile = None
) -> None:
    """Build tables and figures of a run again from its records, also of a half-finished one."""
    from mtam.runs import report_folder
    from mtam.runs.archives.unpack_run import run_folder

    file = looked_up(problem, "--problem")
    raise typer.Exit(report_folder.report(run_folder(looked_up(out)), json_, quiet, tables, file))
