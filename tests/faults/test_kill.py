"""Whatever is killed, whenever: what is on disk is whole, and the same command ends with the same tables."""

import json
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from mtam.config import plan_sweep
from mtam.sweep import launch, store
from mtam.sweep import plan as planning
from mtam.sweep.board import Launcher
from tests.conftest import TINY, Mtam
from tests.faults.helpers import alive, start, tables, until, workers

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds workers through /proc")
VICTIMS = ("main", "worker", "all")
SWEEPS = 40
FOUR_PACKS = (TINY[0], "sweep.sizes=[16,24,32,48]", *TINY[2:])  # two workers: a kill in the middle finds some done
# Two packs, one of an instant and one of some seconds.
UNEQUAL = (
    "data.alpha=1",
    "sweep.sizes=[16,4096]",
    "sweep.seeds=1",
    "model.steps=5",
    "model.steps_exponent=1",
    *TINY[4:],
)


@pytest.fixture
def whole(whole_run: Path) -> dict[str, bytes]:
    return tables(whole_run)


def killed(out: Path, victim: str, wait: float, sweep: tuple[str, ...] = TINY, after: str = "running") -> None:
    """A run with two workers whose ``victim`` dies ``wait`` seconds after the first heartbeat, or the first record."""
    process = start(out, "--workers", "2", "--quiet", sweep=sweep)
    until(lambda: any((out / after).glob("*.json")), process)
    time.sleep(wait)
    pids = workers(process.pid)
    for pid in {"main": [process.pid], "worker": pids[-1:], "all": [process.pid, *pids]}[victim]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.communicate(timeout=60)
    if victim != "worker":
        deadline = time.monotonic() + 5
        while any(map(alive, pids)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(alive, pids)), "a worker outlived its parent"


def whole_packs(out: Path) -> dict[Path, int]:
    """The records of complete packs, and when they were written."""
    if not (out / planning.MANIFEST).exists():
        return {}
    paths = [[store.path_of(out, key) for key in pack] for pack in planning.read(out).packs]
    return {path: path.stat().st_mtime_ns for pack in paths if all(p.exists() for p in pack) for path in pack}


def resumed(out: Path, mtam: Mtam, whole: dict[str, bytes], sweep: tuple[str, ...] = TINY) -> int:
    """Run to the end in this process; returns how many trials of complete packs there were before."""
    before = whole_packs(out)
    assert mtam("sweep", "alpha", *sweep, "--launcher", "inline", "--out", str(out), "--quiet").code == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before, "a complete pack was computed again"
    assert tables(out) == whole
    assert not list(out.rglob("*.corrupt"))
    return len(before)


@pytest.mark.parametrize("victim", VICTIMS)
def test_killed_and_resumed(victim: str, whole: dict[str, bytes], mtam: Mtam, tmp_path: Path) -> None:
    killed(tmp_path / "run", victim, random.Random(victim).uniform(0, 0.6))
    resumed(tmp_path / "run", mtam, whole)


def test_an_idle_worker_is_killed(tmp_path: Path) -> None:
    """It dies with the lock of the queue in its hand; the pack that the other is at ends, and is not computed again."""
    plan = plan_sweep("alpha", UNEQUAL)
    plan.write(tmp_path)
    told: list[float] = []
    given = (plan, tmp_path, plan.packs, Launcher("local", 2, "cpu"), lambda fraction, _text: told.append(fraction))
    run = threading.Thread(target=launch.run, args=given, daemon=True)
    run.start()
    deadline = time.monotonic() + 120
    while not len(list(tmp_path.glob("records/*.json"))) == len(list(tmp_path.glob("running/*.json"))) == 1:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (beat,) = [json.loads(path.read_text()) for path in tmp_path.glob("running/*.json")]
    (idle,) = set(workers(os.getpid())) - {beat["pid"]}
    time.sleep(0.3)  # until it waits for a pack, of which there are none
    os.kill(idle, signal.SIGKILL)
    moment = time.time()
    run.join(120)
    assert not run.is_alive(), "it waits for a worker that waits for a lock"
    records = store.read_all(tmp_path, plan.trials)
    assert len(records) == 2
    assert max(record["ended"] for record in records.values()) > moment, "there was nothing to lose"
    assert all(record["ended"] - record["pack_seconds"] < moment for record in records.values()), "computed again"
    assert told[-1] == 1.0
    assert not workers(os.getpid())


@pytest.mark.slow
def test_forty_sweeps_killed_at_random(mtam: Mtam, tmp_path: Path) -> None:
    assert mtam("sweep", "alpha", *FOUR_PACKS, "--launcher", "inline", "--out", str(tmp_path / "whole"), "-q").code == 0
    whole = tables(tmp_path / "whole")
    moments = random.Random(40)
    kept = []
    for number in range(SWEEPS):
        out = tmp_path / f"run{number}"
        for _ in range(moments.choice((1, 1, 2))):
            after, wait = moments.choice((("running", 0.8), ("records", 0.4)))
            killed(out, moments.choice(VICTIMS), moments.uniform(0, wait), FOUR_PACKS, after)
        kept.append(resumed(out, mtam, whole, FOUR_PACKS))
    assert any(0 < count < 16 for count in kept), f"no kill came in the middle: {kept}"


@pytest.mark.parametrize(
    ("launcher", "number"), [("inline", signal.SIGINT), ("local", signal.SIGINT), ("local", signal.SIGTERM)]
)
def test_an_interrupt_is_clean(
    launcher: str, number: signal.Signals, whole: dict[str, bytes], mtam: Mtam, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = start(out, "--launcher", launcher, *(["--workers", "2"] * (launcher == "local")))
    until((out / "running").exists, process)
    os.killpg(process.pid, number)  # as a terminal does: to the whole group
    _, errors = process.communicate(timeout=60)
    if process.returncode != 0:  # it may have ended before the signal came
        assert process.returncode == 130
        assert "Traceback" not in errors, errors
        assert "interrupted" in errors
    resumed(out, mtam, whole)


def test_a_second_interrupt_stops_at_once(whole: dict[str, bytes], mtam: Mtam, tmp_path: Path) -> None:
    """The workers are frozen, so that they never reach a safe point."""
    out = tmp_path / "run"
    process = start(out, "--workers", "2")
    until(lambda: any((out / "running").glob("*.json")), process)
    pids = workers(process.pid)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    os.killpg(process.pid, signal.SIGINT)
    assert process.stderr is not None
    assert "once more stops at once" in process.stderr.readline()
    assert process.poll() is None
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 5, "it has waited for the workers (its patience is 20 s)"
    assert process.returncode == 130
    assert [line[:21] for line in errors.splitlines()] == ["mtam: stopped at once"]
    assert not any(map(alive, pids))
    resumed(out, mtam, whole)
