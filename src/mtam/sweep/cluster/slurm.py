"""Submit packs as SLURM job arrays with submitit, and remember on disk which task has which packs."""

import io
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtam.base.errors import UsageError
from mtam.base.threads import VARIABLES
from mtam.sweep import safe_files, store
from mtam.sweep.cluster import squeue
from mtam.sweep.cluster.slurm_task import Pack, Task
from mtam.sweep.cluster.squeue import FOLDER
from mtam.sweep.planning import Plan
from mtam.sweep.schemas import Submission
from mtam.sweep.settings import SlurmSettings
from mtam.sweep.store import write_text

LOGS = "slurm/jobs"  # scripts and logs, as submitit names them
WARNING = 90  # seconds before the time limit at which a task is told to stop


def check() -> None:
    """Raise UsageError when jobs cannot be submitted from here."""
    if shutil.which("sbatch") is None:
        raise UsageError(
            "--launcher slurm: there is no sbatch on this machine; run it where you submit jobs, or choose "
            "--launcher local."
        )
    try:
        import submitit  # noqa: F401
    except ImportError:
        raise UsageError("--launcher slurm needs submitit: pip install submitit.") from None
    if squeue.max_array_size() is None:
        raise UsageError(
            "--launcher slurm: SLURM's controller does not answer here (scontrol show config); try again, or choose "
            "--launcher local."
        )


