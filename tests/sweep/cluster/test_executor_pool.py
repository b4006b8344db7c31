"""Packs on executors of somebody else's: good ones, and such as lose jobs."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mtam.base.errors import UsageError
from mtam.config import plan_sweep
from mtam.sweep import execute, launch, store
from mtam.sweep.cluster import executor_pool
from mtam.sweep.cluster.executor_factories import own_programs
from mtam.sweep.planning import Plan
from mtam.sweep.progress_account import Launcher
from tests.conftest import TINY, Mtam

HERE = __name__
TINY_D = ("data.d=2", "data.rank=1", "data.tokens=4", "sweep.sizes=[100,200]", "sweep.seeds=2")
FACTORIES = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

def threads():
    return ThreadPoolExecutor(2)

def processes():
    return ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))

def none():
    return None

number = 7
"""


def future_of(outcome: Any) -> "Future[Any]":
    future: Future[Any] = Future()
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    elif outcome == "cancelled":
        future.cancel()
        future.set_running_or_notify_cancel()
    else:
        future.set_result(outcome)
    return future


class Losing(Executor):
    """Runs a job here and now, after it has lost it as often, and in the ways, that ``ways`` say."""

    def __init__(self, *ways: Any, afterwards: Any = None) -> None:
        self.ways, self.afterwards = ways, afterwards
        self.given: dict[Any, int] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        pack = args[1]
        before = self.given.get(pack, 0)
        self.given[pack] = before + 1
        if before < len(self.ways):
            return future_of(self.ways[before])
        fn(*args, **kwargs)
        return future_of(self.afterwards)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    plan = plan_sweep("alpha", ["data.alpha=1,2", "sweep.sizes=[64,128]", "sweep.seeds=2"])
    plan.write(tmp_path)
    monkeypatch.setattr(execute, "run_pack", lambda trials, **_: [{"failure": f"{t.n}"} for t in trials])
    return plan


