"""Which packs are computed, by whom, and when a run stops."""

from pathlib import Path
from typing import Any

import pytest

from mtam.config import plan_sweep
from mtam.sweep import execute, launch, store
from mtam.sweep.launch import missing, share
from mtam.sweep.planning import Plan
from mtam.sweep.progress_account import Launcher


@pytest.fixture
def plan() -> Plan:
    return plan_sweep("alpha", ["data.alpha=1,2", "sweep.sizes=[64,128,256]", "sweep.seeds=2"])


def put(out: Path, key: str, **body: Any) -> None:
    store.write(out, key, body or {"numbers": {"error": 1.0}})


def test_a_pack_is_missing_until_all_its_records_are_there(plan: Plan, tmp_path: Path) -> None:
    assert missing(plan, tmp_path) == list(plan.packs)
    first, *others = plan.packs
    for key in first[1:]:
        put(tmp_path, key)
    assert missing(plan, tmp_path) == list(plan.packs)
    put(tmp_path, first[0])
    assert missing(plan, tmp_path) == others
    assert missing(plan, tmp_path, force=True) == list(plan.packs)


def test_failed_trials_are_computed_again_only_when_asked(plan: Plan, tmp_path: Path) -> None:
    for key in plan.trials:
        put(tmp_path, key)
    bad = plan.packs[1][2]
    put(tmp_path, bad, failure="diverged")
    assert missing(plan, tmp_path) == []
    assert missing(plan, tmp_path, retry_failed=True) == [(bad,)]


@pytest.mark.parametrize("tasks", [1, 2, 3, 8])
def test_tasks_share_all_packs_once(plan: Plan, tasks: int) -> None:
    shares = [share(plan, plan.packs, task, tasks) for task in range(tasks)]
    assert sorted(pack for part in shares for pack in part) == sorted(plan.packs)


def test_a_share_does_not_depend_on_what_is_done(plan: Plan) -> None:
    left = plan.packs[1:]
    assert set(share(plan, left, 0, 2)) <= set(share(plan, plan.packs, 0, 2))


def test_fail_fast_stops_after_the_first_failure(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []

    def broken(trials: list[Any], **_: Any) -> list[dict[str, Any]]:
        ran.append(len(trials))
        return [{"failure": "diverged"}] * len(trials)

    monkeypatch.setattr(execute, "run_pack", broken)
    for fail_fast, packs in ((True, 1), (False, 3)):
        ran.clear()
        launcher = Launcher("inline", 1, "cpu", fail_fast)
        launch.run(plan, tmp_path, plan.packs, launcher, lambda _fraction, _text, _before: None)
        assert len(ran) == packs
