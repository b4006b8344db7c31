"""Heartbeats: a courtesy that can neither fail a pack nor be left behind."""

import io
import json
import os
import time
from pathlib import Path

import pytest
from rich.console import Console

from mtam.sweep import progress


def test_a_heartbeat_tells_the_fraction(tmp_path: Path) -> None:
    progress.heartbeat(tmp_path, "pack")(0.25, 0.125)
    (beat,) = progress.beats(tmp_path, living=True)
    assert (beat.pack, beat.fraction, beat.resumed) == ("pack", 0.25, 0.125)
    progress.silence_all(tmp_path, ["pack"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("obstacle", ["file", "no folder"])
def test_a_heartbeat_cannot_fail_a_pack(obstacle: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    if obstacle == "file":
        out.mkdir()
        (out / "running").write_text("in the way")
    progress.heartbeat(out, "pack")(0.5, 0.0)


def test_what_comes_before_a_heartbeat_may_stop_the_pack(tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        progress.heartbeat(tmp_path, "pack", before=stop)(0.5, 0.0)


def test_one_run_does_not_silence_another(tmp_path: Path) -> None:
    for pack in ("mine", "theirs"):
        progress.heartbeat(tmp_path, pack)(0.5, 0.0)
    progress.silence_all(tmp_path, ["mine"])
    assert [beat.pack for beat in progress.beats(tmp_path)] == ["theirs"]


def test_old_and_torn_heartbeats_do_not_count(tmp_path: Path) -> None:
    folder = tmp_path / progress.FOLDER
    folder.mkdir()
    (folder / "old.json").write_text(json.dumps({"fraction": 0.5, "pid": os.getpid(), "time": 0.0}))
    (folder / "torn.json").write_text('{"fraction"')
    assert list(progress.beats(tmp_path)) == []


def test_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("mtam.sweep.progress.time.monotonic", lambda: float(next(clock)))
    told = io.StringIO()
    with progress.display(Console(file=told, width=100), "alpha", quiet=False) as show:
        show(0.5, "3/6 trials", 0.0)
    assert told.getvalue().startswith("alpha: 50%, 3/6 trials")
    assert "left" in told.getvalue()


def test_quiet_says_nothing() -> None:
    told = io.StringIO()
    with progress.display(Console(file=told), "alpha", quiet=True) as show:
        show(0.5, "3/6 trials", 0.0)
    assert told.getvalue() == ""


@pytest.mark.parametrize(
    ("fraction", "before", "left"),
    [(0.5, 0.0, "(about 10 s left)"), (0.9, 0.8, "(about 10 s left)"), (0.8, 0.8, ""), (1.0, 1.0, ""), (0.01, 0.0, "")],
)
def test_the_time_left_is_by_the_pace_of_this_run(
    fraction: float, before: float, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds have made a half of all, or a tenth on top of what an earlier run had made."""
    monkeypatch.setattr("mtam.sweep.progress.time.monotonic", lambda: 10.0)
    assert progress._left(0.0, fraction, before) == left


def test_whose_workers_are_at_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dead count, too; not an earlier run's, whose processes may have had the same numbers."""
    since = time.time()
    monkeypatch.setattr(os, "getppid", os.getpid)
    for pack in ("now", "before", "elsewhere", "others"):
        progress.heartbeat(tmp_path, pack)(0.5, 0.0)
    for pack, change in (("before", {"started": since - 1}), ("elsewhere", {"host": "x"}), ("others", {"parent": 1})):
        path = tmp_path / progress.FOLDER / f"{pack}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert progress.begun_by_workers(tmp_path, since) == {"now": os.getpid()}
