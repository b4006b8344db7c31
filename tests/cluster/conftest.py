"""A real SLURM of one node, started once for the tests that need it, and stopped after them."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import REPO

SCRIPT = REPO / "scripts" / "slurm_dev.sh"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
SBIN = os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/sbin"))

# Tests that are killed cannot stop what they started: this waits for their end and does.
GUARD = 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; exec "$2" down'


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which sbatch and squeue find the SLURM of this session."""
    lacking = [name for name in PROGRAMS if shutil.which(name, path=SBIN) is None]
    if lacking:
        pytest.skip(f"NO SLURM: {', '.join(lacking)} not installed; `make test-cluster` installs the Debian packages")
    state = {**os.environ, "MTAM_SLURM_DEV": str(tmp_path_factory.mktemp("slurm") / "state")}
    done = subprocess.run([SCRIPT, "up"], env=state, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        pytest.skip(f"NO SLURM: scripts/slurm_dev.sh up failed here: {done.stderr.strip()}")
    variable, _, value = done.stdout.strip().removeprefix("export ").partition("=")
    assert variable == "SLURM_CONF"
    watch = ["sh", "-c", GUARD, "sh", str(os.getpid()), str(SCRIPT)]
    nowhere = subprocess.DEVNULL
    guard = subprocess.Popen(watch, env=state, start_new_session=True, stdout=nowhere, stderr=nowhere)
    yield {**os.environ, variable: value, "MTAM_CHECKPOINT_SECONDS": "0"}
    guard.kill()
    guard.wait()
    subprocess.run([SCRIPT, "down"], env=state, capture_output=True, timeout=60, check=True)
    assert not Path(value).exists()


def until(what: str, holds: Callable[[], object], slurm: dict[str, str], seconds: float = 180.0) -> None:
    """Wait for something to come true that stays true; where it does not, tell what SLURM says of it."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}\n{evidence(slurm)}"
        time.sleep(0.1)


def evidence(slurm: dict[str, str]) -> str:
    """Jobs, nodes and the ends of the daemons' logs."""
    told = []
    for command in ("scontrol show job", "sinfo --long", "sinfo --list-reasons"):
        done = subprocess.run(command.split(), env=slurm, capture_output=True, text=True, timeout=20, check=False)
        told.append(f"{command}\n{done.stdout}{done.stderr}")
    for log in ("slurmctld.log", "slurmd.log"):
        lines = (Path(slurm["SLURM_CONF"]).parent / log).read_text(errors="replace").splitlines()
        told.append("\n".join((log, *lines[-40:])))
    return "\n".join(told)
