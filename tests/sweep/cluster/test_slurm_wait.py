"""Waiting for jobs, with a queue and a clock of its own: who has the records, who is still in the queue, when to go."""

import itertools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from mtam.config import plan_sweep
from mtam.sweep import heartbeats, store
from mtam.sweep.cluster import slurm, slurm_wait, squeue
from mtam.sweep.cluster.slurm_wait import GRACE, QUEUE_POLL_MOST, _Queue, until_done
from mtam.sweep.planning import Plan
from mtam.sweep.progress_account import Board

Tasks = dict[str, tuple[str, tuple[tuple[str, ...], ...]]] | None


class Cluster:
    """A clock that moves when somebody sleeps, a queue that says what it is told to, and what was cancelled."""

    def __init__(self) -> None:
        self.now, self.asked = 1000.0, 0
        self.tasks: Tasks = {}
        self.cancelled: list[str] = []
        self.on_sleep: Callable[[float], None] = lambda _seconds: None

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        assert self.now < 1000 + 3600, "it waits for ever"
        self.on_sleep(self.now - 1000)

    def queue(self, _out: Path) -> Tasks:
        self.asked += 1
        return self.tasks


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    here = Cluster()
    monkeypatch.setattr(slurm_wait, "time", SimpleNamespace(sleep=here.sleep, monotonic=lambda: here.now))
    monkeypatch.setattr(slurm, "queue", here.queue)
    monkeypatch.setattr(squeue, "cancel", here.cancelled.extend)
    return here


@pytest.fixture
def plan() -> Plan:
    return plan_sweep("alpha", ["data.alpha=1", "sweep.sizes=[64,128,256]", "sweep.seeds=2"])


def end(out: Path, pack: tuple[str, ...], **body: object) -> None:
    for key in pack:
        store.write(out, key, dict(body) or {"numbers": {"error": 1.0}})


def board(plan: Plan, out: Path, told: list[str]) -> Board:
    return Board(plan, out, plan.packs, lambda _fraction, text, _before: told.append(text))


def test_packs_with_all_their_records_are_not_waited_for(cluster: Cluster, plan: Plan, tmp_path: Path) -> None:
    told: list[str] = []
    for pack in plan.packs:
        end(tmp_path, pack)
    assert until_done(tmp_path, plan.packs, board(plan, tmp_path, told), False) == []
    assert cluster.now == 1000
    assert told[-1] == "6/6 trials"


def test_records_that_come_while_tasks_run_end_the_wait(cluster: Cluster, plan: Plan, tmp_path: Path) -> None:
    """Long after the grace: what is in the queue is waited for."""
    cluster.tasks = {"7_0": ("RUNNING", tuple(plan.packs))}

    def later(seconds: float) -> None:
        for number, pack in enumerate(plan.packs):
            if seconds >= 60 * (number + 1):
                end(tmp_path, pack)

    cluster.on_sleep = later
    told: list[str] = []
    assert until_done(tmp_path, plan.packs, board(plan, tmp_path, told), False) == []
    assert 180 <= cluster.now - 1000 <= 185
    assert told[0] == "0/6 trials; tasks: 1 running"


def test_packs_that_no_task_has_any_more_are_given_back(cluster: Cluster, plan: Plan, tmp_path: Path) -> None:
    """After a grace for records that a shared file system shows late."""
    first, *lost = plan.packs
    end(tmp_path, first)
    found = until_done(tmp_path, plan.packs, board(plan, tmp_path, []), False)
    assert found == lost
    assert GRACE < cluster.now - 1000 < 3 * GRACE


def test_a_task_that_comes_back_into_the_queue_is_waited_for(cluster: Cluster, plan: Plan, tmp_path: Path) -> None:
    def requeued(seconds: float) -> None:
        cluster.tasks = {"7_0": ("PENDING", tuple(plan.packs))} if 5 < seconds < 100 else {}

    cluster.on_sleep = requeued
    assert until_done(tmp_path, plan.packs, board(plan, tmp_path, []), False) == list(plan.packs)
    assert cluster.now - 1000 > 100


def test_silence_of_slurm_says_nothing_about_tasks(cluster: Cluster, plan: Plan, tmp_path: Path) -> None:
    cluster.tasks = None

    def later(seconds: float) -> None:
        if seconds > 10 * GRACE:
            for pack in plan.packs:
                end(tmp_path, pack)

    cluster.on_sleep = later
    told: list[str] = []
    assert until_done(tmp_path, plan.packs, board(plan, tmp_path, told), False) == []
    assert told[0] == "0/6 trials; SLURM does not answer"


def test_a_pack_that_still_beats_has_not_ended(
    cluster: Cluster, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its records are of an earlier run, which it replaces."""
    cluster.tasks = {"7_0": ("RUNNING", tuple(plan.packs))}
    for pack in plan.packs:
        end(tmp_path, pack)

    def beats(_out: Path, *, living: bool) -> list[heartbeats.Beat]:
        assert living
        return [heartbeats.Beat(plan.packs[0][0], 0.5)] if cluster.now < 1030 else []

    monkeypatch.setattr(heartbeats, "beats", beats)
    assert until_done(tmp_path, plan.packs, board(plan, tmp_path, []), False) == []
    assert 30 <= cluster.now - 1000 < 35


@pytest.mark.parametrize("fail_fast", [False, True])
def test_the_first_failed_trial_cancels_the_jobs_when_asked(
    fail_fast: bool, cluster: Cluster, plan: Plan, tmp_path: Path
) -> None:
    cluster.tasks = {"7_0": ("RUNNING", tuple(plan.packs)), "7_1": ("PENDING", ()), "12_0": ("PENDING", ())}
    end(tmp_path, plan.packs[0], failure="diverged")

    def later(_seconds: float) -> None:
        for pack in plan.packs[1:]:
            end(tmp_path, pack)

    cluster.on_sleep = later
    assert until_done(tmp_path, plan.packs, board(plan, tmp_path, []), fail_fast) == []
    assert cluster.cancelled == (["12", "7"] if fail_fast else [])


def test_the_queue_is_asked_less_and_less_often(cluster: Cluster, tmp_path: Path) -> None:
    look = _Queue(tmp_path)
    times: list[float] = []
    for _ in range(600):
        before = cluster.asked
        look.remark()
        if cluster.asked > before:
            times.append(cluster.now)
        cluster.sleep(1.0)
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert gaps == sorted(gaps)
    assert gaps[0] <= 4
    assert gaps[-1] == pytest.approx(QUEUE_POLL_MOST, abs=1)


def test_jobs_that_slurm_does_not_tell_are_those_that_were_submitted(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slurm, "submissions", lambda _out: iter([("7", []), ("12", [])]))
    cluster.tasks = None
    look = _Queue(tmp_path)
    look.remark()
    assert look.jobs() == ["12", "7"]
