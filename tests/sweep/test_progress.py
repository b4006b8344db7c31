"""Heartbeats: a courtesy that can neither fail a pack nor be left behind."""

import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from mtam.sweep import progress


def test_a_heartbeat_tells_the_fraction(tmp_path: Path) -> None:
    progress.heartbeat(tmp_path, "pack")(0.25)
    assert progress.fractions(tmp_path) == {"pack": 0.25}
    progress.silence_all(tmp_path, ["pack"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("obstacle", ["file", "no folder"])
def test_a_heartbeat_cannot_fail_a_pack(obstacle: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    if obstacle == "file":
        out.mkdir()
        (out / "running").write_text("in the way")
    progress.heartbeat(out, "pack")(0.5)


def test_what_comes_before_a_heartbeat_may_stop_the_pack(tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        progress.heartbeat(tmp_path, "pack", before=stop)(0.5)


def test_one_run_does_not_silence_another(tmp_path: Path) -> None:
    for pack in ("mine", "theirs"):
        progress.heartbeat(tmp_path, pack)(0.5)
    progress.silence_all(tmp_path, ["mine"])
    assert progress.fractions(tmp_path) == {"theirs": 0.5}


def test_old_and_torn_heartbeats_do_not_count(tmp_path: Path) -> None:
    folder = tmp_path / progress.FOLDER
    folder.mkdir()
    (folder / "old.json").write_text(json.dumps({"fraction": 0.5, "pid": os.getpid(), "time": 0.0}))
    (folder / "torn.json").write_text('{"fraction"')
    assert progress.fractions(tmp_path) == {}


def test_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("mtam.sweep.progress.time.monotonic", lambda: float(next(clock)))
    told = io.StringIO()
    with progress.display(Console(file=told, width=100), "alpha", quiet=False) as show:
        show(0.5, "3/6 trials")
    assert told.getvalue().startswith("alpha: 50%, 3/6 trials")
    assert "left" in told.getvalue()


def test_quiet_says_nothing() -> None:
    told = io.StringIO()
    with progress.display(Console(file=told), "alpha", quiet=True) as show:
        show(0.5, "3/6 trials")
    assert told.getvalue() == ""
