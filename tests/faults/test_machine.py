"""Failures of the machine are no results: told, kept for people to read, and computed again by the next run."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mtam.base.spec import Trial
from mtam.config import plan_sweep
from mtam.problems import registry
from mtam.sweep import execute, failures, launch, pool, store
from mtam.sweep.planning import Plan
from mtam.sweep.progress_account import Launcher
from tests.conftest import TINY, Mtam

SWEEP = ("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "run")
FIT = ("fit-ips", "--d", "2", "--samples", "300", "--tokens", "4", "--rank", "1", "--out", "run")
MACHINE = [
    MemoryError(),
    OSError(28, "No space left on device"),
    OSError(5, "Input/output error"),
    ModuleNotFoundError("No module named 'scipy'"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("cannot cache function 'evaluate': no locator available for file 'kernels.py'"),
]
MATHEMATICS = [ZeroDivisionError("division by zero"), ValueError("no"), RuntimeError("shapes differ"), RecursionError()]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    plan = plan_sweep("alpha", [*TINY])
    plan.write(tmp_path)
    return plan


def nothing(_fraction: float, _resumed: float) -> None:
    pass


def raising(error: BaseException) -> Callable[..., list[dict[str, Any]]]:
    def broken(_trials: Sequence[Trial], **_: Any) -> list[dict[str, Any]]:
        raise error

    return broken


def answers(trials: Sequence[Trial], **_: Any) -> list[dict[str, Any]]:
    return [{"error": 1.0 / trial.n} for trial in trials]


@pytest.mark.parametrize("error", [*MACHINE, *MATHEMATICS], ids=lambda error: repr(error)[:40])
def test_a_failure_of_the_machine_is_computed_again_and_one_of_mathematics_is_not(
    error: Exception, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack, *others = plan.packs
    monkeypatch.setattr(execute, "run_pack", raising(error))
    execute.execute(tmp_path, {key: plan.trials[key] for key in pack}, device="cpu", tick=nothing)
    for record in store.read_all(tmp_path, pack).values():
        assert store.failed(record)
        assert type(error).__name__ in record["failure"]
        assert "Traceback" in record["traceback"]
        assert failures.passing(record) == (error in MACHINE)
    again = [pack] if error in MACHINE else []
    assert launch.missing(plan, tmp_path) == again + others
    assert set(launch.missing(plan, tmp_path, retry_failed=True)) == {pack, *others}


def test_one_trial_of_a_pack_is_enough_to_compute_it_again(plan: Plan, tmp_path: Path) -> None:
    """It is one tensor program."""
    for key in plan.trials:
        store.write(tmp_path, key, {"numbers": {"error": 0.5}})
    pack = plan.packs[0]
    store.write(tmp_path, pack[1], {"failure": "MemoryError: ", failures.CAUSE: failures.MACHINE})
    assert launch.missing(plan, tmp_path) == [pack]


def test_a_pack_whose_worker_was_killed_is_tried_again(plan: Plan, tmp_path: Path) -> None:
    pool._record_death(tmp_path, plan.packs[0], "cpu")
    assert launch.missing(plan, tmp_path) == list(plan.packs)


def test_a_task_that_is_put_back_into_the_queue_tries_again(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mtam.sweep.cluster.slurm_task import Task

    given: list[tuple[str, ...]] = []
    monkeypatch.setattr(launch, "run", lambda _plan, _out, packs, *_: given.extend(packs))
    for key in plan.trials:
        store.write(tmp_path, key, {"numbers": {"error": 0.5}})
    store.write(tmp_path, plan.packs[1][0], {"failure": "MemoryError: ", failures.CAUSE: failures.MACHINE})
    Task(tmp_path, plan.packs, "cpu", 1, fail_fast=False)._run()
    assert given == [plan.packs[1]]


def test_the_same_command_computes_again_what_the_machine_failed(mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(execute, "run_pack", raising(MemoryError()))
        said = mtam(*SWEEP)
    assert said.code == 1
    assert "8 of the failures are the machine's" in said.out
    assert "the next run of the same command computes them again" in said.out
    assert "--retry-failed" not in said.out
    assert json.loads(mtam(*SWEEP, "--dry-run", "--json").out)["to_compute"] == 8
    monkeypatch.setattr(execute, "run_pack", answers)
    told = json.loads(mtam(*SWEEP, "--json").out)
    assert (told["computed"], told["cached"], told["failed"]) == (8, 0, 0)


def test_what_failed_by_its_mathematics_is_kept_with_a_hint(mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(execute, "run_pack", lambda trials, **_: [{"failure": "diverged"}] * len(trials))
        assert mtam(*SWEEP, "-q").code == 1
    monkeypatch.setattr(execute, "run_pack", answers)
    said = mtam(*SWEEP)
    assert said.code == 1
    assert "8 failed trials are kept as answers; --retry-failed computes them again." in said.out
    told = json.loads(mtam(*SWEEP, "--retry-failed", "--json").out)
    assert (told["computed"], told["failed"]) == (8, 0)


def test_a_failed_fit_is_computed_again_when_asked(mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []

    def broken(trials: Sequence[Trial], **_: Any) -> list[dict[str, Any]]:
        ran.append(len(trials))
        return [{"failure": "no fit"}]

    monkeypatch.setattr(execute, "run_pack", broken)
    for more, runs in (((), 1), ((), 1), (("--retry-failed",), 2)):
        said = mtam(*FIT, *more)
        assert said.code == 1
        assert "--retry-failed computes them again" in said.out
        assert len(ran) == runs
    monkeypatch.setattr(execute, "run_pack", registry.run_pack)
    assert mtam(*FIT, "--retry-failed", "-q").code == 0


def test_a_failure_of_the_machine_does_not_end_the_others(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = plan.packs[0]

    def small(trials: Sequence[Trial], **more: Any) -> list[dict[str, Any]]:
        if trials[0].key() == first[0]:
            raise MemoryError
        return answers(trials, **more)

    monkeypatch.setattr(execute, "run_pack", small)
    launch.run(plan, tmp_path, plan.packs, Launcher("inline", 1, "cpu"), lambda *_: None)
    assert launch.missing(plan, tmp_path) == [first]
