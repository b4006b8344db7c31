"""One pack: numbers become records, exceptions become failed records, interrupts leave nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mtam.base.spec import Trial
from mtam.recall.recall_spec import RecallTrial
from mtam.sweep import execute, store

TRIALS: dict[str, Trial] = {"a": RecallTrial(seed=0), "b": RecallTrial(seed=1)}


def nothing(_fraction: float, _resumed: float) -> None:
    pass


def run_with(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(execute, "run_pack", answer)


def test_numbers_become_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_with(monkeypatch, lambda trials, **_: [{"error": float(trial.seed)} for trial in trials])
    execute.execute(tmp_path, TRIALS, device="cpu", tick=nothing)
    records = store.read_all(tmp_path, TRIALS)
    assert [records[key]["numbers"]["error"] for key in "ab"] == [0.0, 1.0]
    assert records["a"]["spec"] == TRIALS["a"].model_dump(mode="json")
    assert {"python", "packages", "revision"} <= set(records["a"]["environment"])


def test_an_exception_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(trials: Sequence[Any], **_: Any) -> list[dict[str, Any]]:
        raise ZeroDivisionError(f"{len(trials)} trials")

    run_with(monkeypatch, broken)
    execute.execute(tmp_path, TRIALS, device="cpu", tick=nothing)
    for record in store.read_all(tmp_path, TRIALS).values():
        assert store.failed(record)
        assert record["failure"] == "ZeroDivisionError: 2 trials"
        assert "Traceback" in record["traceback"]


def test_one_failed_member_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_with(monkeypatch, lambda _trials, **_: [{"failure": "diverged at step 3"}, {"error": 0.5}])
    execute.execute(tmp_path, TRIALS, device="cpu", tick=nothing)
    records = store.read_all(tmp_path, TRIALS)
    assert store.failed(records["a"])
    assert not store.failed(records["b"])


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), [1.0, float("nan")]])
def test_a_number_that_is_none_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: Any) -> None:
    run_with(monkeypatch, lambda _trials, **_: [{"error": bad}, {"error": 0.5}])
    execute.execute(tmp_path, TRIALS, device="cpu", tick=nothing)
    assert store.read_all(tmp_path, TRIALS)["a"]["failure"] == "not finite: error"


def test_an_interrupt_leaves_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_fraction: float, _resumed: float) -> None:
        raise KeyboardInterrupt

    def ticking(trials: Sequence[Any], *, tick: Any, **_: Any) -> list[dict[str, Any]]:
        tick(0.5)
        return [{"error": 1.0}] * len(trials)

    run_with(monkeypatch, ticking)
    with pytest.raises(KeyboardInterrupt):
        execute.execute(tmp_path, TRIALS, device="cpu", tick=stop)
    assert store.read_all(tmp_path, TRIALS) == {}


@pytest.mark.parametrize("kept", [False, True])
def test_a_pack_that_goes_on_tells_from_where(kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its seconds are those since then, and who reckons with them has to know."""

    def ticking(trials: Sequence[Any], *, tick: Any, **_: Any) -> list[dict[str, Any]]:
        tick(0.75)
        tick(1.0)
        return [{"error": 1.0}] * len(trials)

    heard: list[tuple[float, float]] = []
    if kept:
        (tmp_path / execute.CHECKPOINTS / "a").mkdir(parents=True)
    run_with(monkeypatch, ticking)
    execute.execute(tmp_path, TRIALS, device="cpu", tick=lambda *told: heard.append(told))
    assert heard == [(0.75, 0.75 * kept), (1.0, 0.75 * kept)]
    told = [record.get("resumed_at") for record in store.read_all(tmp_path, TRIALS).values()]
    assert told == [0.75 if kept else None] * 2
