"""How far a run is: counts, times, and nothing written."""

import json
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mtam.config import plan_sweep
from mtam.sweep import heartbeats, store
from mtam.sweep.folder_status import Survey
from mtam.sweep.planning import Plan


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    plan = plan_sweep("alpha", ["data.alpha=1,2", "sweep.sizes=[64,128,256,512]", "sweep.seeds=2"])
    plan.write(tmp_path)
    return plan


def end(out: Path, pack: tuple[str, ...], seconds: float, ended: float, **more: float) -> None:
    for key in pack:
        store.write(out, key, {"numbers": {"error": 1.0}, "pack_seconds": seconds, "ended": ended, **more})


def beat(out: Path, pack: str, **about: object) -> None:
    path = out / heartbeats.FOLDER / f"{pack}.json"
    path.parent.mkdir(exist_ok=True)
    now = time.time()
    path.write_text(json.dumps({"fraction": 0.5, "started": now - 10, "time": now, "host": "elsewhere", **about}))


def test_times(plan: Plan, tmp_path: Path) -> None:
    """Two packs that overlapped, a break of a day, and one that runs."""
    now = time.time()
    end(tmp_path, plan.packs[0], 40.0, now - 86_400)
    end(tmp_path, plan.packs[1], 20.0, now - 86_390)
    beat(tmp_path, plan.packs[2][0])
    found = Survey(tmp_path).look()
    assert [(cell["done"], cell["running"], cell["missing"]) for cell in found.cells] == [(4, 2, 2)] * 2
    assert found.elapsed == pytest.approx(50 + 10, abs=0.5)
    assert found.seconds_per_trial == pytest.approx(60 / 8)
    pace = (60 + 10) / (sum(map(plan.cost, plan.packs[:2])) + plan.cost(plan.packs[2]) / 2)
    left = plan.cost(plan.packs[2]) / 2 + plan.cost(plan.packs[3])
    assert found.remaining == pytest.approx(pace * left, rel=0.01)
    assert found.queue is None
    assert not found.over


def test_what_went_on_from_a_state_has_not_taken_the_time_of_the_whole(plan: Plan, tmp_path: Path) -> None:
    """A quarter of one pack in 10 s, a quarter of another so far: the pace is that of a half."""
    end(tmp_path, plan.packs[0], 10.0, 1000.0, resumed_at=0.75)
    beat(tmp_path, plan.packs[1][0], fraction=0.5, resumed=0.25)
    found = Survey(tmp_path).look()
    assert found.seconds_per_trial == pytest.approx(10 / (len(plan.packs[0]) / 4))
    pace = (10 + 10) / (plan.cost(plan.packs[0]) / 4 + plan.cost(plan.packs[1]) / 4)
    left = plan.cost(plan.packs[1]) / 2 + sum(map(plan.cost, plan.packs[2:]))
    assert found.remaining == pytest.approx(pace * left, rel=0.01)


def test_a_process_that_died_here_does_not_run(plan: Plan, tmp_path: Path) -> None:
    beat(tmp_path, plan.packs[0][0], host=platform.node(), pid=2**22 + 1)  # beyond the largest pid there is
    assert Survey(tmp_path).look().running_packs == 0


def test_looking_again_sees_what_is_new_and_writes_nothing(plan: Plan, tmp_path: Path) -> None:
    survey = Survey(tmp_path)
    assert survey.look().seconds_per_trial is None
    for pack in plan.packs:
        end(tmp_path, pack, 1.0, 100.0)
    damaged = store.path_of(tmp_path, plan.packs[0][0])
    damaged.write_bytes(b"")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert not survey.look().over
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    end(tmp_path, plan.packs[0], 1.0, 100.0)
    assert survey.look().over


def test_status_loads_nothing_heavy(plan: Plan, tmp_path: Path) -> None:
    """It is asked often, and pandas alone takes longer to load than two thousand records to read."""
    del plan
    code = (
        "import sys; sys.argv = ['mtam', 'status', sys.argv[1]]\n"
        "from mtam.cli import main\n"
        "try: main()\n"
        "finally: print(*{'torch', 'pandas', 'matplotlib', 'numba', 'scipy', 'hydra'} & set(sys.modules), '.')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].strip() == "."
