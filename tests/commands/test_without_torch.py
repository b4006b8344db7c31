"""Where torch is not installed: everything but training works, and training says in one sentence what it lacks."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import REPO

# Not to be found is what not to be installed means: ``find_spec`` gives None and an import raises. In workers, too.
HOOK = """
import importlib.machinery as machinery

_find = machinery.PathFinder.find_spec
machinery.PathFinder.find_spec = staticmethod(
    lambda name, path=None, target=None: None if name.partition(".")[0] == "torch" else _find(name, path, target)
)
"""
FIT = ("fit-ips", "--d", "2", "--rank", "1", "--samples", "300", "--tokens", "4", "--out", "fit")
SWEEP = ("sweep", "d", "data.d=2", "data.rank=1", "data.tokens=4", "sweep.sizes=[200,400]", "sweep.seeds=2")
RECALL = ("sweep", "alpha", "data.alpha=1", "sweep.sizes=[16,32]", "sweep.seeds=2", "model.steps=4")
INSTALL = "pip install 'mtam[recall]'"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the hook, and a learning curve of somebody's."""
    place = tmp_path_factory.mktemp("without_torch")
    shutil.copytree(REPO / "tests" / "data" / "schema2" / "recall", place / "recall")  # records of trained models
    (place / "hook").mkdir()
    (place / "hook" / "sitecustomize.py").write_text(HOOK)
    rows = [f"{n},{seed},{n**-0.6 * (1 + 0.1 * seed)}" for n in (100, 200, 400, 800) for seed in range(3)]
    (place / "curve.csv").write_text("\n".join(["n,seed,error", *rows]) + "\n")
    return place


@pytest.fixture(scope="module")
def mtam(place: Path) -> Run:
    def run(*args: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        path = os.pathsep.join([str(place / "hook"), str(REPO / "src")])
        env = {**os.environ, "PYTHONPATH": path, **variables}
        command = [sys.executable, "-m", "mtam", *args]
        return subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=False)

    return run


def test_torch_is_not_there(place: Path) -> None:
    """Were the hook to lose its grip, all the others would pass for nothing."""
    code = "import importlib.util\nassert importlib.util.find_spec('torch') is None\nimport numpy, torch"
    env = {**os.environ, "PYTHONPATH": str(place / "hook")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError: No module named 'torch'" in done.stderr


@pytest.fixture(scope="module")
def fit(mtam: Run) -> "subprocess.CompletedProcess[str]":
    return mtam(*FIT, "--json")


@pytest.fixture(scope="module")
def sweep(mtam: Run) -> "subprocess.CompletedProcess[str]":
    return mtam(*SWEEP, "--out", "sweep", "--workers", "2", "--json")


def test_an_interaction_is_fitted(fit: "subprocess.CompletedProcess[str]") -> None:
    assert fit.returncode == 0, fit.stderr
    assert json.loads(fit.stdout)["error"] > 0


def test_an_interaction_sweep_runs_in_workers(sweep: "subprocess.CompletedProcess[str]", place: Path) -> None:
    assert sweep.returncode == 0, sweep.stderr
    told = json.loads(sweep.stdout)
    assert (told["computed"], told["failed"]) == (4, 0)
    assert (place / "sweep" / "report.html").is_file()


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("sweep", "--help"),
        ("list",),
        ("config", "sweep", "alpha"),
        ("guide", "cluster"),
        ("report", "sweep"),
        ("report", "fit"),
        ("status", "sweep"),
        ("claims", "sweep"),
        ("report", "recall"),
        ("claims", "recall"),
        ("rates", "curve.csv"),
        ("check", "remark3", "--help"),
        ("check", "entropy", "alphas=[1.0]", "powers=[1.0]", "--out", "check"),
        ("sweep", "alpha", "--dry-run"),
    ],
    ids=" ".join,
)
def test_what_does_not_train_works(
    args: tuple[str, ...], mtam: Run,
    fit: "subprocess.CompletedProcess[str]", sweep: "subprocess.CompletedProcess[str]",
) -> None:  # fmt: skip
    del fit, sweep
    done = mtam(*args)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.strip()


def test_completion_answers(mtam: Run) -> None:
    words = {"COMP_WORDS": "mtam sweep alpha data.al", "COMP_CWORD": "3", "_MTAM_COMPLETE": "complete_bash"}
    assert mtam(**words).stdout.split() == ["data.alpha="]


@pytest.mark.parametrize(
    ("args", "what"),
    [
        ((*RECALL, "--out", "no"), "the estimator softmax of recall trials"),
        ((*RECALL, "model=knn", "--out", "no"), "knn"),
        ((*SWEEP, "model=mlp", "--out", "no"), "the estimator mlp of interaction trials"),
        ((*SWEEP, "--device", "cuda", "--out", "no"), "--device cuda"),
        ((*FIT[:-1], "no", "--device", "cuda"), "--device cuda"),
        (("check", "separation", "--out", "no"), "check separation"),
        (("check", "remark3", "--out", "no"), "check remark3"),
        ((*SWEEP, "logger=tensorboard", "--out", "no"), "logger=tensorboard"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_trains_says_what_it_lacks_and_writes_nothing(
    args: tuple[str, ...], what: str, mtam: Run, place: Path
) -> None:
    settings = [arg for arg in args if not (arg.startswith("model.") and "model=knn" in args)]
    done = mtam(*settings)
    assert (done.returncode, done.stdout) == (2, ""), done
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("mtam: ")
    assert what in sentence
    assert f"needs torch, which is not installed: {INSTALL}." in sentence
    assert not (place / "no").exists()
