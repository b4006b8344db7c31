"""Sweeps on a real SLURM: what ends, what is killed and what is put back into the queue ends with the same tables."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mtam.sweep import execute, planning, store
from tests.brake import brake
from tests.cluster.conftest import until
from tests.conftest import TINY
from tests.faults.helpers import under_way

Environment = dict[str, str]
TABLES = ("curve.csv", "rates.csv")


# One pack of one trial per size, in fifty blocks of steps; with the brake on it waits at the first.
STEPS = ("model.steps=500", "model.steps_exponent=0", *TINY[4:])
ONE = ("data.alpha=1", "sweep.sizes=[32]", "sweep.seeds=1", *STEPS)
TWO = ("data.alpha=1", "sweep.sizes=[32,64]", "sweep.seeds=1", *STEPS)
# Settings of the launcher, and how SLURM tells that it has understood them.
ASKED = {
    "launcher.partition=dev": "Partition=dev",
    "launcher.time=7": "TimeLimit=00:07:00",
    "launcher.mem_gb=2": "MinMemoryNode=2G",
    "launcher.cpus=2": "CPUs/Task=2",
    "launcher.gpus=1": "TresPerNode=gres:gpu:1",
    "launcher.tasks=2": "ArrayTaskId=",
    "launcher.array_parallelism=1": "ArrayTaskThrottle=1",
    'launcher.extra=["--comment=theory","--hold"]': "Comment=theory",  # held, so that it is there to be asked about
}


def start(environment: Environment, *args: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from mtam.cli import main; main()", *args]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def mtam(environment: Environment, *args: str, wait: float = 120) -> dict[str, Any]:
    process = start(environment, *args, "--json")
    said, errors = process.communicate(timeout=wait)
    assert process.returncode == 0, errors
    found: dict[str, Any] = json.loads(said)
    return found


def squeue(environment: Environment, job: str) -> dict[str, str]:
    """The tasks of a job that are in the queue, with their states."""
    command = ["squeue", "-h", "-r", "-j", job, "-o", "%i %T"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
    return dict(line.split() for line in done.stdout.splitlines())


def control(environment: Environment, *args: str) -> str:
    """What one of SLURM's commands says."""
    done = subprocess.run(args, env=environment, timeout=20, check=True, capture_output=True, text=True)
    return done.stdout


def step_pid(task: str, out: Path) -> int:
    """The Python process of an array task."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            variables = (process / "environ").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        job, _, number = task.partition("_")
        ours = {f"SLURM_ARRAY_JOB_ID={job}", f"SLURM_ARRAY_TASK_ID={number}"} <= set(variables)
        if ours and str(out / "slurm" / "jobs") in words and "srun" not in words[0]:
            return int(process.name)
    raise AssertionError(f"no process of {task}")


def tables(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in TABLES}


def restarts(environment: Environment, job: str) -> int:
    """How often SLURM has put a job back into the queue; it remembers that."""
    told = re.search(r"Restarts=(\d+)", control(environment, "scontrol", "show", "job", job))
    assert told is not None
    return int(told[1])


@pytest.fixture
def held(slurm: Environment, tmp_path: Path) -> Environment:
    """An environment whose tasks wait in the middle of a pack until the file ``hold`` is removed."""
    return {**slurm, **brake(tmp_path, hold=tmp_path / "hold")}


def unbroken(environment: Environment, sweep: tuple[str, ...], out: Path) -> dict[str, bytes]:
    """The tables of a sweep that is computed in one process without a break."""
    mtam(environment, "sweep", "alpha", *sweep, "--launcher", "inline", "--out", str(out), wait=600)
    return tables(out)


@pytest.fixture(scope="module")
def one(slurm: Environment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return unbroken(slurm, ONE, tmp_path_factory.mktemp("one") / "run")


@pytest.fixture(scope="module")
def tiny(slurm: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny sweep, run in one process; nobody may change it."""
    out = tmp_path_factory.mktemp("tiny") / "run"
    assert mtam(slurm, "sweep", "alpha", *TINY, "--launcher", "inline", "--out", str(out))["computed"] == 8
    return out


def test_an_array_ends_with_the_tables_of_one_process(slurm: Environment, tiny: Path, tmp_path: Path) -> None:
    sweep = ("sweep", "alpha", *TINY, "--launcher", "slurm", "--out", str(tmp_path / "slurm"))
    told = mtam(slurm, *sweep, *ASKED, "--detach")
    assert told["tasks"] == 2
    (job,) = told["jobs"]
    granted = control(slurm, "scontrol", "show", "job", job)
    assert not [words for words in ASKED.values() if words not in granted], granted
    control(slurm, "scontrol", "release", job)
    there = mtam(slurm, *sweep)
    assert (there["computed"], there["missing"]) == (8, 0)
    assert tables(tmp_path / "slurm") == tables(tiny)
    assert mtam(slurm, *sweep)["computed"] == 0


