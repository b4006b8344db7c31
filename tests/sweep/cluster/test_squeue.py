"""SLURM's own commands, without a SLURM: what their answers mean, and that silence is no answer."""

from pathlib import Path

import pytest

from mtam.sweep.cluster import squeue

Answer = tuple[int, str, str] | None


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of commands that come before all others; every call leaves its words in the file ``told``."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for name in ("squeue", "scontrol", "scancel"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/told\n')
        (tmp_path / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("answer", "tasks"),
    [
        ((0, "12_3 RUNNING\n12_4 PENDING\n", ""), {"12_3": "RUNNING", "12_4": "PENDING"}),
        ((0, "", ""), {}),
        ((1, "", "slurm_load_jobs error: Invalid job id specified"), {}),
        ((1, "", "slurm_load_jobs error: Unable to contact slurm controller"), None),
        (None, None),
    ],
)
def test_what_squeue_says(
    answer: tuple[int, str, str] | None, tasks: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(squeue, "ask", lambda *_: answer)
    assert squeue.active(["12"]) == tasks


def test_a_command_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "squeue"
    script.write_text("#!/bin/sh\nexec sleep 60\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(squeue, "PATIENCE", 0.2)
    assert squeue.active(["12"]) is None


def test_no_jobs_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: str) -> Answer:
        raise AssertionError

    monkeypatch.setattr(squeue, "ask", never)
    assert squeue.active([]) == {}


def test_every_task_of_the_jobs_is_asked_for_once(command: Path) -> None:
    squeue.active(["13", "12", "13"])
    assert (command / "told").read_text() == "squeue --noheader --array --jobs 12,13 --format %i %T\n"


def test_jobs_are_cancelled_and_put_back_by_number(command: Path) -> None:
    squeue.cancel(["12", "13"])
    assert squeue.requeue("12")
    assert (command / "told").read_text() == "scancel 12 13\nscontrol requeue 12\n"
    (command / "scontrol").write_text("#!/bin/sh\nexit 1\n")
    assert not squeue.requeue("12")


@pytest.mark.parametrize(
    ("answer", "most"),
    [
        ((0, "MaxArrayCount = 3\nMaxArraySize            = 4001\nMaxJobCount = 7\n", ""), 4001),
        ((0, "SlurmctldHost = a\n", ""), squeue.DEFAULT_ARRAY),
        ((1, "", "Unable to contact slurm controller"), None),
        (None, None),
    ],
)
def test_the_size_of_arrays(answer: Answer, most: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(squeue, "ask", lambda *_: answer)
    assert squeue.max_array_size() == most


def test_a_command_that_is_not_there_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert squeue.ask("squeue") is None
    assert squeue.max_array_size() is None
    assert not squeue.requeue("12")
