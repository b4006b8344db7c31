"""A state is there as a whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from mtam.base.resume import state_file
from mtam.base.resume.state_file import StateFile


def text(value: bytes) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        file.write(value)

    return write


def test_the_last_state_replaces_the_one_before(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "deep" / "pack", "state")
    assert file.present() is None
    for value in (b"one", b"two"):
        file.save(text(value))
    path = file.present()
    assert path is not None
    assert path.read_bytes() == b"two"
    assert [one.name for one in path.parent.iterdir()] == ["state"]


def test_a_write_that_fails_leaves_the_state_before(tmp_path: Path) -> None:
    file = StateFile(tmp_path, "state")
    file.save(text(b"one"))

    def torn(out: BinaryIO) -> None:
        out.write(b"half")
        raise OSError("no space left")

    file.save(torn)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("state", b"one")]


def test_without_a_folder_nothing_is_kept() -> None:
    file = StateFile(None, "state")
    file.save(text(b"one"))
    assert not file.due()
    assert file.present() is None


def test_a_pipe_is_no_state(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "state")
    assert StateFile(tmp_path, "state").present() is None


@pytest.mark.parametrize(("seconds", "due"), [("0", True), ("1e9", False), ("ten", False)])
def test_when_a_state_is_due(seconds: str, due: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(state_file.VARIABLE, seconds)
    assert StateFile(tmp_path, "state").due() == due
