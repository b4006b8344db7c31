"""Code that settings name: loaded when a person names it, sealed by its content, and by nobody else."""

import os
from pathlib import Path

import pytest

from mtam.base.errors import UsageError
from mtam.base.named import named_code
from mtam.base.named.named_code import load_named, named_by_user, refuse_unnamed


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(named_code.VARIABLE, "")
    monkeypatch.chdir(tmp_path)


def test_a_name_is_loaded_and_sealed_by_the_content_of_its_file() -> None:
    file = Path("mine.py")
    file.write_text("def f():\n    return 1\n")
    first = named_by_user("mine:f")
    assert named_code.is_sealed(first)
    assert not named_code.is_plain(first)
    assert load_named(first)() == 1
    assert named_code.shown(first) == "mine:f"
    assert named_code.shown(2.0) == 2.0
    file.write_text("def f():\n    return 2\n")
    second = named_by_user("mine:f")
    assert first.partition("@")[0] == second.partition("@")[0] == "mine:f"
    assert first != second
    assert load_named(second)() == 2


def test_an_installed_module_can_be_named() -> None:
    assert load_named(named_by_user("json.decoder:JSONDecoder")).__name__ == "JSONDecoder"


def test_what_was_not_named_is_not_run() -> None:
    Path("mine.py").write_text("raise SystemExit('it ran')\n")
    seal = f"mine:f@{'0' * 20}"
    with pytest.raises(UsageError, match="mine:f is code that was not named on the command line, so it is not run"):
        load_named(seal)
    with pytest.raises(UsageError, match=r"data\.target = mine:f is code; only the command line may name it"):
        refuse_unnamed("data", {"target": seal, "noise": 0.1})
    refuse_unnamed("data", {"target": "matern"})


def test_a_file_that_changes_after_it_was_named_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.py").write_text("f = dict\n")
    sealed = named_by_user("mine:f")
    monkeypatch.setattr(named_code, "_loaded", {})  # as in a worker process
    assert load_named(sealed) is dict
    monkeypatch.setattr(named_code, "_loaded", {})
    Path("mine.py").write_text("f = list\n")
    with pytest.raises(UsageError, match="has changed since mine:f was named"):
        load_named(sealed)
    assert sealed in os.environ[named_code.VARIABLE]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def g(): pass", "has no function or class f."),
        ("f = 1", "has no function or class f."),
        ("1 / 0", "cannot be run: ZeroDivisionError: division by zero."),
        ("f(", "cannot be run: SyntaxError: "),
        ("import no_such_module", "cannot be run: ModuleNotFoundError: No module named 'no_such_module'."),
    ],
)
def test_code_that_cannot_be_loaded_is_a_sentence(text: str, sentence: str) -> None:
    Path("mine.py").write_text(text)
    with pytest.raises(UsageError) as told:
        named_by_user("mine:f")
    assert sentence in str(told.value)


def test_a_module_that_is_not_there_is_a_sentence() -> None:
    for name in ("no_such:f", "no_such.inner:f"):
        with pytest.raises(UsageError, match=r"there is no module no_such.*; valid: a file no_such.*\.py here"):
            named_by_user(name)


def test_a_file_instead_of_a_module_is_corrected() -> None:
    with pytest.raises(UsageError, match=r"mine.py:f: there is no module mine.py; say mine:f; valid: a file "):
        named_by_user("mine.py:f")


def test_what_code_gives_is_looked_at() -> None:
    assert named_code.expected("mine:f", 3, True, "a number") == 3
    sealed = f"mine:f@{'0' * 20}"
    with pytest.raises(ValueError, match=r"^mine:f gives int; valid: a function of z$"):
        named_code.expected(sealed, 3, False, "a function of z")
