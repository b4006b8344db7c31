"""Compilation is told once, counted once however deep it nests, and no part of a trial's seconds."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mtam.base import compile_time
from tests.conftest import REPO

COMPILED = """
import numba, time
from mtam.base import compile_time
from mtam.base.jit import kernel

@kernel
def inner(x):
    return 2.0 * x

@kernel
def outer(x):
    return inner(x) + 1.0

said = []
watch, began = compile_time.Stopwatch(), time.perf_counter()
with compile_time.heard(lambda: said.append(1)):
    outer(1.0)
    inner(1)
whole = time.perf_counter() - began
print(len(said), compile_time.spent() > 0, watch.wall < whole - 0.9 * compile_time.spent(), watch.cpu >= 0)
"""


def test_only_the_outermost_compilation_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_time, "_account", compile_time._Account())
    watch = compile_time.Stopwatch()
    compile_time.begin()
    compile_time.begin()
    time.sleep(0.05)
    compile_time.end()
    inside = compile_time.spent()
    compile_time.end()
    assert inside == 0.0
    assert compile_time.spent() >= 0.05
    assert watch.wall < 0.04


def test_who_listens_hears_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_time, "_account", compile_time._Account())
    said: list[int] = []
    with compile_time.heard(lambda: said.append(1)):
        for _ in range(3):
            compile_time.begin()
            compile_time.end()
    compile_time.begin()
    compile_time.end()
    assert said == [1]


def test_numba_tells_of_compilations_and_not_of_what_the_disk_has(tmp_path: Path) -> None:
    """Beside the script, so that the second process finds the code of the first."""
    script = tmp_path / "kernels.py"
    script.write_text(COMPILED)
    env = {**os.environ, "PYTHONPATH": str(REPO / "src"), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    said = [
        subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(2)
    ]
    assert said[0] == ["1", "True", "True", "True"]
    assert said[1][:2] == ["0", "False"]