def shares(packs: Sequence[Pack], settings: Mapping[str, Any]) -> list[tuple[Pack, ...]]:
    """The packs of every array task: every k-th pack to the same task, so that costly ones are spread."""
    tasks = settings["tasks"] or -(-len(packs) // settings["cpus"])
    return [tuple(packs[i::tasks]) for i in range(min(tasks, len(packs)))]


def arrays(tasks: Sequence[tuple[Pack, ...]], settings: Mapping[str, Any]) -> list[Sequence[tuple[Pack, ...]]]:
    """The tasks cut into arrays of a size that SLURM takes."""
    most = settings["max_array_size"] or squeue.max_array_size() or squeue.DEFAULT_ARRAY
    return [tasks[i : i + most] for i in range(0, len(tasks), most)]


@dataclass(frozen=True)
class Submitted:
    """What SLURM was given: job numbers and tasks now, and packs that were in its queue already."""

    jobs: list[str]
    tasks: int
    queued: int

    def __str__(self) -> str:
        told = []
        if self.jobs:
            told.append(f"submitted {self.tasks} tasks as job {', '.join(self.jobs)}")
        if self.queued:
            told.append(f"{self.queued} packs are in the queue already")
        return "; ".join(told) or "nothing to submit"


def submit_missing(
    plan: Plan, out: Path, packs: Sequence[Pack], settings: Mapping[str, Any], device: str, fail_fast: bool
) -> Submitted:
    """Submit those of ``packs`` that no task in the queue has."""
    held = {pack for _, mine in (queue(out) or {}).values() for pack in mine}
    new = [pack for pack in packs if pack not in held]
    tasks = len(shares(new, settings))
    return Submitted(submit(plan, out, new, settings, device, fail_fast), tasks, len(packs) - len(new))


def submit(
    plan: Plan, out: Path, packs: Sequence[Pack], settings: Mapping[str, Any], device: str, fail_fast: bool
) -> list[str]:
    """Submit ``packs`` and return the job numbers of the arrays; each is written down as soon as SLURM has it.

    Raises UsageError with SLURM's own words when it refuses; what it refused keeps the records it had.
    """
    import submitit

    out = out.resolve()
    parts = arrays(shares(packs, settings), settings)
    jobs: list[str] = []
    for part in parts:
        work = [Task(out, share, device, settings["cpus"], fail_fast, plan.code) for share in part]
        try:
            executor = submitit.AutoExecutor(folder=out / LOGS, cluster="slurm")
            executor.update_parameters(**_parameters(plan, settings, len(part), len(parts)))
            # sbatch's words arrive in the exception as well
            with _removed(out, part), redirect_stderr(io.StringIO()), executor.batch():
                submitted = [executor.submit(task) for task in work]
        except Exception as error:  # a refusal arrives as one of submitit's own exceptions, the words of sbatch inside
            raise UsageError(_refusal(error, len(jobs), len(parts))) from None
        job = submitted[0].job_id.partition("_")[0]
        body = {"job": job, "time": time.time(), "tasks": part}
        write_text(out / FOLDER / f"{job}.json", json.dumps(body) + "\n")
        jobs.append(job)
    return jobs


@contextmanager
def _removed(out: Path, tasks: Sequence[tuple[Pack, ...]]) -> Iterator[None]:
    """No records of these tasks, because their end is judged by them; an exception inside brings them back."""
    paths = [store.path_of(out, key) for task in tasks for pack in task for key in pack]
    moved = {path: path.with_suffix(".replaced") for path in paths if path.exists()}
    for path, aside in moved.items():
        path.replace(aside)
    try:
        yield
    except BaseException:
        for path, aside in moved.items():
            aside.replace(path)
        raise
    for aside in moved.values():
        aside.unlink()


def _parameters(plan: Plan, settings: Mapping[str, Any], tasks: int, parts: int) -> dict[str, Any]:
    """submitit's parameters; what is None is left to the cluster."""
    parallel = settings["array_parallelism"]
    wanted = {
        "name": f"mtam-{plan.name}",
        "timeout_min": settings["time"],
        "cpus_per_task": settings["cpus"],
        "mem_gb": settings["mem_gb"],
        "gpus_per_node": settings["gpus"] or None,
        "slurm_partition": settings["partition"],
        "slurm_account": settings["account"],
        "slurm_qos": settings["qos"],
        "slurm_constraint": settings["constraint"],
        "slurm_array_parallelism": tasks if parallel is None else max(1, parallel // parts),
        "slurm_signal_delay_s": min(WARNING, 30 * settings["time"]),
        "slurm_setup": settings["setup"] + [f"export {name}=1" for name in VARIABLES],  # modules set them, too
        "slurm_srun_args": [f"--cpus-per-task={settings['cpus']}"],  # since SLURM 22.05 a step does not inherit it
        "slurm_additional_parameters": {"requeue": True, **SlurmSettings(**settings).sbatch()},
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _refusal(error: Exception, done: int, parts: int) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("sbatch:", "error:"))] or lines or [type(error).__name__]
    before = f" after {done} of {parts} arrays, which stay in the queue" if done else ""
    return f"SLURM did not take the job{before}: {' '.join(told[:3])}"


def submissions(out: Path) -> Iterator[tuple[str, list[tuple[Pack, ...]]]]:
    """Every array that was ever submitted for this folder: its job number, and the packs of its tasks."""
    for path in sorted((out / FOLDER).glob("*.json")):
        try:
            told = Submission.model_validate(safe_files.read_json(path))
            yield told.job, [tuple(tuple(pack) for pack in task) for task in told.tasks]
        except (OSError, ValueError):  # packs computed twice are harmless
            continue


def queue(out: Path) -> dict[str, tuple[str, tuple[Pack, ...]]] | None:
    """The tasks of this folder in SLURM's queue, with state and packs; None when SLURM does not answer."""
    known = dict(submissions(out))
    states = squeue.active(known)
    if states is None:
        return None
    found = {}
    for task, state in states.items():
        job, _, number = task.partition("_")
        at = int(number) if number.isdigit() else 0
        if job in known and at < len(known[job]):
            found[task] = (state, known[job][at])
    return found


def last_words(out: Path, pack: Pack) -> str | None:
    """The last line that the latest task with this pack has left in its error log."""
    for job, tasks in sorted(submissions(out), key=lambda pair: -int(pair[0])):
        for number, packs in enumerate(tasks):
            if pack in packs:
                for log in [*(out / LOGS).glob(f"{job}_{number}_*.err"), *(out / LOGS).glob(f"{job}_0_log.err")]:
                    told = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
                    if told:
                        return f"{log}: {told[-1]}"
                return None
    return None
