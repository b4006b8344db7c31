"""The script behind `make test-bits`: variables that the libraries take, and none for processors of another kind."""

import os
import runpy
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.conftest import REPO

SCRIPT = REPO / "scripts" / "other_kernel.py"
environment: Callable[[str], dict[str, str]] = runpy.run_path(str(SCRIPT))["environment"]
SUM = "import numpy as np; x = np.linspace(0, 1, 1000).reshape(20, 50); print(repr(float((x @ x.T)[3, 7])))"


@pytest.mark.parametrize("machine", ["aarch64", "arm64", "ppc64le"])
def test_other_processors_are_left_alone(machine: str) -> None:
    assert environment(machine) == {}


@pytest.mark.parametrize("machine", ["x86_64", "AMD64"])
def test_a_machine_of_this_kind_loses_what_is_beyond_avx2(machine: str) -> None:
    found = environment(machine)
    assert found["OPENBLAS_CORETYPE"] == "Haswell"
    assert not [name for name in found["NPY_DISABLE_CPU_FEATURES"].split() if not name.startswith(("AVX512", "X86_V4"))]


def test_the_command_runs_with_the_variables_and_without_a_warning() -> None:
    """numpy warns of a feature that it does not know; what the environment says already stays."""
    shown = f"import os; print(os.environ.get('OPENBLAS_CORETYPE')); {SUM}"
    command = [sys.executable, str(SCRIPT), sys.executable, "-W", "error", "-c", shown]
    env = os.environ | {"OPENBLAS_CORETYPE": "Prescott"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    core, number = done.stdout.split()
    assert core == "Prescott"
    assert float(number) == pytest.approx(float(subprocess.check_output([sys.executable, "-c", SUM])), rel=1e-12)


def test_a_command_must_be_named_and_its_exit_code_counts() -> None:
    for words, code in (([], 1), ([sys.executable, "-c", "raise SystemExit(3)"], 3)):
        done = subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, timeout=60, check=False)
        assert done.returncode == code
