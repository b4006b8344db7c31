"""Whatever is killed, whenever: what is on disk is whole, and the same command ends with the same tables."""

import json
import os
import pty
import random
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mtam.config import plan_sweep
from mtam.sweep import launch, planning, pool, store
from mtam.sweep.progress_account import Launcher
from tests.brake import HOLD, brake
from tests.conftest import TINY, Mtam
from tests.faults.helpers import alive, start, start_on, tables, under_way, until, workers

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds workers through /proc")
VICTIMS = ("main", "worker", "all")
SWEEPS = 40
FOUR_PACKS = (TINY[0], "sweep.sizes=[16,24,32,48]", *TINY[2:])  # two workers: a kill in the middle finds some done
TWO_PACKS = ("data.alpha=1", "sweep.sizes=[16,32]", "sweep.seeds=1", *TINY[3:])


@pytest.fixture
def whole(whole_run: Path) -> dict[str, bytes]:
    return tables(whole_run)


def killed(
    out: Path, victim: str, wait: float, env: dict[str, str], sweep: tuple[str, ...] = TINY, after: str = "running"
) -> None:
    """A run with two workers whose ``victim`` dies ``wait`` seconds after the first heartbeat, or the first record."""
    process = start(out, "--workers", "2", "--quiet", sweep=sweep, env=env)
    until(lambda: any((out / after).glob("*.json")) or process.poll() is not None)
    time.sleep(wait)
    pids = workers(process.pid)
    for pid in {"main": [process.pid], "worker": pids[-1:], "all": [process.pid, *pids]}[victim]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    if HOLD in env:
        Path(env[HOLD]).unlink()
    process.communicate(timeout=120)
    if victim != "worker":
        until(lambda: not any(map(alive, pids)))  # no worker outlives its parent


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


@pytest.mark.bits
@pytest.mark.parametrize("victim", VICTIMS)
def test_killed_and_resumed(victim: str, whole: dict[str, bytes], mtam: Mtam, tmp_path: Path) -> None:
    """Nothing ends before the kill, so not a record is there; with a worker dead the run itself goes on."""
    killed(tmp_path / "run", victim, random.Random(victim).uniform(0, 0.6), brake(tmp_path, hold=tmp_path / "hold"))
    assert resumed(tmp_path / "run", mtam, whole) == (8 if victim == "worker" else 0)


def test_an_idle_worker_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies with the lock of the queue in its hand; the pack that the other is at ends, and is not computed again."""
    plan = plan_sweep("alpha", TWO_PACKS)
    out, hold = tmp_path / "run", tmp_path / "hold"
    plan.write(out)
    told: list[float] = []
    for name, value in brake(tmp_path, hold=hold, pack=plan.packs[0][0]).items():
        monkeypatch.setenv(name, value)
    given = (plan, out, plan.packs, Launcher("local", 2, "cpu"), lambda fraction, _text, _before: told.append(fraction))
    run = threading.Thread(target=launch.run, args=given, daemon=True)
    run.start()
    until(lambda: len(list(out.glob("records/*.json"))) == len(list(out.glob("running/*.json"))) == 1)
    (beat,) = [json.loads(path.read_text()) for path in out.glob("running/*.json")]
    (idle,) = set(workers(os.getpid())) - {beat["pid"]}
    time.sleep(0.3)  # until it waits for a pack, of which there are none
    os.kill(idle, signal.SIGKILL)
    moment = time.time()
    time.sleep(0.5)  # until that is noticed; the other is in the middle of its pack all the while
    hold.unlink()
    run.join(120)
    assert not run.is_alive(), "it waits for a worker that waits for a lock"
    records = store.read_all(out, plan.trials)
    assert len(records) == 2
    assert max(record["ended"] for record in records.values()) > moment, "there was nothing to lose"
    assert all(record["ended"] - record["pack_seconds"] < moment for record in records.values()), "computed again"
    assert told[-1] == 1.0
    assert not workers(os.getpid())


def test_a_pack_that_kills_its_worker_at_once_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However soon it dies: nobody need have seen it at work. The others are not blamed for it."""
    plan = plan_sweep("alpha", FOUR_PACKS)
    plan.write(tmp_path)
    bad = plan.packs[1]
    for name, value in brake(tmp_path, dies=bad[0]).items():
        monkeypatch.setenv(name, value)
    launch.run(plan, tmp_path, plan.packs, Launcher("local", 2, "cpu"), lambda *_: None)
    records = store.read_all(tmp_path, plan.trials)
    assert len(records) == 16
    assert {key for key, record in records.items() if store.failed(record)} == set(bad)
    assert f"died {pool.ATTEMPTS} times" in records[bad[0]]["failure"]


