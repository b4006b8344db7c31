"""One thread per process, whatever the environment says, because sums shared among threads have other bits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mtam.base.threads import STRONGER, VARIABLES, one_thread

# The Cholesky factor of a kernel matrix of this size is of other bits when OpenBLAS shares the work among two threads.
SWEEP = ("alpha", "data.alpha=1", "sweep.sizes=[600]", "sweep.seeds=1", "model=gp", "data.test=64")


def test_the_environment_does_not_choose_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *STRONGER):
        monkeypatch.setenv(name, "2")
    one_thread()
    assert {os.environ[name] for name in VARIABLES} == {"1"}
    assert not os.environ.keys() & set(STRONGER)


def curve(out: Path, threads: int) -> bytes:
    """The curve of a sweep in one process whose environment says so many threads."""
    command = [sys.executable, "-c", "from mtam.cli import main; main()", "sweep", *SWEEP, "--out", str(out)]
    env = os.environ | dict.fromkeys(VARIABLES, str(threads))
    done = subprocess.run(
        [*command, "--launcher", "inline", "-q"], capture_output=True, text=True, env=env, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return (out / "curve.csv").read_bytes()


@pytest.mark.bits
def test_inline_gives_the_same_bits_whatever_threads_are_asked_for(tmp_path: Path) -> None:
    assert curve(tmp_path / "two", 2) == curve(tmp_path / "one", 1)
