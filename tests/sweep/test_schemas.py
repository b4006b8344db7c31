"""What has another shape than was written: records are set aside, manifests refused, heartbeats not heard."""

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.base.spec import SCHEMA, Trial
from mtam.config import plan_sweep
from mtam.sweep import execute, heartbeats, planning, store
from mtam.sweep.cluster import slurm, squeue
from mtam.sweep.folder_status import Survey
from mtam.sweep.planning import Plan

SWEEPS = conf_files.options("sweep")
BODY: dict[str, Any] = {"numbers": {"error": 0.5, "trace": [1.0, 2.0]}, "environment": {"packages": {"numpy": "2"}}}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    plan = plan_sweep("alpha", ["data.alpha=1,2", "sweep.sizes=[64,128]", "sweep.seeds=2"])
    plan.write(tmp_path)
    return plan


@pytest.mark.parametrize(
    "change",
    [
        {"numbers": None}, {"numbers": "a"}, {"numbers": 5}, {"numbers": []}, {"numbers": {"x": {}}},
        {"numbers": {"x": [[1.0]]}}, {"numbers": {"x": 1e101}}, {"numbers": {"x": 10**400}}, {"numbers": {}},
        {"numbers": {"error": "a"}}, {"numbers": {"error": None}}, {"numbers": {"error": -1.0}},
        {"numbers": {"error": [1.0]}}, {"numbers": {"error": True}},
        {"numbers": {"error": 1.0, "trace_steps": [1, 2], "trace_holdout": [1.0], "trace_train": [1.0, 2.0]}},
        {"numbers": {"error": 1.0, "trace_holdout": [1.0]}}, {"numbers": {"error": 1.0, "attention_map": [1.0]}},
        {"numbers": {"error": 1.0, "attention_map": [1.0] * 3, "attention_answering": [0, 1]}},
        {"environment": None}, {"environment": []}, {"environment": {"packages": None}},
        {"environment": {"packages": ["numpy"]}}, {"environment": {"packages": {"numpy": 2}}},
        {"environment": {"python": 3.11}}, {"spec": []}, {"seconds": "1"}, {"seconds": -1.0}, {"pack_seconds": None},
        {"ended": 1e300}, {"ended": "today"}, {"resumed_at": 2.0}, {"pack_members": 0}, {"device": None},
        {"failure": "also"}, {"failure": None, "numbers": ...}, {"numbers": ...},
        {"numbers": ..., "failure": "x", "traceback": 5},
    ],
    ids=str,
)  # fmt: skip
def test_a_record_of_another_shape_is_damaged_whatever_its_checksum_says(
    change: dict[str, Any], plan: Plan, tmp_path: Path
) -> None:
    (key, trial), *_ = plan.trials.items()
    store.write(tmp_path, key, BODY)
    assert store.read(tmp_path, key, trial) is not None
    body = {name: value for name, value in (BODY | change).items() if value is not ...}
    store.write(tmp_path, key, body)
    assert Survey(tmp_path).look().cells[0]["done"] == 0
    assert store.read(tmp_path, key, trial, mend=False) is None
    assert store.path_of(tmp_path, key).exists()
    with pytest.warns(UserWarning, match="is damaged"):
        assert store.read(tmp_path, key, trial) is None
    assert not store.path_of(tmp_path, key).exists()