@pytest.mark.slow
def test_forty_sweeps_killed_at_random(mtam: Mtam, tmp_path: Path) -> None:
    assert mtam("sweep", "alpha", *FOUR_PACKS, "--launcher", "inline", "--out", str(tmp_path / "whole"), "-q").code == 0
    whole = tables(tmp_path / "whole")
    moments = random.Random(40)
    slowed = brake(tmp_path, pause=0.05)  # four ticks a pack, two packs a worker
    kept = []
    for number in range(SWEEPS):
        out = tmp_path / f"run{number}"
        for _ in range(moments.choice((1, 1, 2))):
            after, wait = moments.choice((("running", 0.8), ("records", 0.4)))
            killed(out, moments.choice(VICTIMS), moments.uniform(0, wait), slowed, FOUR_PACKS, after)
        kept.append(resumed(out, mtam, whole, FOUR_PACKS))
    assert any(0 < count < 16 for count in kept), f"no kill came in the middle: {kept}"


@pytest.mark.parametrize(
    ("launcher", "number"),
    [
        ("inline", signal.SIGINT),
        ("local", signal.SIGINT),
        ("local", signal.SIGTERM),
        ("inline", signal.SIGQUIT),
        ("local", signal.SIGHUP),
    ],
)
def test_an_interrupt_is_clean(
    launcher: str, number: signal.Signals, whole: dict[str, bytes], mtam: Mtam, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    more = ["--workers", "2"] if launcher == "local" else []
    process = start(out, "--launcher", launcher, *more, env=brake(tmp_path, hold=tmp_path / "hold"))
    until(lambda: any((out / "running").glob("*.json")), process)
    os.killpg(process.pid, number)  # as a terminal does: to the whole group
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors, errors
    assert errors.count("mtam: interrupted") == 1
    assert "died unexpectedly" not in errors  # multiprocessing's own tracker, which the signal reaches as well
    assert not (out / "running").exists()  # nobody is told that it still runs
    assert resumed(out, mtam, whole) == 0


def test_nohup_is_obeyed(tmp_path: Path) -> None:
    out, hold = tmp_path / "run", tmp_path / "hold"
    process = start(out, "--workers", "2", "--quiet", sweep=TWO_PACKS, env=brake(tmp_path, hold=hold), hears=False)
    until(lambda: len(under_way(out)) == 2, process)
    os.killpg(process.pid, signal.SIGHUP)
    os.killpg(process.pid, signal.SIGQUIT)
    time.sleep(0.5)
    hold.unlink()
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("launcher", ["inline", "local"])
def test_a_terminal_that_is_closed_stops_it_cleanly(launcher: str, tmp_path: Path) -> None:
    """The kernel tells the whole group, the shell tells it once more; no word can be said any longer."""
    out, hold = tmp_path / "run", tmp_path / "hold"
    more = ["--launcher", launcher, *(["--workers", "2"] if launcher == "local" else [])]
    terminal, slave = pty.openpty()
    process = start_on(slave, out, *more, sweep=TWO_PACKS, env=brake(tmp_path, hold=hold))
    until(lambda: under_way(out), process)
    pids = workers(process.pid)
    os.close(terminal)
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGHUP)
    assert process.wait(timeout=120) == 130
    until(lambda: not any(map(alive, pids)))
    assert not (out / "running").exists()
    assert (out / planning.MANIFEST).exists()
    assert not list(out.glob("records/*"))


def test_a_second_interrupt_stops_at_once(whole: dict[str, bytes], mtam: Mtam, tmp_path: Path) -> None:
    """The workers are frozen, so that they never reach a safe point."""
    out = tmp_path / "run"
    process = start(out, "--workers", "2", "--quiet", env=brake(tmp_path, hold=tmp_path / "hold"))
    until(lambda: len(under_way(out)) == 2, process)
    pids = workers(process.pid)
    assert len(pids) == 2
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    os.killpg(process.pid, signal.SIGINT)
    assert process.stderr is not None
    assert "once more stops at once" in process.stderr.readline()
    assert process.poll() is None
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert time.monotonic() - began < pool.PATIENCE / 2, "it has waited for the workers"
    assert process.returncode == 130
    assert [line[:21] for line in errors.splitlines()] == ["mtam: stopped at once"]
    until(lambda: not any(map(alive, pids)))
    assert resumed(out, mtam, whole) == 0
