"""What a word may have meant that is no command, or no name of the group it was given for; and how wide a line is."""

import difflib
import os
import shutil
import sys
from collections.abc import Iterable

from mtam.base import conf_files
from mtam.guide import pages

RUNS = {"sweep": "mtam sweep {0} runs it, mtam config sweep {0} prints its settings",
        "check": "mtam check {0} computes it, mtam config check {0} prints its settings"}  # fmt: skip
WORDS = {"sweep": "a sweep", "check": "a check", "data": "a kind of data", "model": "a model", "launcher": "a launcher",
         "logger": "a logger", "reproduce": "a scale"}  # fmt: skip


def kinds(word: str) -> list[str]:
    """The groups that have an option of this name."""
    return [group for group in WORDS if word in conf_files.options(group)]


def where(word: str) -> str:
    """A clause on the option or the page of the guide that has this name, and the command that takes it; else "".

    >>> where("oracle_a")
    'oracle_a is a model: set model=oracle_a after mtam sweep NAME'
    """
    clauses = []
    for group in kinds(word):
        if group in RUNS:
            clauses.append(f"{word} is {WORDS[group]}: {RUNS[group].format(word)}")
        elif group == "reproduce":
            clauses.append(f"{word} is a scale: mtam reproduce --scale {word}")
        else:
            clauses.append(f"{word} is {WORDS[group]}: set {group}={word} after mtam sweep NAME")
    if word in pages.PAGES:
        clauses.append(f"mtam guide {word} shows that page of the guide")
    return "; ".join(clauses)


def close(word: str, valid: Iterable[str]) -> str:
    """``did you mean NAME?``, or ""."""
    near = difflib.get_close_matches(word, list(valid), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""


def columns() -> int | None:
    """The columns of the terminal, or of COLUMNS; None in a pipe where that says nothing."""
    known = os.environ.get("COLUMNS", "").isdigit() or sys.stdout.isatty()
    return shutil.get_terminal_size().columns if known else None
