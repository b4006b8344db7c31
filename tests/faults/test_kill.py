"""Whatever is killed, whenever: what is on disk is whole, and the same command ends with the same tables."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import TINY

TABLES = ("curve.csv", "rates.csv", "curves.png")


def start(out: Path, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from mtam.cli import main; main()", "sweep", "alpha", *TINY, "--out", str(out)]
    command += ["--workers", "2", *more]
    return subprocess.Popen(command, text=True, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(out: Path) -> dict[str, bytes]:
    process = start(out, "--json")
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert json.loads(said)["trials"] == 8
    return {name: (out / name).read_bytes() for name in TABLES}


def children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(word) for word in found.split()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return finish(tmp_path_factory.mktemp("whole") / "run")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds workers through /proc")
@pytest.mark.parametrize("victim", ["main", "worker", "all"])
def test_killed_and_resumed(victim: str, whole: dict[str, bytes], tmp_path: Path) -> None:
    moment = random.Random(victim)
    out = tmp_path / "run"
    for _ in range(2):
        process = start(out)
        deadline = time.monotonic() + 60
        while not (out / "running").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(moment.uniform(0, 0.6))
        workers = children(process.pid)
        targets = {"main": [process.pid], "worker": workers[-1:], "all": [process.pid, *workers]}[victim]
        for pid in targets:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.communicate(timeout=60)
    assert finish(out) == whole
    assert not list(out.rglob("*.corrupt"))
    time.sleep(1.5)
    assert not [pid for pid in workers if _alive(pid)], "a worker outlived its parent"


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.mark.parametrize(
    ("launcher", "number"), [("inline", signal.SIGINT), ("local", signal.SIGINT), ("local", signal.SIGTERM)]
)
def test_an_interrupt_is_clean(launcher: str, number: signal.Signals, whole: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = start(out, "--launcher", launcher)
    deadline = time.monotonic() + 60
    while not (out / "running").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, number)  # as a terminal does: to the whole group
    _, errors = process.communicate(timeout=60)
    if process.returncode != 0:  # it may have ended before the signal came
        assert process.returncode == 130
        assert "Traceback" not in errors, errors
        assert "interrupted" in errors
    assert finish(out) == whole