def test_what_a_record_cannot_hold_becomes_a_failure_when_it_is_written(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be computed again for ever."""
    pack = plan.packs[0]
    trials: dict[str, Trial] = {key: plan.trials[key] for key in pack}
    monkeypatch.setattr(
        execute, "run_pack", lambda trials, **_: [{"error": 1e200}] + [{"error": 1.0}] * (len(trials) - 1)
    )
    execute.execute(tmp_path, trials, device="cpu", tick=lambda *_: None)
    records = store.read_all(tmp_path, trials)
    assert set(records) == set(pack)
    assert records[pack[0]]["failure"].startswith("an answer that no record can hold: error: ")
    assert sum(map(store.failed, records.values())) == 1


def beaten(out: Path, pack: str, **change: Any) -> Path:
    path = out / heartbeats.FOLDER / f"{pack}.json"
    path.parent.mkdir(exist_ok=True)
    now = time.time()
    told = {
        "fraction": 0.5,
        "resumed": 0.0,
        "started": now - 5,
        "time": now,
        "host": "elsewhere",
        "pid": 1,
        "parent": 1,
    }
    path.write_text(json.dumps(told | change))
    return path


@pytest.mark.parametrize(
    "change",
    [
        {"fraction": "half"}, {"fraction": None}, {"fraction": 7.0}, {"fraction": float("nan")}, {"time": None},
        {"time": 253402300799.0}, {"time": 1e308}, {"started": "now"}, {"started": -1e9}, {"resumed": 5},
        {"host": 5}, {"host": platform.node(), "pid": 10**30}, {"host": platform.node(), "pid": "1"},
        {"host": platform.node(), "pid": -1}, {"pid": [1]},
    ],
    ids=str,
)  # fmt: skip
def test_a_heartbeat_of_another_shape_or_of_the_year_9999_is_not_heard(
    change: dict[str, Any], plan: Plan, tmp_path: Path
) -> None:
    pack = plan.packs[0][0]
    beaten(tmp_path, pack)
    assert Survey(tmp_path).look().running_packs == 1
    beaten(tmp_path, pack, **change)
    found = Survey(tmp_path).look()
    assert (found.running_packs, found.elapsed) == (0, None)
    assert heartbeats.begun_by_workers(tmp_path, 0.0) == {}


def test_a_heartbeat_of_a_pack_that_is_none_of_this_run_is_not_heard(plan: Plan, tmp_path: Path) -> None:
    del plan
    beaten(tmp_path, "stranger")
    assert Survey(tmp_path).look().running_packs == 0


def edit(**change: Any) -> Callable[[dict[str, Any]], None]:
    return lambda tree: tree.update(change)


def in_cell(**change: Any) -> Callable[[dict[str, Any]], None]:
    return lambda tree: tree["cells"][0].update(change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (edit(kind="check"), "kind: Input should be 'sweep' or 'fit'"),
        (edit(kind="fit"), "8 trials of recall are no fit"),
        (edit(name=None), "name: Input should be a valid string"),
        (edit(name="../x"), "name: String should match pattern"),
        (edit(problem="chess"), "problem = 'chess' is unknown"),
        (edit(problem=None), "problem: Input should be a valid string"),
        (edit(problem="interaction_data"), "manifest.json"),
        (edit(digest=5), "digest: Input should be a valid string"),
        (edit(schema=SCHEMA + 1), "another record schema"),
        (edit(config=[]), "config: Input should be a valid dictionary"),
        (edit(config={"sweep": {"axes": {"data.alpha": 1}}}), "axes.data.alpha"),
        (edit(config={"model": {"name": "a/\x00"}}), "model.name"),
        (edit(config={"logger": None}), "logger"),
        (edit(cells=[]), "cells: List should have at least 1 item"),
        (edit(cells={}), "cells: Input should be a valid list"),
        (edit(trials=[]), "trials: Input should be a valid dictionary"),
        (edit(packs=[[]]), "packs.0"),
        (edit(packs=[["a"]]), "its packs are not its trials"),
        (in_cell(axis=None), "cells.0.axis"),
        (in_cell(axis={"n": 3}), "different axes"),
        (in_cell(axis={"data.alpha": [1]}), "data.alpha is not"),
        (in_cell(axis={"data.alpha": 3.0}), "data.alpha is not 3.0 in the trials of that cell"),
        (in_cell(keys=["a"]), "it has no trial a"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_manifest_of_another_shape_is_refused_in_a_sentence(
    change: Callable[[dict[str, Any]], None], words: str, plan: Plan, tmp_path: Path
) -> None:
    path = tmp_path / planning.MANIFEST
    tree = plan.to_json()
    change(tree)
    path.write_text(json.dumps(tree))
    with pytest.raises(UsageError) as told:
        planning.read(tmp_path)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"[" * 10**5, b"\x80", b'{"a": NaN}', b'{"kind": "sweep"}'])
def test_what_is_no_manifest_at_all_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / planning.MANIFEST).write_bytes(content)
    with pytest.raises(UsageError, match=r"manifest.json is not a manifest of mtam: "):
        planning.read(tmp_path)


@pytest.mark.parametrize(
    "name",
    [each if each in ("attention", "d") else pytest.param(each, marks=pytest.mark.slow) for each in SWEEPS],
)
def test_every_sweep_of_the_configuration_reads_its_manifest_back(name: str, tmp_path: Path) -> None:
    plan = plan_sweep(name, ["sweep.seeds=1"])
    plan.write(tmp_path)
    assert planning.read(tmp_path) == plan


@pytest.mark.parametrize("body", ["[]", '{"job": 5, "tasks": []}', '{"job": "x", "tasks": []}', '{"job": "5"}', "{"])
def test_a_damaged_note_of_a_submission_counts_for_nothing(body: str, tmp_path: Path) -> None:
    folder = tmp_path / squeue.FOLDER
    folder.mkdir()
    (folder / "7.json").write_text(json.dumps({"job": "7", "time": 1.0, "tasks": [[["a", "b"]]]}))
    (folder / "8.json").write_text(body)
    assert list(slurm.submissions(tmp_path)) == [("7", [(("a", "b"),)])]
