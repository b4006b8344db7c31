"""Runs are known by their files, some levels down, without following links."""

from pathlib import Path

import pytest

from mtam.base.errors import UsageError
from mtam.sweep import planning
from mtam.sweep.folders.run_folders import DEEPEST, hint, is_run, runs_below


def run_at(folder: Path, mark: str = "manifest.json") -> Path:
    folder.mkdir(parents=True)
    (folder / mark).write_text("{}")
    return folder


def test_runs_below_a_folder(tmp_path: Path) -> None:
    runs = [
        run_at(tmp_path / "a"),
        run_at(tmp_path / "b", "finding.json"),
        run_at(tmp_path / "group" / "c", "jobs.json"),
    ]
    run_at(tmp_path / "a" / "inside")
    run_at(tmp_path / ".hidden")
    run_at(tmp_path.joinpath(*"x" * DEEPEST, "deep"))
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "ring").symlink_to(tmp_path)
    (tmp_path / "other").mkdir()
    assert list(runs_below(tmp_path)) == runs
    assert is_run(tmp_path / "a")
    assert not is_run(tmp_path)


def test_a_folder_of_runs_that_is_taken_for_a_run_says_how_to_list_them(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"it has no manifest\.json"):
        planning.read(tmp_path)
    assert hint(tmp_path) == ""
    run_at(tmp_path / "a")
    with pytest.raises(UsageError, match=f"it holds 1 run, and mtam runs {tmp_path} lists them"):
        planning.read(tmp_path)
