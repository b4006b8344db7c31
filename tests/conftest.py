"""Shared fixtures: the command line in this process, and a working folder of its own for every test."""

import os
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from mtam.base.threads import one_thread

# Machines differ in speed, so examples have no deadline; the same examples every time, so that CI does not flicker.
settings.register_profile("mtam", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("mtam")

for size in ("COLUMNS", "LINES"):  # of the terminal of whoever runs the tests
    os.environ.pop(size, None)

one_thread()  # as the program does: the numerical libraries load after this

REPO = Path(__file__).resolve().parents[1]

# A sweep of seconds: two cells, two sizes, two seeds, a handful of optimiser steps.
TINY = (
    "data.alpha=1,2",
    "sweep.sizes=[16,32]",
    "sweep.seeds=2",
    "model.steps=4",
    "model.width=16",
    "data.modes=6",
    "data.test=64",
)


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def prose(self) -> str:
        """Standard output with its lines joined: where a sentence wraps depends on the width."""
        return " ".join(self.out.split())


Mtam = Callable[..., Said]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def mtam(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Mtam:
    """Run ``mtam ARGS`` in this process, in an empty working folder."""
    from mtam.cli import main
    from mtam.sweep.signals import STOPPING

    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # the program sets its own

    def run(*args: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["mtam", *args])
        capsys.readouterr()
        handlers = {number: signal.getsignal(number) for number in STOPPING}
        try:
            with pytest.raises(SystemExit) as stop:
                main()
        finally:  # the program takes these signals for itself
            for number, handler in handlers.items():
                signal.signal(number, handler)
        said = capsys.readouterr()
        return Said(int(stop.value.code or 0), said.out, said.err)

    del here
    return run
