"""What a task of a job array does when SLURM's warning comes as it begins."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtam.sweep import planning
from mtam.sweep.cluster import squeue
from mtam.sweep.cluster.slurm_task import TRIES, Task


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    kept = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGUSR2)}
    yield
    for name, handler in kept.items():
        signal.signal(name, handler)


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that were put back into the queue; SLURM warns while the manifest is read."""
    jobs: list[str] = []

    def read(_: Path, _code: str | None) -> None:
        signal.raise_signal(signal.SIGUSR2)

    def requeue(job: str) -> bool:
        jobs.append(job)
        return True

    monkeypatch.setattr(planning, "read", read)
    monkeypatch.setattr(squeue, "requeue", requeue)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    return jobs


def test_a_warning_at_the_very_beginning_puts_the_task_back(queued: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="what is done is kept"):
        Task(tmp_path, (("a",),), "cpu", 1, fail_fast=False)()
    assert queued == ["7"]


def test_a_few_times_only(queued: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_RESTART_COUNT", str(TRIES))
    with pytest.raises(SystemExit, match=r"raise launcher\.time"):
        Task(tmp_path, (("a",),), "cpu", 1, fail_fast=False)()
    assert not queued
