"""Compiled code is kept where it can be; where it cannot, kernels run all the same and one line says so."""

import json
import os
import runpy
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numba
import numpy as np
import pytest

import mtam
from mtam.base import jit
from mtam.base.errors import UncachedWarning
from tests.conftest import REPO

NOWHERE = "/proc/none"  # where not even root can make a folder
PROGRAM = "from mtam.cli import main; main()"
FIT = ("fit-ips", "--d", "2", "--samples", "300", "--tokens", "4", "--rank", "1", "model.max_starts=2", "--out", "run")
SWEEP = (
    "sweep", "d", "data.d=1,2", "sweep.sizes=[100]", "sweep.seeds=1", "data.tokens=4", "model.max_starts=2",
    "--launcher", "local", "--workers", "2", "--out", "run",
)  # fmt: skip
BARE = "import numba, mtam.interaction.estimators.choose_k as m\nnumba.njit(cache=True)(m.rule)"  # without our door
USED = "from mtam.recall.gates.exponential import sigmoid\nprint(sigmoid(0.0, 1.0, 87.0))"
KERNEL = """
from mtam.base.jit import kernel

@kernel
def twice(x):
    return 2.0 * x.sum()
"""


@pytest.fixture
def locked(tmp_path: Path) -> dict[str, str]:
    """An environment in which neither the package nor home nor NUMBA_CACHE_DIR takes a file, root or not."""
    if not Path("/proc/self").exists():
        pytest.skip("NOWHERE TO FAIL: needs a /proc, in which nobody makes folders")
    home = tmp_path / "package"
    shutil.copytree(Path(mtam.__file__).parent, home / "mtam", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in {path.parent for path in (home / "mtam").rglob("*.py")}:
        (folder / "__pycache__").touch()
    closed = {"HOME": NOWHERE, "XDG_CACHE_HOME": NOWHERE, "NUMBA_CACHE_DIR": NOWHERE}
    place = {"PYTHONPATH": str(home), "MTAM_CONF": str(REPO / "conf"), "MPLCONFIGDIR": str(tmp_path)}
    return {**os.environ, **closed, **place}


def python(code: str, *args: str, env: dict[str, str], here: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=here, timeout=300)


def test_kernels_run_where_nothing_can_be_cached(locked: dict[str, str], here: Path) -> None:
    control = python(BARE, env=locked, here=here)
    assert "cannot cache function" in control.stderr, "numba can keep something here, so nothing is put to the test"
    said = python(USED, env=locked, here=here)
    assert (said.returncode, float(said.stdout)) == (0, 0.5), said.stderr
    assert said.stderr.count("compiled code cannot be kept on disk") == 1


@pytest.mark.slow
def test_a_fit_where_nothing_can_be_cached(locked: dict[str, str], here: Path) -> None:
    said = python(PROGRAM, *FIT, "--json", env=locked, here=here)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["error"] > 0
    assert said.stderr.count("compiled code cannot be kept on disk") == 1
    assert "Traceback" not in said.stderr


@pytest.mark.slow
def test_workers_say_it_once(locked: dict[str, str], here: Path) -> None:
    said = python(PROGRAM, *SWEEP, "--quiet", env=locked, here=here)
    assert said.returncode == 0, said.stderr
    assert said.stderr.splitlines()[0].startswith("mtam: warning: compiled code cannot be kept on disk")
    assert len(said.stderr.splitlines()) == 1, said.stderr


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04garbage", None], ids=["empty", "garbage", "folder"])
def test_a_damaged_cache_costs_a_compilation(
    ending: str, content: bytes | None, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(here / "cache"))
    monkeypatch.setattr(jit, "_told", [])
    (here / "small.py").write_text(KERNEL)

    def run() -> tuple[float, int]:
        """A fresh kernel's answer, and how often it was found on disk."""
        twice = runpy.run_path(str(here / "small.py"))["twice"]
        return twice(np.arange(5.0)), sum(twice.stats.cache_hits.values())

    assert run() == (20.0, 0)
    assert run() == (20.0, 1), "numba has kept nothing, so nothing can be damaged"
    for path in (here / "cache").rglob(f"*.{ending}"):
        path.unlink()
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncachedWarning)
        assert run() == (20.0, 0)
        assert run() == (20.0, content is not None), "it was not mended"


def test_a_full_disk_costs_the_cache_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "_told", [])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    doors = []
    for factor in (2.0, 3.0):

        def times(x: float, factor: float = factor) -> float:
            return factor * x

        doors.append(jit.kernel(times))
        monkeypatch.setattr(doors[-1]._cache._cache, "save_overload", full)  # type: ignore[attr-defined]
    with pytest.warns(UncachedWarning, match="No space left on device"):
        assert doors[0](2.0) == 4.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert doors[1](2.0) == 6.0, "and said once"
