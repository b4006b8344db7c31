"""The ready scripts for job arrays, in the environment that each scheduler makes: every task once, numbered from 0."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from mtam.cli.options_to_settings import share_of
from tests.conftest import REPO

# Script, the directive that tells the indices, and the variable that tells a task its own.
# PBS: "-J X-Y" starts at X (PBS Professional, qsub(1B)); Torque: "-t X-Y" likewise, in PBS_ARRAYID.
# LSF: indices are positive (IBM, "Job arrays"). SLURM: "--array=0-7" starts at 0 (sbatch(1)).
SCHEDULERS = [
    ("array_pbs.sh", r"^#PBS -J (\d+)-(\d+)$", "PBS_ARRAY_INDEX"),
    ("array_pbs.sh", r'"#PBS -t (\d+)-(\d+)"', "PBS_ARRAYID"),
    ("array_lsf.sh", r'^#BSUB -J "\w+\[(\d+)-(\d+)\]"$', "LSB_JOBINDEX"),
    ("array_slurm.sh", r"^#SBATCH --array=(\d+)-(\d+)$", "SLURM_ARRAY_TASK_ID"),
]
FAKE = '#!/bin/sh\necho "$PWD $*"\n'


def task(name: str, place: Path, variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a copy of the script, as schedulers do, with an ``mtam`` that tells where and how it was called."""
    for file, text in (("mtam", FAKE), ("spooled", (REPO / "scripts" / name).read_text())):
        (place / file).write_text(text)
        (place / file).chmod(0o755)
    env = {"PATH": f"{place}:/usr/bin:/bin", **variables}
    return subprocess.run([place / "spooled"], cwd=place, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "directive", "variable"), SCHEDULERS)
def test_every_share_is_computed_once(name: str, directive: str, variable: str, tmp_path: Path) -> None:
    found = re.search(directive, (REPO / "scripts" / name).read_text(), re.MULTILINE)
    assert found is not None
    first, last = map(int, found.groups())
    shares = []
    home = tmp_path / "home"
    home.mkdir()
    for index in range(first, last + 1):
        where = {"PBS_O_WORKDIR": str(home)} if "PBS" in variable else {}
        done = task(name, tmp_path, {variable: str(index), **where})
        assert done.returncode == 0, done.stderr
        folder, *words = done.stdout.split()
        assert Path(folder) == (home if where else tmp_path)
        assert words[:4] == ["sweep", "alpha", "--launcher", "inline"]
        shares.append(share_of(int(words[words.index("--task-id") + 1]), int(words[words.index("--num-tasks") + 1])))
    assert shares == [(number, len(shares)) for number in range(len(shares))]


@pytest.mark.parametrize("variables", [{}, {"LSB_JOBINDEX": "0"}], ids=["nothing set", "an LSF job that is no array"])
@pytest.mark.parametrize("name", sorted({name for name, _, _ in SCHEDULERS}))
def test_outside_an_array_one_sentence(name: str, variables: dict[str, str], tmp_path: Path) -> None:
    done = task(name, tmp_path, variables)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done
    assert f"{name}: this is no task of a" in done.stderr


def test_they_can_be_started() -> None:
    assert all(os.access(REPO / "scripts" / name, os.X_OK) for name, _, _ in SCHEDULERS)
