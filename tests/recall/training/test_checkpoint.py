"""A killed pack goes on where it was and ends with the same bits; foreign or torn states are not believed."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from mtam.base.resume import state_file
from mtam.recall.recall_spec import RecallTrial
from mtam.recall.run_recall import run
from mtam.recall.training.checkpoint import STATE
from tests.recall.helpers import trials


class Killed(Exception):
    """What the tick raises."""


@pytest.fixture(autouse=True)
def _always_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_file, "EVERY", 0.0)


def _numbers(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in r.items() if k not in ("seconds", "pack_seconds")} for r in records]


def _silent(_: float) -> None:
    """A tick that nobody hears."""


def _until(share: float, some: list[RecallTrial], folder: Path) -> list[float]:
    heard: list[float] = []

    def tick(fraction: float) -> None:
        heard.append(fraction)
        if fraction >= share:
            raise Killed

    with pytest.raises(Killed):
        run(some, device="cpu", tick=tick, checkpoint=folder)
    return heard


@pytest.mark.bits
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
@pytest.mark.parametrize("n", [64, 400])
def test_a_killed_pack_ends_with_the_same_bits(share: float, n: int, tmp_path: Path) -> None:
    some = trials(2, n=n, model={"batch": 64, "steps": 30.0})
    whole = run(some, device="cpu", tick=_silent)
    _until(share, some, tmp_path / "deep" / "pack")
    later: list[float] = []
    resumed = run(some, device="cpu", tick=later.append, checkpoint=tmp_path / "deep" / "pack")
    assert _numbers(resumed) == _numbers(whole)
    assert later[0] == min(later) >= share  # where it goes on, and nothing was done twice
    assert later[1] > later[0]


@pytest.mark.bits
@pytest.mark.parametrize("share", [0.05, 0.2, 0.6])
def test_a_pack_killed_in_a_longer_training_goes_on_in_it(share: float, tmp_path: Path) -> None:
    """Each length keeps a state of its own: what was done of the shorter ones is not done again."""
    some = trials(3, n=64, model={"steps": 2.0, "triplings": 2})
    whole = run(some, device="cpu", tick=_silent)
    assert max(record["steps"] for record in whole) > some[0].optimiser_steps()
    _until(share, some, tmp_path / "deep" / "pack")
    later: list[float] = []
    resumed = run(some, device="cpu", tick=later.append, checkpoint=tmp_path / "deep" / "pack")
    assert _numbers(resumed) == _numbers(whole)
    assert sum(fraction < share for fraction in later) <= 3  # one word on every length that was there


@pytest.mark.bits
def test_killed_twice(tmp_path: Path) -> None:
    some = trials(2, n=200)
    first = _until(0.3, some, tmp_path)
    second = _until(0.7, some, tmp_path)
    assert second[0] == first[-1]
    assert _numbers(run(some, device="cpu", tick=_silent, checkpoint=tmp_path)) == _numbers(
        run(some, device="cpu", tick=_silent)
    )


def test_states_of_other_trials_and_torn_states_are_not_believed(tmp_path: Path) -> None:
    some, others = trials(2), trials(3)[1:]
    _until(0.5, others, tmp_path)
    path = tmp_path / STATE
    foreign = path.read_bytes()
    clean = _numbers(run(some, device="cpu", tick=_silent))
    for stored in (foreign, foreign[: len(foreign) // 2], b"", b"nonsense"):
        path.write_bytes(stored)
        assert _numbers(run(some, device="cpu", tick=_silent, checkpoint=tmp_path)) == clean


def _swapped(state: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The state with another value at ``a/b``."""
    *parents, last = path.split("/")
    part: Any = state
    for name in parents:
        part = part[name]
    part[last] = value
    return state


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("step", 0), ("step", 10**9), ("step", "5"), ("step", None), ("stepper", []), ("stepper", [torch.zeros(3)] * 3),
        ("stepper", None), ("record", {}), ("record/best", torch.zeros(1, 1)), ("record/best", None),
        ("record/step", [1]), ("record/step", None), ("record/holdout", ["a", "b"]), ("record/diverged", 7),
        ("record/looked", []), ("record/holdouts", []), ("record/trains", [[0.5]]),
    ],
)  # fmt: skip
def test_a_state_of_another_shape_is_not_believed(path: str, value: Any, tmp_path: Path) -> None:
    """Under the right name and identity: the training begins again, and is no failure."""
    some = trials(2)
    _until(0.5, some, tmp_path)
    file = tmp_path / STATE
    torch.save(_swapped(torch.load(file, weights_only=True), path, value), file)
    heard: list[float] = []
    found = run(some, device="cpu", tick=heard.append, checkpoint=tmp_path)
    assert all("failure" not in record for record in found)
    assert heard[0] < 0.5, "it went on from there"


@pytest.mark.parametrize("what", ["pipe", "folder", "ring"])
def test_no_file_in_the_place_of_a_state_is_waited_for(what: str, tmp_path: Path) -> None:
    path = tmp_path / STATE
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to(path.name)
    found = run(trials(1), device="cpu", tick=_silent, checkpoint=tmp_path)
    assert "failure" not in found[0]


def test_nothing_is_saved_unless_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_file, "EVERY", 1e9)
    run(trials(1), device="cpu", tick=_silent, checkpoint=tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_kept_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the half of a state would take the room of the records."""

    def full(_state: Any, file: Any) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    run(trials(1), device="cpu", tick=_silent, checkpoint=tmp_path)
    assert not list(tmp_path.iterdir())


def test_one_whole_file_is_left_and_no_draft(tmp_path: Path) -> None:
    _until(0.5, trials(1), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [STATE]
