"""What SLURM's own commands say: the limit of arrays, which tasks are in the queue. Every call has a time limit.

Nothing here needs accounting (slurmdbd): squeue forgets a job soon after its end, and records tell how it ended.
"""

import re
import subprocess
from collections.abc import Iterable

FOLDER = "slurm"  # of a run: one <job>.json per array that was submitted
PATIENCE = 20.0  # seconds; with the controller down these commands would block
DEFAULT_ARRAY = 1000  # tasks of one array where scontrol does not say


def ask(*command: str) -> tuple[int, str, str] | None:
    """Exit status, standard output and standard error of a command; None when it is not there or does not answer."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.returncode, done.stdout, done.stderr


def max_array_size() -> int | None:
    """How many tasks one array may have (indices run from 0 to MaxArraySize - 1); None when SLURM does not answer."""
    told = ask("scontrol", "show", "config")
    if told is None or told[0]:
        return None
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", told[1], re.MULTILINE)
    return int(found[1]) if found else DEFAULT_ARRAY


def active(jobs: Iterable[str]) -> dict[str, str] | None:
    """The tasks of ``jobs`` that are still in the queue, ``{"12_3": "RUNNING", ..}``; None when SLURM does not answer.

    A requeued task is in the queue, as PENDING.
    """
    wanted = sorted(set(jobs))
    if not wanted:
        return {}
    told = ask("squeue", "--noheader", "--array", "--jobs", ",".join(wanted), "--format", "%i %T")
    if told is None:
        return None
    status, said, error = told
    if status:  # what it says of a single job that it has forgotten
        return {} if "Invalid job id" in error else None
    return dict(line.split(maxsplit=1) for line in said.splitlines() if line.strip())


def cancel(jobs: Iterable[str]) -> None:
    """Take jobs out of the queue and stop what runs of them."""
    ask("scancel", *jobs)


def requeue(job: str) -> bool:
    """Put a running job back into the queue; False when SLURM refuses."""
    told = ask("scontrol", "requeue", job)
    return told is not None and told[0] == 0
