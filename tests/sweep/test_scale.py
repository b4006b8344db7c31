"""Two thousand trials that take no time: every stage touches every trial once. (scripts/bench_engine.py measures.)"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mtam.base.spec import Trial
from mtam.config import plan_sweep
from mtam.sweep import execute, launch, planning, schemas, store
from mtam.sweep.folder_status import Survey
from mtam.sweep.progress_account import Launcher


@pytest.mark.slow
def test_two_thousand_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[int] = []
    synced: list[int] = []
    reads: list[str] = []
    shown: list[float] = []

    def answer(trials: Sequence[Trial], **_: Any) -> list[dict[str, Any]]:
        answered.append(len(trials))
        return [{"error": 1.0 / trial.n} for trial in trials]

    fsync, glance = os.fsync, store.glance

    def counted_fsync(handle: int) -> None:
        synced.append(handle)
        fsync(handle)

    def counted_glance(out: Path, key: str, trial: Trial | None = None) -> schemas.Glance | None:
        reads.append(key)
        return glance(out, key, trial)

    monkeypatch.setattr(execute, "run_pack", answer)
    monkeypatch.setattr(os, "fsync", counted_fsync)
    plan = plan_sweep("alpha", ["data.alpha=range(1,11)", "sweep.sizes=[16,32,64,128]", "sweep.seeds=50"])
    plan.write(tmp_path)
    assert len(plan.trials) == 2000
    packs = launch.missing(plan, tmp_path)
    assert [sum(map(len, packs)), max(map(len, packs))] == [2000, planning.MOST_MEMBERS]
    synced.clear()
    launch.run(
        plan, tmp_path, packs, Launcher("inline", 1, "cpu"), lambda fraction, _text, _before: shown.append(fraction)
    )
    assert sum(answered) == 2000
    assert len(answered) == len(packs)
    assert len(synced) == 2000 + len(packs), "each record once, and their folder once a pack"
    assert len(shown) == 2 * len(packs)
    assert shown == sorted(shown)
    assert shown[-1] == 1.0
    assert len(list((tmp_path / store.FOLDER).iterdir())) == 2000
    survey = Survey(tmp_path)
    monkeypatch.setattr(store, "glance", counted_glance)
    assert survey.look().over
    assert survey.look().over
    assert sorted(reads) == sorted(plan.trials), "a second look reads nothing again"
    assert launch.missing(plan, tmp_path) == []
