"""Where words go: full, closed, a pipe that nobody reads, a terminal that is gone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TINY

MTAM = (sys.executable, "-m", "mtam")
FULL = Path("/dev/full")
PRINTING = (["list"], ["--version"], ["--help"], ["config", "sweep", "alpha"], ["sweep", "alpha", "--dry-run"],
            ["sweep", "alpha", "--dry-run", "--json"])  # fmt: skip

needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def shell(line: str, args: list[str], cwd: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """``mtam ARGS`` with the redirections in ``line``, where "$@" stands for the command."""
    return subprocess.run(
        ["sh", "-c", line, "sh", *MTAM, *args], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True,
        timeout=600, check=False,
    )  # fmt: skip


@needs_full
@pytest.mark.parametrize("args", PRINTING, ids=" ".join)
def test_a_full_disk_under_standard_output_is_one_sentence(args: list[str], tmp_path: Path) -> None:
    done = shell('"$@" > /dev/full', args, tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("mtam: standard output cannot be written: No space left on device.\n")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@needs_full
def test_a_full_disk_without_buffers(tmp_path: Path) -> None:
    done = shell('"$@" > /dev/full', ["list"], tmp_path, PYTHONUNBUFFERED="1")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr


@needs_full
def test_wrong_input_stays_wrong_input_when_nothing_can_be_said(tmp_path: Path) -> None:
    assert shell('"$@" > /dev/full 2> /dev/full', ["sweep", "alfa"], tmp_path).returncode == 2
    assert shell('"$@" 2>&-', ["sweep", "alfa"], tmp_path).stdout == ""  # what belongs there goes nowhere else


def test_a_pipe_that_nobody_reads_ends_it_in_silence(tmp_path: Path) -> None:
    done = shell('{ "$@"; echo $? >&2; } | true', ["list"], tmp_path)
    assert done.stderr.strip() in ("0", "1")  # 0: all was written before the reader went
    read, write = os.pipe()
    os.close(read)
    try:
        gone = subprocess.run([*MTAM, "list"], cwd=tmp_path, stdout=write, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(write)
    assert (gone.returncode, gone.stderr) == (1, b"")


@needs_full
def test_a_run_goes_on_when_its_progress_cannot_be_shown(tmp_path: Path) -> None:
    """Nor its tables: that is told by the exit code, and all that belongs on disk is there."""
    args = ["sweep", "alpha", "data.alpha=1", "sweep.sizes=[16,32]", "sweep.seeds=1", *TINY[3:], "--out", "run"]
    done = shell('"$@" > /dev/full 2> /dev/full', [*args, "--workers", "2"], tmp_path)
    assert done.returncode == 1
    assert len(list((tmp_path / "run" / "records").glob("*.json"))) == 2
    assert (tmp_path / "run" / "report.html").is_file()
    assert not (tmp_path / "run" / "running").exists()


FREE = (
    "import sys; from mtam.base.system import standard_streams; "
    "standard_streams.prepare(); sys.exit(open('x', 'w').fileno())"
)


def test_closed_streams_are_not_given_to_files(tmp_path: Path) -> None:
    """The lowest free descriptor goes to the next file: a message would land in a record."""
    line = f'{sys.executable} -c "$1"'
    for closed in ("", "<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(["sh", "-c", f"{line} {closed}", "sh", FREE], cwd=tmp_path, capture_output=True)
        assert done.returncode > 2, closed


def test_python_dash_m(tmp_path: Path) -> None:
    done = shell('"$@"', ["--version"], tmp_path)
    assert (done.returncode, done.stdout[:5]) == (0, "mtam ")
    done = shell('"$@"', ["sweep"], tmp_path)
    assert (done.returncode, done.stderr) == (2, "mtam: Missing argument 'name'; see python -m mtam sweep --help.\n")
