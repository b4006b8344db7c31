"""Options that stand for settings: checked, and turned into KEY=VALUE."""

import re

from mtam.base import conf_files
from mtam.base.errors import UsageError


def with_launcher(settings: list[str] | None, launcher: str | None, workers: int | None) -> list[str]:
    """--launcher and --workers are shorthands for settings of the same name."""
    if launcher == "slurm" and workers is not None:
        raise UsageError(
            "--workers is for the local launcher; with --launcher slurm say launcher.tasks, launcher.cpus or "
            "launcher.array_parallelism."
        )
    if launcher is not None and launcher not in conf_files.options("launcher"):
        raise UsageError(
            f"--launcher {launcher} is unknown; {conf_files.nearest(launcher, conf_files.options('launcher'))}"
        )
    shorthand = [f"launcher={launcher}"] * (launcher is not None)
    return shorthand + [f"launcher.workers={workers}"] * (workers is not None) + (settings or [])


def share_of(task_id: int | None, num_tasks: int | None) -> tuple[int, int] | None:
    """--task-id and --num-tasks, which go together."""
    if task_id is None and num_tasks is None:
        return None
    if task_id is None or num_tasks is None or not 0 <= task_id < num_tasks:
        raise UsageError(
            f"--task-id {task_id} --num-tasks {num_tasks}: both are needed, with 0 <= task-id < num-tasks."
        )
    return task_id, num_tasks


def seconds_of(until_decided: bool, budget: str | None) -> float | None:
    """The budget of --until-decided in seconds; None without it. Raises UsageError for a time that is none.

    >>> seconds_of(True, "1.5h"), seconds_of(False, None)
    (5400.0, None)
    """
    if not until_decided:
        if budget is not None:
            raise UsageError("--budget goes with --until-decided.")
        return None
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)(s|m|min|h)", (budget or "1h").strip())
    if found is None:
        raise UsageError(f"--budget {budget} is no time; valid: a number with s, min or h, such as 90min or 2h.")
    return float(found[1]) * {"s": 1, "m": 60, "min": 60, "h": 3600}[found[2]]


def check_together(launcher: str, detach: bool, task: tuple[int, int] | None) -> None:
    """Options that only some launchers know."""
    if detach and launcher != "slurm":
        raise UsageError(f"--detach goes with --launcher slurm, and this sweep's launcher is {launcher}.")
    if task is not None and launcher == "slurm":
        raise UsageError("--task-id is for job arrays of your own; --launcher slurm makes the array itself.")


def of_own_data(flags: dict[str, int | None]) -> dict[str, int | None]:
    """With --data the file says d, N and M; rank and degree are those of the fit."""
    for key, name in (("data.d", "--d"), ("data.tokens", "--tokens"), ("samples", "--samples")):
        if flags[key] is not None:
            raise UsageError(f"{name} cannot be given with --data: it is read from the file.")
    return {"model.rank": flags["data.rank"], "model.degree": flags["data.degree"]}