def test_a_failed_trial_is_tried_again_alone(slurm: Environment, tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(tiny, out)
    key = planning.read(out).packs[0][1]
    record = {name: told for name, told in (store.read(out, key) or {}).items() if name != "numbers"}
    store.write(out, key, {**record, "failure": "a cosmic ray"})
    records = {path.name: path.read_bytes() for path in (out / store.FOLDER).iterdir()}
    sweep = ("sweep", "alpha", *TINY, "--launcher", "slurm", "--out", str(out))
    refused = start(slurm, *sweep, "--force", "launcher.partition=nowhere")
    _, errors = refused.communicate(timeout=60)
    assert (refused.returncode, len(errors.splitlines())) == (2, 1), errors
    assert "invalid partition" in errors
    assert {path.name: path.read_bytes() for path in (out / store.FOLDER).iterdir()} == records
    told = mtam(slurm, *sweep, "--retry-failed")
    assert (told["computed"], told["failed"], told["missing"]) == (1, 0, 0)
    after = {path.name: path.read_bytes() for path in (out / store.FOLDER).iterdir()}
    assert [name for name in records if after[name] != records[name]] == [f"{key}.json"]


def test_only_the_missing_is_submitted_again(slurm: Environment, held: Environment, tmp_path: Path) -> None:
    """One task is cancelled, another killed with SIGKILL, both in the middle."""
    out = tmp_path / "run"
    sweep = ("sweep", "alpha", *TWO, "--launcher", "slurm", "--out", str(out))
    told = mtam(held, *sweep, "--detach")
    (job,) = told["jobs"]
    assert told["tasks"] == 2
    manifest = json.loads((out / "manifest.json").read_text())
    firsts = [pack[0] for pack in manifest["packs"]]
    again = mtam(held, *sweep, "--detach")
    assert (again["jobs"], again["queued_packs"]) == ([], 2), "what is in the queue is not submitted twice"
    until("both tasks to be under way", lambda: {beat.pack for beat in under_way(out)} == set(firsts), held)
    os.kill(step_pid(f"{job}_1", out), signal.SIGKILL)
    control(slurm, "scancel", f"{job}_0")
    until("the queue to empty", lambda: not squeue(slurm, job), slurm)
    status = mtam(slurm, "status", str(out))
    assert [(cell["done"], cell["missing"]) for cell in status["cells"]] == [(0, 2)]
    assert all(list(out.glob(f"{execute.CHECKPOINTS}/{pack}/*.pt")) for pack in firsts)
    (tmp_path / "hold").unlink()
    done = mtam(slurm, *sweep)
    assert (done["computed"], done["missing"]) == (2, 0)
    assert tables(out) == unbroken(slurm, TWO, tmp_path / "unbroken")
    assert not (out / execute.CHECKPOINTS).exists()


@pytest.mark.slow
def test_a_lost_task_ends_the_waiting(held: Environment, tmp_path: Path) -> None:
    """Without accounting a killed job never counts as done; the wait ends all the same, and says what is missing."""
    out = tmp_path / "run"
    process = start(held, "sweep", "alpha", *TWO, "--launcher", "slurm", "--out", str(out))
    until("a task to run", lambda: under_way(out), held)
    (job,) = (path.stem for path in (out / "slurm").glob("*.json"))
    control(held, "scancel", job)
    _, errors = process.communicate(timeout=180)
    assert process.returncode == 1
    assert "2 of 2 packs have left the queue without their records" in errors
    assert "Traceback" not in errors


def preempted(environment: Environment, _job: str) -> None:
    """By a job of the partition above, which wants the whole node for a moment."""
    control(environment, "sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=sleep 1")


def warned_of_the_time_limit(environment: Environment, job: str) -> None:
    control(environment, "scancel", "--signal=USR2", job)


@pytest.mark.parametrize("put_back", [preempted, pytest.param(warned_of_the_time_limit, marks=pytest.mark.slow)])
def test_a_task_put_back_goes_on_from_its_state(
    put_back: Any, held: Environment, one: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    sweep = ("sweep", "alpha", *ONE, "--launcher", "slurm", "--out", str(out))
    (job,) = mtam(held, *sweep, "--detach")["jobs"]
    until("the pack to be under way", lambda: under_way(out), held)
    (before,) = under_way(out)
    assert before.resumed == 0
    put_back(held, job)
    until("the task to go on", lambda: any(beat.started > before.started for beat in under_way(out)), held)
    (now,) = under_way(out)
    assert now.resumed >= before.fraction > 0, "it began again"
    assert restarts(held, job) == 1
    assert not list((out / "records").glob("*.json"))
    (tmp_path / "hold").unlink()
    done = mtam(held, *sweep)
    assert done["missing"] == 0
    assert tables(out) == one


@pytest.mark.slow
def test_the_time_limit_is_no_limit(held: Environment, one: dict[str, bytes], tmp_path: Path) -> None:
    """A pack longer than launcher.time is warned by SLURM, put back into the queue and goes on, until it ends."""
    out = tmp_path / "run"
    sweep = ("sweep", "alpha", *ONE, "--launcher", "slurm", "launcher.time=1", "--out", str(out), "--json")
    process = start(held, *sweep)
    until("the job to be there", lambda: list((out / "slurm").glob("*.json")), held)
    (job,) = (path.stem for path in (out / "slurm").glob("*.json"))
    until("SLURM to put it back", lambda: restarts(held, job) > 0, held, 300)
    (tmp_path / "hold").unlink()
    said, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert (json.loads(said)["computed"], json.loads(said)["missing"]) == (1, 0)
    assert tables(out) == one
