"""What goes wrong for a person is one sentence that a terminal can show."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtam.base.errors import LONGEST, RunError, UsageError, legible, opening, writing


@given(st.text())
def test_whatever_was_typed_is_one_printable_line(text: str) -> None:
    line = legible(f"no sweep {text} here")
    assert line.isprintable()
    assert line.startswith("no sweep ")
    assert line.encode()


def test_what_is_plain_stays_as_it_is() -> None:
    sentence = "α = 0.5 is no size; valid: 1, 2, 4."
    assert legible(sentence) == sentence


def test_what_is_endless_is_cut_in_its_middle() -> None:
    cut = legible("a" * 500 + "b" * 500)
    assert cut == "a" * 150 + "..." + "b" * 150
    words = legible(" ".join(["word"] * 5000))
    assert len(words) == LONGEST + 3
    assert "..." in words


def test_a_folder_is_made_with_its_parents_and_may_be_there(tmp_path: Path) -> None:
    for _ in range(2):
        with opening(tmp_path / "a" / "b"):
            assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_that_cannot_be_made_is_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    def refused() -> None:
        with opening(tmp_path / "file" / "out"):
            raise AssertionError("never reached")

    with pytest.raises(UsageError, match=r"--out .*out cannot be written: Not a directory\.$"):
        refused()


def test_what_the_file_system_says_while_writing_is_no_fault_of_the_user(tmp_path: Path) -> None:
    def full() -> None:
        with writing(tmp_path):
            raise OSError(28, "No space left on device")

    def gone() -> None:
        with writing(tmp_path / "out"):
            raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(RunError, match="cannot be written: No space left on device; what is done is kept"):
        full()
    with pytest.raises(RunError, match="has vanished while it was written"):
        gone()


def test_other_errors_pass_through(tmp_path: Path) -> None:
    def broken() -> None:
        with writing(tmp_path), opening(tmp_path / "out"):
            shutil.rmtree(tmp_path / "out")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
