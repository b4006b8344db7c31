"""Sweeps from Python: the same folders and numbers as the command's, from a script without a guard as well."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mtam
from mtam.base.errors import UsageError
from mtam.runs.python.frames import CURVE, JUDGED
from mtam.runs.python.python_sweep import SweepRun
from tests.conftest import REPO, TINY
from tests.conftest import Mtam as Command

MEAN = REPO / "src" / "mtam" / "problems" / "examples" / "gaussian_mean.py"
SMALL = ("sweep.sizes=[16,32,64,128]", "sweep.seeds=6", "launcher=inline")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SweepRun:
    """A sweep of the example: three estimators, one of which does not learn."""
    return mtam.sweep(MEAN, *SMALL, out=tmp_path_factory.mktemp("python") / "run")


def test_a_sweep_is_frames_of_trials_curves_rates_and_judgements(run: SweepRun) -> None:
    assert len(run.trials) == 3 * 4 * 6
    assert set(run.trials["status"]) == {"done"}
    assert list(run.curves.columns) == ["model", *CURVE]
    mean = run.curves[run.curves["model"] == "sample_mean"]
    by_hand = run.trials[run.trials["model"] == "sample_mean"].groupby("n")["error"].mean()
    assert mean["error"].tolist() == pytest.approx(by_hand.tolist(), rel=1e-12)
    assert mean["reference"].tolist() == [32 / n for n in (16, 32, 64, 128)]
    assert run.rates["theory_slope"].tolist() == [-1.0] * 3
    assert list(run.judgements.columns) == list(JUDGED)
    verdicts = dict(zip(run.judgements["statement"] + run.judgements["cell"], run.judgements["verdict"], strict=True))
    assert verdicts["so does that of half the sample meanmodel = shrunk"] == "contradicted"
    assert verdicts["slope -1 on ln nmodel = shrunk"] == "contradicted"
    assert verdicts["slope -1 on ln nmodel = sample_mean"] != "contradicted"


def test_figures_by_name(run: SweepRun) -> None:
    assert run.figures == ("curves", "slopes", "levels")
    assert [len(run.figure(name).axes) > 0 for name in run.figures] == [True] * 3
    with pytest.raises(UsageError, match=r"^figure 'maps': this run has curves, slopes, levels\.$"):
        run.figure("maps")


def test_a_notebook_shows_the_result_and_escapes_names(run: SweepRun) -> None:
    shown = run._repr_html_()
    assert "<table" in shown
    assert "contradicted" in shown
    assert "||theta||^2" in shown or "slope -1 on ln n" in shown
    assert repr(run) == f"<run of gaussian_mean: 72 trials; {run.folder}>"


def test_a_run_is_read_again_and_nothing_is_written(run: SweepRun) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    again = mtam.load_run(run.folder)
    assert again.trials.equals(run.trials)
    assert again.judgements.equals(run.judgements)
    assert again.in_short == run.in_short
    assert before == {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    with pytest.raises(UsageError, match="is not the folder of a run"):
        mtam.load_run(run.folder / "records")


def test_python_and_the_command_make_the_same_run(mtam: Command, here: Path) -> None:
    import mtam as python

    found = python.sweep("alpha", *TINY, "launcher=inline", out="python")
    done = mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "command", "--quiet")
    assert done.code == 0, done.err
    assert (here / "python" / "curve.csv").read_bytes() == (here / "command" / "curve.csv").read_bytes()
    assert found.rates["law"].tolist() == ["exp(-C (ln n)^0.5)", "exp(-C (ln n)^0.667)"]
    assert "0 of 8 trials would be computed" in mtam("sweep", "alpha", *TINY, "--out", "python", "--dry-run").out


@pytest.mark.parametrize(
    ("words", "options", "sentence"),
    [
        (("nothing",), {}, "there is no sweep nothing"),
        (("alpha", "data.alhpa=1"), {}, "did you mean data.alpha"),
        (("alpha",), {"workers": 0}, "workers = 0; valid: a whole number of at least 1"),
        (("alpha",), {"device": "tpu"}, "device = 'tpu' is unknown"),
        (("gone.py",), {}, "gone.py cannot be read"),
    ],
)
def test_mistakes_are_one_sentence(words: tuple[str, ...], options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        mtam.sweep(*words, **options)


SCRIPT = """
import {first}
import mtam

with open("started.txt", "a") as file:
    file.write("x")
run = mtam.sweep("my_rate.py", "sweep.sizes=[16,32]", "sweep.seeds=2", out="run", workers=2)
print(len(run.trials), run.failures)
"""


@pytest.mark.parametrize("first", ["sys", "numpy"])  # with numpy loaded first, its threads are not ours to set
def test_a_script_needs_no_guard(first: str, here: Path) -> None:
    (here / "my_rate.py").write_text(MEAN.read_text())
    (here / "script.py").write_text(SCRIPT.format(first=first))
    done = subprocess.run([sys.executable, "script.py"], cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "12 {}\n"
    assert (here / "started.txt").read_text() == "x"


def test_one_worker_has_one_thread_though_numpy_came_first(here: Path) -> None:
    """Sums in this process would be shared among numpy's threads: one process of one thread computes them."""
    noted = "tick(0.5); import os; open(f'{os.getpid()}.pid', 'w').close()"
    (here / "my_rate.py").write_text(MEAN.read_text().replace("tick(0.5)", noted))
    script = SCRIPT.format(first="numpy").replace("workers=2", "workers=1") + "import os; print(os.getpid())\n"
    env = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", script], cwd=here, env=env, capture_output=True, text=True, check=True)
    here_id = done.stdout.split()[-1]
    others = {path.stem for path in here.glob("*.pid")}
    assert len(others) == 1
    assert here_id not in others


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, mtam; print([m for m in ('numpy', 'pandas', 'pydantic', 'rich', 'typer') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert {"sweep", "load_run", "fit_rates", "load_interaction"} <= set(dir(mtam))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        mtam.nothing  # noqa: B018
