"""Heartbeats: a courtesy that can neither fail a pack nor be left behind."""

import json
import os
import time
from pathlib import Path

import pytest

from mtam.sweep import heartbeats


def test_a_heartbeat_tells_the_fraction(tmp_path: Path) -> None:
    heartbeats.heartbeat(tmp_path, "pack")(0.25, 0.125)
    (beat,) = heartbeats.beats(tmp_path, living=True)
    assert (beat.pack, beat.fraction, beat.resumed) == ("pack", 0.25, 0.125)
    heartbeats.silence_all(tmp_path, ["pack"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("obstacle", ["file", "no folder"])
def test_a_heartbeat_cannot_fail_a_pack(obstacle: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    if obstacle == "file":
        out.mkdir()
        (out / "running").write_text("in the way")
    heartbeats.heartbeat(out, "pack")(0.5, 0.0)


def test_what_comes_before_a_heartbeat_may_stop_the_pack(tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        heartbeats.heartbeat(tmp_path, "pack", before=stop)(0.5, 0.0)


def test_one_run_does_not_silence_another(tmp_path: Path) -> None:
    for pack in ("mine", "theirs"):
        heartbeats.heartbeat(tmp_path, pack)(0.5, 0.0)
    heartbeats.silence_all(tmp_path, ["mine"])
    assert [beat.pack for beat in heartbeats.beats(tmp_path)] == ["theirs"]


def test_old_and_torn_heartbeats_do_not_count(tmp_path: Path) -> None:
    folder = tmp_path / heartbeats.FOLDER
    folder.mkdir()
    (folder / "old.json").write_text(json.dumps({"fraction": 0.5, "pid": os.getpid(), "time": 0.0}))
    (folder / "torn.json").write_text('{"fraction"')
    assert list(heartbeats.beats(tmp_path)) == []


def test_whose_workers_are_at_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dead count, too; not an earlier run's, whose processes may have had the same numbers."""
    since = time.time()
    monkeypatch.setattr(os, "getppid", os.getpid)
    for pack in ("now", "before", "elsewhere", "others"):
        heartbeats.heartbeat(tmp_path, pack)(0.5, 0.0)
    for pack, change in (("before", {"started": since - 1}), ("elsewhere", {"host": "x"}), ("others", {"parent": 1})):
        path = tmp_path / heartbeats.FOLDER / f"{pack}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert heartbeats.begun_by_workers(tmp_path, since) == {"now": os.getpid()}
