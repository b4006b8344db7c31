"""Worker processes: what they are told, what their deaths cost, what they may say. Real deaths: ``tests/faults``."""

import ctypes
import multiprocessing
import os
import signal
from collections import Counter
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mtam.base.errors import UncachedWarning, UsageError
from mtam.config import plan_sweep
from mtam.sweep import execute, failures, heartbeats, launch, pool, signals, store
from mtam.sweep.planning import Plan
from mtam.sweep.progress_account import Board, Launcher
from mtam.sweep.signals import STOPPING


@pytest.fixture
def plan() -> Plan:
    return plan_sweep("alpha", ["data.alpha=1,2", "sweep.sizes=[64,128,256]", "sweep.seeds=2"])


@pytest.fixture
def board(plan: Plan, tmp_path: Path) -> Board:
    return Board(plan, tmp_path, plan.packs, lambda *_: None)


IDLE = ctypes.c_int(0)  # no worker compiles


def ended(error: BaseException | None = None) -> "Future[None]":
    future: Future[None] = Future()
    future.set_exception(error) if error else future.set_result(None)
    return future


def test_without_semaphores_one_sentence(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container without /dev/shm."""

    def none(*_: Any) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(pool, "ProcessPoolExecutor", none)
    with pytest.raises(UsageError, match=r"Function not implemented; is there a /dev/shm .* choose --launcher inline"):
        launch.run(plan, tmp_path, plan.packs, Launcher("local", 2, "cpu"), lambda *_: None)


def test_packs_that_end_are_done(plan: Plan, board: Board) -> None:
    assert pool._watch({ended(): pack for pack in plan.packs}, board, False, 0.0, IDLE) == []
    assert board.done == set(plan.packs)


def test_a_death_is_charged_to_the_packs_that_were_under_way(
    plan: Plan, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole pool is broken then: packs that had not begun are no suspects, nor is one that has ended."""
    one, two, three = plan.packs
    futures = {ended(): one, ended(BrokenProcessPool()): two, ended(BrokenProcessPool("pool")): three}
    monkeypatch.setattr(heartbeats, "begun_by_workers", lambda _out, _since: {one[0]: 7, two[0]: 8})
    assert pool._watch(futures, board, False, 0.0, IDLE) == [two]
    assert board.done == {one}


def test_faults_of_the_program_are_not_swallowed(plan: Plan, board: Board) -> None:
    with pytest.raises(ZeroDivisionError):
        pool._watch({ended(ZeroDivisionError()): plan.packs[0]}, board, False, 0.0, IDLE)


@pytest.mark.parametrize("fail_fast", [False, True])
def test_a_failed_trial_stops_the_pool_when_asked(fail_fast: bool, plan: Plan, board: Board, tmp_path: Path) -> None:
    pack = plan.packs[0]
    for key in pack:
        store.write(tmp_path, key, {"failure": "diverged"})
    if not fail_fast:
        assert pool._watch({ended(): pack}, board, False, 0.0, IDLE) == []
        return
    with pytest.raises(pool._FailFast):
        pool._watch({ended(): pack}, board, True, 0.0, IDLE)


def test_survivors_of_a_death_count_where_their_records_are_new(plan: Plan, board: Board, tmp_path: Path) -> None:
    old, half, new = plan.packs
    for key in old:
        store.write(tmp_path, key, {"numbers": {"error": 1.0}, "ended": 50.0})
    for key in new:
        store.write(tmp_path, key, {"numbers": {"error": 1.0}, "ended": 150.0})
    store.write(tmp_path, half[0], {"numbers": {"error": 1.0}, "ended": 150.0})
    pool._await_survivors(plan.packs, board, began=100.0, since=0.0)
    assert board.done == {new}


def test_a_pack_whose_workers_died_has_a_record_of_the_machine(plan: Plan, tmp_path: Path) -> None:
    plan.write(tmp_path)
    pool._record_death(tmp_path, plan.packs[0], "cpu")
    records = store.read_all(tmp_path, plan.packs[0])
    assert set(records) == set(plan.packs[0])
    for key, record in records.items():
        assert failures.passing(record)
        assert "worker process died 3 times" in record["failure"]
        assert record["spec"] == plan.trials[key].model_dump(mode="json")


@pytest.mark.parametrize("order", [pool.GO, pool.FINISH, pool.STOP])
def test_a_worker_does_what_it_is_told(order: int, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins a pack only when told to go on, stops at a safe point when told to, and leaves no heartbeat."""
    told = SimpleNamespace(value=order)
    reached: list[str] = []

    def run(_out: Path, trials: dict[str, Any], *, device: str, tick: Any) -> None:
        reached.append(f"{device} {len(trials)}")
        assert list((tmp_path / heartbeats.FOLDER).glob("*.json"))
        told.value = pool.STOP
        tick(0.5, 0.0)
        reached.append("after the stop")

    monkeypatch.setattr(execute, "execute", run)
    monkeypatch.setattr(pool, "_worker", {"out": tmp_path, "plan": plan, "order": told, "device": "cpu"})
    pool._work(plan.packs[0])
    assert reached == ([f"cpu {len(plan.packs[0])}"] if order == pool.GO else [])
    assert not list(tmp_path.glob(f"{heartbeats.FOLDER}/*.json"))


def test_processes_that_are_started_inside_do_not_see_the_signals() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with signals.blocked():
        assert set(STOPPING) <= signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_what_is_true_of_all_workers_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    once = multiprocessing.get_context("spawn").Semaphore(1)
    for _ in range(3):
        pool._warn(once, "nothing can be cached", UncachedWarning, "file", 1)
        pool._warn(once, "look out", UserWarning, "file", 1)
    assert capsys.readouterr().err.splitlines() == [
        "mtam: warning: nothing can be cached", *["mtam: warning: look out"] * 3
    ]  # fmt: skip


def test_waiting_for_idle_workers_has_an_end(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of living processes alone: a heartbeat of one that is gone is not waited for."""
    monkeypatch.setattr(pool, "POLL", 0.01)
    monkeypatch.setattr(heartbeats, "begun_by_workers", lambda _out, _since: {"a": os.getpid()})
    pool._until_idle(board, 0.0)
    monkeypatch.setattr(multiprocessing, "active_children", lambda: [SimpleNamespace(pid=os.getpid())])
    pool._until_idle(board, 0.0, patience=0.05)


@pytest.mark.parametrize(
    ("gpus", "workers", "taken"),
    [
        ((), 2, {None: 2}),
        (("0", "1"), 2, {"0": 1, "1": 1}),
        (("GPU-a", "GPU-b"), 5, {"GPU-a": 3, "GPU-b": 2}),
        (("0", "1", "2"), 2, {"0": 1, "1": 1}),
    ],
)
def test_every_worker_has_one_gpu(
    gpus: tuple[str, ...], workers: int, taken: dict[str | None, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seats = pool._seats(gpus, workers, multiprocessing.get_context("spawn").Semaphore)
    counts: Counter[str | None] = Counter()
    for _ in range(workers):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        pool._take_seat(seats)
        counts[os.environ.get("CUDA_VISIBLE_DEVICES")] += 1
    assert counts == taken


def test_worker_processes_see_different_gpus() -> None:
    """In processes of their own, whose environment is what torch would read."""
    context = multiprocessing.get_context("spawn")
    seats = pool._seats(("4", "7"), 2, context.Semaphore)
    shown = context.SimpleQueue()
    # Code and not a function of this module, which a new process finds only where the tests can be imported.
    code = (
        "import os\nfrom mtam.sweep import pool\npool._take_seat(seats)\nshown.put(os.environ['CUDA_VISIBLE_DEVICES'])"
    )
    children = [context.Process(target=exec, args=(code, {"seats": seats, "shown": shown})) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0]
    assert sorted(shown.get() for _ in children) == ["4", "7"]


def test_signals_are_left_alone_where_they_cannot_be_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "pthread_sigmask")
    with signals.blocked():
        pass


def test_a_signal_waits_until_the_locks_of_futures_are_free(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:  # fmt: skip
    """Heard while one is being taken, it would leave it taken, and the thread that ends the pool waiting for ever."""
    went_on = []

    def interrupted(futures: Any, _seconds: float, _when: str) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        went_on.append(True)
        return set(), futures

    def stop(number: int, _frame: object) -> None:
        if not signals.must_wait(number):
            raise KeyboardInterrupt

    monkeypatch.setattr(pool, "wait", interrupted)
    monkeypatch.setattr(heartbeats, "beats", lambda *_, **__: [])
    before = signal.signal(signal.SIGTERM, stop)
    board = SimpleNamespace(out=tmp_path, update=lambda _: None)
    try:
        with pytest.raises(KeyboardInterrupt):
            pool._watch({Future(): ("pack",)}, cast(Any, board), False, 0.0, SimpleNamespace(value=0))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert went_on == [True]
