"""Runs of a tiny sweep in processes of their own, and what they leave."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mtam.sweep import heartbeats
from tests.conftest import TINY

TABLES = ("curve.csv", "rates.csv", "curves.png")


# Whoever runs the tests may have these ignored, as nohup does; programs inherit that.
MAIN = """
import signal
for number in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, signal.SIG_{how})
from mtam.cli import main
main()
"""


def start(
    out: Path, *more: str, sweep: tuple[str, ...] = TINY, env: dict[str, str] | None = None, hears: bool = True
) -> "subprocess.Popen[str]":
    """``mtam sweep alpha`` in a session of its own, so that a signal to its group spares the tests.

    Unless it ``hears`` them, SIGHUP and SIGQUIT are ignored, as under nohup.
    """
    main = MAIN.format(how="DFL" if hears else "IGN")
    return subprocess.Popen(
        [sys.executable, "-c", main, "sweep", "alpha", *sweep, "--out", str(out), *more], text=True,
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **(env or {})},
    )  # fmt: skip


def start_on(slave: int, out: Path, *more: str, sweep: tuple[str, ...], env: dict[str, str]) -> "subprocess.Popen[str]":
    """``mtam sweep alpha`` on a terminal of its own, whose end for programs is ``slave``; closed here."""
    main = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)" + MAIN.format(how="DFL")
    try:
        return subprocess.Popen(
            [sys.executable, "-c", main, "sweep", "alpha", *sweep, "--out", str(out), *more], text=True,
            start_new_session=True, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **env},
        )  # fmt: skip
    finally:
        os.close(slave)


def tables(out: Path) -> dict[str, bytes]:
    """The bytes that must not depend on what happened on the way."""
    return {name: (out / name).read_bytes() for name in TABLES}


def workers(pid: int) -> list[int]:
    """The worker processes that a process has started; not multiprocessing's own tracker."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == pid and b"spawn_main" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:  # it has ended
            continue
    return sorted(found)


def alive(pid: int) -> bool:
    """Whether a process lives, zombies not counted."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def until(holds: Callable[[], object], process: "subprocess.Popen[str] | None" = None, seconds: float = 120.0) -> None:
    """Wait for something to come true that stays true; the process must not have ended before."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert process is None or process.poll() is None or holds(), "it has ended before"
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s"
        time.sleep(0.02)


def under_way(out: Path) -> list[heartbeats.Beat]:
    """Packs that have begun their work: with the brake on they are no further."""
    return [beat for beat in heartbeats.beats(out) if beat.fraction > 0]
