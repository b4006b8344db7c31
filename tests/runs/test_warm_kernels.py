"""`mtam warm`: afterwards nothing is compiled any more."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPO

PROGRAM = "from mtam.cli import main; main()"
FIT = ("fit-ips", "--d", "3", "--rank", "2", "--tokens", "4", "--samples", "300", "model.max_starts=2", "--out", "run")


@pytest.mark.slow
def test_a_warm_machine_compiles_nothing(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(REPO / "src"), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}

    def mtam(*args: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", PROGRAM, *args]
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)

    first, second = (json.loads(mtam("warm", "--json").stdout) for _ in range(2))
    assert first["compile_seconds"] > 1.0
    assert second["compile_seconds"] == 0.0
    assert "compiling" not in mtam(*FIT).stderr
