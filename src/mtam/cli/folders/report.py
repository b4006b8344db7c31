"""mtam report: tables, figures and page from the records."""

import typer

from mtam.cli.app import FolderOrArchive, Format, Json, ProblemFile, Quiet, Style, Tables, app
from mtam.cli.paths import looked_up


@app.command(short_help="Tables and figures from the records.")
def report(
    out: FolderOrArchive,
    json_: Json = False,
    quiet: Quiet = False,
    tables: Tables = False,
    problem: ProblemFile = None,
    format_: Format = None,
    style: Style = None,
) -> None:
    """Build tables and figures of a run again from its records, also of a half-finished one."""
    from mtam.runs import report_folder
    from mtam.runs.archives.unpack_run import run_folder
    from mtam.runs.console import Messages
    from mtam.runs.exports import panel_files

    file, panels = looked_up(problem, "--problem"), panel_files.wanted(format_, style)
    folder = run_folder(looked_up(out))
    code = report_folder.report(folder, json_, quiet, tables, file)
    if panels is not None:
        panels.write(folder, Messages(as_json=json_, quiet=quiet))
    raise typer.Exit(code)
