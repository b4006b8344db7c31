"""Event files: written for every trial with a trace, readable, the record's numbers; one sentence without the extra."""

from pathlib import Path

import pytest

from mtam.config import plan_sweep
from mtam.report import tensorboard
from mtam.sweep import planning, settings, store
from tests.conftest import TINY, Mtam

RUN = ("sweep", "alpha", *TINY, "logger=tensorboard", "--launcher", "inline", "--out", "run")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_event_files_hold_the_traces_of_the_records(mtam: Mtam, here: Path) -> None:
    pytest.importorskip("tensorboard", reason="LOGGER NOT TESTED: pip install 'mtam[tensorboard]'")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert mtam(*RUN).code == 0
    plan = planning.read(here / "run")
    folders = sorted(path.name for path in (here / "run" / "tensorboard").iterdir())
    assert len(folders) == len(plan.trials)
    assert folders[0] == "alpha = 1.0, n = 16, seed 0"
    key = next(key for key, trial in plan.trials.items() if (trial.n, trial.seed) == (16, 0))
    numbers = store.read_all(here / "run", [key])[key]["numbers"]
    found = EventAccumulator(str(here / "run" / "tensorboard" / folders[0])).Reload()
    events = found.Scalars("loss/holdout")
    assert [event.step for event in events] == numbers["trace_steps"]
    assert [event.value for event in events] == pytest.approx(numbers["trace_holdout"])
    assert [event.step for event in found.Scalars("loss/train")] == numbers["trace_steps"]
    assert mtam(*RUN).code == 0  # written anew, not beside
    assert all(len(list(folder.iterdir())) == 1 for folder in (here / "run" / "tensorboard").iterdir())


def test_tasks_of_an_array_leave_the_writing_to_the_last(mtam: Mtam, here: Path) -> None:
    pytest.importorskip("tensorboard", reason="LOGGER NOT TESTED: pip install 'mtam[tensorboard]'")
    for task in "01":
        assert not (here / "run" / "tensorboard").exists()
        assert mtam(*RUN, "--task-id", task, "--num-tasks", "2").code == 0
    assert len(list((here / "run" / "tensorboard").iterdir())) == 8
    assert not list((here / "run").glob(".*.tmp"))


def test_who_draws_second_finds_the_same_there(here: Path) -> None:
    """Two tasks may end together; whatever one meets of the other's, a whole folder stays and no draft."""
    for name in ("draft", "tensorboard"):
        (here / name / "a run").mkdir(parents=True)
    assert tensorboard._in_place(here / "draft", here / "tensorboard") == here / "tensorboard"
    assert tensorboard._in_place(here / "draft", here / "tensorboard") is None
    assert list(here.iterdir()) == []


def test_the_logger_is_no_part_of_a_trial() -> None:
    pytest.importorskip("tensorboard", reason="LOGGER NOT TESTED: pip install 'mtam[tensorboard]'")
    digests = {plan_sweep("alpha", [*TINY, *more]).digest for more in ([], ["logger=none"], ["logger=tensorboard"])}
    assert len(digests) == 1


def test_without_the_extra_one_sentence_and_nothing_written(
    mtam: Mtam, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "find_spec", lambda _: None)
    said = mtam(*RUN)
    assert said.code == 2
    assert "mtam[tensorboard]" in said.err
    assert said.err.count("\n") == 1
    assert list(here.iterdir()) == []
