"""Parsl asks a real SLURM for a job, and a sweep's packs are computed in it."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TINY

TABLES = ("curve.csv", "rates.csv")

# The module of one's own that `mtam guide cluster` describes, with SLURM as the provider of nodes.
CLUSTER = """
from parsl.concurrent import ParslPoolExecutor
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import SlurmProvider


def dev():
    nodes = SlurmProvider(
        partition="dev", walltime="00:10:00", cores_per_node=2, init_blocks=1, max_blocks=1, exclusive=False,
    )
    workers = HighThroughputExecutor(
        label="mtam", address="127.0.0.1", max_workers_per_node=2, encrypted=False, provider=nodes
    )
    return ParslPoolExecutor(Config([workers], run_dir="parsl", strategy="none", initialize_logging=False))
"""


def sweep(environment: dict[str, str], place: Path, *args: str) -> dict[str, object]:
    """The JSON of a tiny sweep that is started in ``place``."""
    command = [sys.executable, "-m", "mtam", "sweep", "alpha", *TINY, *args, "--json"]
    done = subprocess.run(
        command, env=environment, cwd=place, capture_output=True, text=True, timeout=600, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("parsl") is None, reason="parsl is not installed")
def test_a_sweep_through_parsl_and_slurm_ends_with_the_tables_of_one_process(
    slurm: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "my_cluster.py").write_text(CLUSTER)
    paths = os.pathsep.join(path for path in (str(tmp_path), slurm.get("PYTHONPATH", "")) if path)
    environment = {**slurm, "PYTHONPATH": paths}
    asked = ("--launcher", "executor", "launcher.factory=my_cluster:dev", "--out", "parsl-run")
    assert sweep(environment, tmp_path, *asked)["computed"] == 8
    # SLURM remembers the job that Parsl asked it for: it ran in this partition and had both processors.
    command = ["scontrol", "show", "job", "--oneliner"]
    jobs = subprocess.run(command, env=slurm, capture_output=True, text=True, timeout=20, check=True).stdout
    (job,) = [line for line in jobs.splitlines() if str(tmp_path) in line]
    assert "JobName=parsl.mtam" in job
    assert "Partition=dev" in job
    assert "BatchHost=" in job  # which a job has once it has run
    assert sweep(environment, tmp_path, "--launcher", "inline", "--out", "inline-run")["computed"] == 8
    for table in TABLES:
        assert (tmp_path / "parsl-run" / table).read_bytes() == (tmp_path / "inline-run" / table).read_bytes()
