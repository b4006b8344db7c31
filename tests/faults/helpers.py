"""Runs of a tiny sweep in processes of their own, and what they leave."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import TINY

TABLES = ("curve.csv", "rates.csv", "curves.png")


def start(
    out: Path, *more: str, sweep: tuple[str, ...] = TINY, env: dict[str, str] | None = None
) -> "subprocess.Popen[str]":
    """``mtam sweep alpha`` in a session of its own, so that a signal to its group spares the tests."""
    command = [sys.executable, "-c", "from mtam.cli import main; main()", "sweep", "alpha", *sweep, "--out", str(out)]
    return subprocess.Popen(
        [*command, *more], text=True, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )  # fmt: skip


def tables(out: Path) -> dict[str, bytes]:
    """The bytes that must not depend on what happened on the way."""
    return {name: (out / name).read_bytes() for name in TABLES}


def workers(pid: int) -> list[int]:
    """The worker processes that a process has started; not multiprocessing's own tracker."""
    found = subprocess.run(["pgrep", "-P", str(pid), "-f", "spawn_main"], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def alive(pid: int) -> bool:
    """Whether a process lives, zombies not counted."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def until(holds: Callable[[], bool], process: "subprocess.Popen[str]", seconds: float = 60.0) -> None:
    """Wait for something to come true, or for the process to end."""
    deadline = time.monotonic() + seconds
    while not holds() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
