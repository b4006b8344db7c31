"""The digest of a check's code holds every module that its run imports: a finding of other code is never taken."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mtam
from mtam.checks import check_registry
from mtam.checks.check_registry import CHECKS, CheckJob, settings_of

HOME = Path(mtam.__file__).parent
SMALL: dict[str, dict[str, object]] = {
    "assouad": {"alphas": [1.0], "sizes": [16, 32], "seeds": 2, "repeats": 10, "draws": 2, "test": 64, "dims": [1]},
    "bayes": {"alphas": [1.0], "sizes": [8, 16], "draws": 2, "test": 8},
    "coercivity": {"laws": ["cube"], "dims": [1], "tokens": [3], "samples": 1000},
    "entropy": {"alphas": [1.0], "powers": [1.0]},
    "fano": {
        "betas": [1], "tokens": [3], "sizes": [1000, 4000, 16000], "bumps": 16, "rows": 5000, "draws": 100,
        "scaling_tokens": [3, 5], "scaling_samples": 1000, "d": 2,
    },
    "identifiability": {"heads": [1], "draws": 1},
    "log_factor": {"draws": 3, "digits_low": 3.0, "digits_high": 5.0},
    "minimax": {"alphas": [1.0], "powers": [], "draws": 2, "digits": 10.0},
    "regime": {
        "betas": [1], "dims": [1, 5], "ranks": [1], "other_tokens": [2], "truths": 3, "exact": 64, "digits": 8.0,
    },
    "remark3": {"steps": 10, "contexts": 1000, "bandwidths": [0.5, 1.0]},
    "separation": {"dims": [2], "restarts": 1, "contexts": 4, "betas": [1.0], "rotations": [1]},
    "sink": {
        "d": 2, "tokens": 4, "truths": 2, "samples": 200, "strengths": [1.0, 4.0], "sizes": [50, 100], "fitted": 100,
    },
    "statements": {},
}  # fmt: skip
RUN = """
import json, sys
from mtam.checks.check_registry import CheckJob, settings_of
for name, settings in json.loads(sys.argv[1]).items():
    CheckJob(name, settings_of(name).model_validate(settings)).run(lambda fraction: None)
print(json.dumps([module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "mtam"]))
"""


@pytest.fixture(scope="module")
def imported() -> set[Path]:
    """The files of all modules of the program that running every check imports, wherever they lie."""
    command = [sys.executable, "-c", RUN, json.dumps(SMALL)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return {Path(name).resolve() for name in json.loads(done.stdout)}


def test_every_check_is_run_here() -> None:
    assert set(SMALL) == set(CHECKS)


def test_the_digest_holds_every_module_that_a_run_imports(imported: set[Path]) -> None:
    left_out = imported - set(check_registry.sources())
    assert not left_out, f"findings would outlive a change of {sorted(left_out)}"
    assert any(path.parent.name == "gates" for path in imported), "no sub-folder is put to the test"


def test_a_change_in_a_sub_folder_changes_the_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "mtam"
    shutil.copytree(HOME, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(check_registry, "__file__", str(copy / "checks" / "check_registry.py"))
    job = CheckJob("entropy", settings_of("entropy")())
    before = job.stamp()
    assert job.stamp() == before
    gate = next((copy / "recall" / "gates").glob("*_kernels.py"))
    gate.write_text(gate.read_text() + "# another rule\n")
    assert job.stamp() != before