def run_on(executor: Any, plan: Plan, out: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> dict[str, Any]:
    monkeypatch.setattr(sys.modules[HERE], "made", lambda: executor, raising=False)
    launcher = Launcher("executor", more.pop("workers", 9), "cpu", factory=f"{HERE}:made", **more)
    launch.run(plan, out, plan.packs, launcher, lambda _fraction, _text, _before: None)
    return store.read_all(out, plan.trials)


@pytest.mark.parametrize(
    "ways",
    [(), (None,), (OSError("node lost"),), ("cancelled", None)],
    ids=["runs", "says done and is not", "raises", "is cancelled, and then lies"],
)
def test_what_is_lost_is_given_out_again(
    ways: tuple[Any, ...], plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = Losing(*ways)
    assert run_on(executor, plan, tmp_path, monkeypatch).keys() == plan.trials.keys()
    assert set(executor.given.values()) == {len(ways) + 1}
    assert not (tmp_path / "running").exists()


def test_an_error_after_the_records_are_there_is_none(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = Losing(afterwards=RuntimeError("connection closed"))
    assert run_on(executor, plan, tmp_path, monkeypatch).keys() == plan.trials.keys()
    assert set(executor.given.values()) == {1}


def test_who_loses_everything_is_left_and_named(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    executor = Losing(*[OSError("no\nqueue")] * 9)
    assert run_on(executor, plan, tmp_path, monkeypatch) == {}
    assert set(executor.given.values()) == {executor_pool.ATTEMPTS}
    packs = len(plan.packs)
    said = f"mtam: {packs} of {packs} packs came back 3 times without their records, the first with: OSError: no queue"
    assert capsys.readouterr().err.strip() == said


def test_old_records_are_no_answer(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As under --force: a pack that is lost has the records of the run before."""
    first = run_on(Losing(), plan, tmp_path, monkeypatch)
    executor = Losing(None)
    again = run_on(executor, plan, tmp_path, monkeypatch)
    assert set(executor.given.values()) == {2}
    assert all(again[key]["ended"] > first[key]["ended"] for key in first)


def test_no_more_at_once_than_asked_for(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0

    class Counting(ThreadPoolExecutor):
        under_way = 0

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
            nonlocal most
            Counting.under_way += 1
            most = max(most, Counting.under_way)
            future = super().submit(fn, *args, **kwargs)
            future.result()
            Counting.under_way -= 1
            return future

    assert len(run_on(Counting(2), plan, tmp_path, monkeypatch, workers=1)) == len(plan.trials)
    assert most == 1


def test_fail_fast(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run_on(Losing(), plan, tmp_path, monkeypatch, workers=1, fail_fast=True)
    assert found.keys() == set(plan.packs[0])


@pytest.mark.parametrize(("executor", "said"), [(None, "gave no executor"), (7, "gave no executor")])
def test_no_executor(executor: Any, said: str, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=said):
        run_on(executor, plan, tmp_path, monkeypatch)


def test_an_executor_that_is_shut_down(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    with pytest.raises(UsageError, match=r"takes no jobs \(RuntimeError: cannot schedule new futures after shutdown\)"):
        run_on(closed, plan, tmp_path, monkeypatch)


def test_programs_beside_this_python_are_found_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsl starts its own by their names, also where this Python was called by its path alone."""
    monkeypatch.setenv("PATH", "/nowhere")
    with own_programs():
        assert os.environ["PATH"].split(os.pathsep) == [os.path.dirname(sys.executable), "/nowhere"]
    assert os.environ["PATH"] == "/nowhere"


def test_executors_of_ones_own_have_that_path(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    seen: list[str] = []

    class Looking(Losing):
        def __enter__(self) -> "Looking":
            seen.append(os.environ["PATH"])
            return self

    run_on(Looking(), plan, tmp_path, monkeypatch)
    assert [path.split(os.pathsep)[0] for path in seen] == [os.path.dirname(sys.executable)]


@pytest.mark.slow
def test_a_sweep_has_the_same_curve_on_every_executor(here: Path, mtam: Mtam) -> None:
    (here / "mine.py").write_text(FACTORIES)
    assert mtam("sweep", "d", *TINY_D, "--launcher", "inline", "--out", "inline").code == 0
    for name in ("threads", "processes"):
        said = mtam("sweep", "d", *TINY_D, "--launcher", "executor", f"launcher.factory=mine:{name}", "--out", name)
        assert said.code == 0, said.err
        assert (here / name / "curve.csv").read_bytes() == (here / "inline" / "curve.csv").read_bytes()
    sys.modules.pop("mine")


@pytest.mark.parametrize(("preset", "package"), [("parsl", "parsl"), ("dask", "distributed")])
def test_presets(preset: str, package: str, here: Path) -> None:
    """In a process of its own: both start threads that outlive the run."""
    pytest.importorskip(package)
    args = ["sweep", "d", *TINY_D, "--launcher", "executor", f"launcher.factory={preset}", "--out", "run"]
    done = subprocess.run(
        [sys.executable, "-m", "mtam", *args], cwd=here, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert len(list((here / "run" / "records").glob("*.json"))) == 4


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ([], "needs launcher.factory=MODULE:FUNCTION"),
        (["launcher.factory=parsel"], "there are: parsl, dask"),
        (["launcher.factory=nowhere:f"], "No module named 'nowhere'"),
        (["launcher.factory=mine:f"], "has no attribute 'f'"),
        (["launcher.factory=mine:number"], "is no function"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(settings: list[str], said: str, here: Path, mtam: Mtam) -> None:
    (here / "mine.py").write_text(FACTORIES)
    told = mtam("sweep", "alpha", *TINY, "--launcher", "executor", *settings, "--out", "run")
    sys.modules.pop("mine", None)
    assert (told.code, told.out, len(told.err.splitlines())) == (2, "", 1), told
    assert said in told.err
    assert not (here / "run").exists()


@pytest.mark.parametrize("preset", ["parsl", "dask"])
def test_a_missing_package_is_named(preset: str, here: Path, mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("parsl", "distributed"):
        monkeypatch.setitem(sys.modules, name, None)
    told = mtam("sweep", "alpha", *TINY, "--launcher", "executor", f"launcher.factory={preset}", "--out", "run")
    assert told.code == 2
    assert not (here / "run").exists()
    assert f"pip install 'mtam[{preset}]'" in " ".join(told.err.split())
