"""mtam claims: the papers' claims judged by the records of a run."""

from typing import Annotated

import typer

from mtam.cli.app import Details, FolderOrArchive, Json, ProblemFile, Quiet, app
from mtam.cli.paths import looked_up


@app.command(short_help="Judge the papers' claims by the records.")
def claims(
    out: FolderOrArchive,
    json_: Json = False,
    quiet: Quiet = False,
    details: Details = False,
    problem: ProblemFile = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit code 1 when a claim is false as it stands, 3 when some fail here alone."),
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Recompute every claim from the tables by independent code.")
    ] = False,
) -> None:
    """Judge the claims of both papers, and of a run's own problem, again from the records of a run or of several."""
    from mtam.runs import judge_folder
    from mtam.runs.archives.unpack_run import run_folder
    from mtam.runs.console import Messages
    from mtam.runs.named_problem import name_problem

    folder = run_folder(looked_up(out))
    name_problem(folder, looked_up(problem, "--problem"))
    messages = Messages(as_json=json_, quiet=quiet, details=details)
    raise typer.Exit(judge_folder.judge(folder, messages, strict, verified=verify))
