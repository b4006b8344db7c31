"""A problem's file that the user names beside a folder: it must be the one that made the run."""

from pathlib import Path

from mtam.base.errors import UsageError
from mtam.problems import problem_files
from mtam.runs.judge_folder import remembered
from mtam.sweep import planning
from mtam.sweep.planning import MANIFEST, SOURCE


def name_problem(out: Path, problem: Path | None) -> None:
    """Load the file ``problem``, if one is named. Raises UsageError where no run of ``out`` was made with its text."""
    if problem is None:
        return
    named = problem_files.load_file(problem)
    runs = [folder for folder in remembered(out) if (folder / MANIFEST).is_file()]
    sources = [planning.read(folder).definition.source for folder in runs]
    if not any(source is not None and source.code == named.source.code for source in sources):
        raise UsageError(
            f"{problem} is not the file that {out} was made with, or has changed since; a run keeps what it was made "
            f"with as {SOURCE}: --problem {out / SOURCE}"
        )
