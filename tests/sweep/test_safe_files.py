"""Reading whatever lies there: files of some size are read, anything else refused, nothing is waited for."""

import os
from pathlib import Path

import pytest

from mtam.sweep import safe_files
from mtam.sweep.safe_files import Damaged


def laid(kind: str, path: Path) -> Path:
    """Something that is no file in the place of one."""
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "ring":
        path.symlink_to(path.name)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        with path.open("wb") as file:  # without a byte on disk
            file.truncate(2 * safe_files.MOST)
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [("folder", "no.* file|not a file"), ("pipe", "not a file"), ("ring", "not a file"), ("device", "not a file"),
     ("giant", "bytes; valid: at most")],
)  # fmt: skip
def test_what_is_no_file_is_refused_at_once(kind: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Damaged, match=words):
        safe_files.read_bytes(laid(kind, tmp_path / "x"))


def test_what_is_not_there_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("nothing", "dangling"):
        with pytest.raises(FileNotFoundError):
            safe_files.read_bytes(tmp_path / name)


def test_a_file_and_a_link_to_it_are_read_whole(tmp_path: Path) -> None:
    content = os.urandom(3 << 20)
    (tmp_path / "x").write_bytes(content)
    (tmp_path / "y").symlink_to("x")
    assert safe_files.read_bytes(tmp_path / "x") == safe_files.read_bytes(tmp_path / "y") == content


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\x80\xff", b"[NaN]", b"[Infinity]", b"[" * 100_000, b'{"a": 1} and more', b'"\\ud800"',
     '{"a": 1}'.encode("utf-16"), b"[1" + b"0" * 9999 + b"]"],
)  # fmt: skip
def test_what_is_not_json_is_damaged(content: bytes) -> None:
    with pytest.raises(Damaged):
        safe_files.parse(content)


def test_numbers_are_read_to_the_bit() -> None:
    words = ["0.1", "1e-320", "5e-324", "1.7976931348623157e+308", "0.30000000000000004", "9007199254740993"]
    assert [repr(number) for number in safe_files.parse(f"[{', '.join(words)}]".encode())] == words
