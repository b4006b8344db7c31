"""The command line: wrong input is one sentence and exit code 2, results are cached, JSON stands alone."""

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from mtam.base.spec import SCHEMA
from tests.conftest import TINY, Mtam

WRONG = [
    (["sweep", "alfa"], "did you mean alpha?"),
    (["sweep", "alpha", "data.alhpa=1"], "did you mean data.alpha?"),
    (["sweep", "alpha", "alpha=1"], "did you mean data.alpha?"),
    (["sweep", "alpha", "data.alpha=three"], "data.alpha = 'three'"),
    (["sweep", "alpha", "data.alpha=-1"], "greater than 0"),
    (["sweep", "alpha", "data.alpha=0.5,1,-2"], "data.alpha = -2"),
    (["sweep", "alpha", "data.noise=nan"], "finite"),
    (["sweep", "alpha", "data.noise=true"], "data.noise = True"),
    (["sweep", "alpha", "sweep.n_min=4096", "sweep.n_max=64"], "larger than sweep.n_max"),
    (["sweep", "alpha", "sweep.seeds=0"], "sweep.seeds = 0"),
    (["sweep", "alpha", "sweep.seeds=2,3"], "cannot be an axis"),
    (["sweep", "alpha", "sweep.sizes=[64,64]"], "distinct"),
    (["sweep", "alpha", "+data.extra=3"], "add or drop a field"),
    (["sweep", "alpha", "~data.alpha"], "add or drop a field"),
    (["sweep", "alpha", "data.alpha=[1,2"], "Hydra's grammar"),
    (["sweep", "alpha", "data.alpha"], "Hydra's grammar"),
    (["sweep", "alpha", "data.alpha=interval(0,1)"], "range(start,stop,step)"),
    (["sweep", "alpha", "data.alpha=glob(*)"], "options of a group"),
    (["sweep", "alpha", "data.alpha=1", "data.alpha=2"], "given twice"),
    (["sweep", "alpha", "data.alpha=${nothing}"], "interpolations"),
    (["sweep", "alpha", "data.alpha=range(1,1e9)"], "more than 100000 values"),
    (["sweep", "alpha", "data=range(3,1)"], "has no values"),
    (["sweep", "alpha", "model=softmax,zzz"], "there is no such model"),
    (["sweep", "alpha", "model=sofmax"], "did you mean softmax?"),
    (["sweep", "alpha", "model=ips_erm"], "does not answer recall problems"),
    (["sweep", "alpha", "model.name=[]"], "does not answer recall problems"),
    (["sweep", "alpha", "data=interaction"], "no setting of this problem"),
    (["sweep", "alpha", "data.components=20"], "number at most 8"),
    (["sweep", "alpha", "data.tags=ortho"], "valid: cross_polytope, orthonormal,"),
    (["sweep", "alpha", "hydra.run.dir=x"], "Hydra itself"),
    (["sweep", "alpha", "--device", "gpu"], "valid: auto, cpu, cuda"),
    (["sweep", "alpha", "--launcher", "slurm", "--workers", "2"], "launcher.array_parallelism"),
    (["sweep", "alpha", "--launcher", "slurm", "launcher.time=soon"], "launcher.time = 'soon'"),
    (["sweep", "alpha", "--launcher", "slurm", "--task-id", "0", "--num-tasks", "2"], "makes the array itself"),
    (["sweep", "alpha", "launcher.partition=gpu"], "a setting of the launcher slurm"),
    (["sweep", "alpha", "--launcher", "slurm", "launcher.extra=[reservation]"], "valid: --name or --name=value"),
    (["sweep", "alpha", "--detach"], "goes with --launcher slurm"),
    (["sweep", "alpha", "--extend"], "--extend needs --out"),
    (["sweep", "alpha", "--launcher", "foo"], "valid: executor, inline, local"),
    (["sweep", "alpha", "--workers", "0"], "--workers"),
    (["sweep", "alpha", "--out", "/dev/null/x"], "/dev/null is not a folder"),
    (["sweep", "alpha", "--task-id", "8", "--num-tasks", "8"], "task-id < num-tasks"),
    (["sweep", "alpha", "--task-id", "0"], "both are needed"),
    (["sweep", "alpha", "model=glob(zzz)"], "chooses nothing"),
    (["sweep", "alpha", "sweep.n_max=1e30"], "less than or equal"),
    (["sweep", "alpha", "sweep.seeds=1000000"], "at most 100000"),
    (["fit-ips", "--samples", "60000000", "--tokens", "20"], "GiB of memory"),
    (["fit-ips", "--out", ""], "names no folder"),
    (["sweep", "alpha", "--sed", "3"], "No such option"),
    (["sweep"], "Missing argument"),
    (["fit-ips", "--rank", "31"], "valid: 1 to 30"),
    (["fit-ips", "--d", "0"], "data.d = 0"),
    (["fit-ips", "--tokens", "1" + "0" * 400], "tokens = 1"),
    (["sweep", "alpha", "sweep.first_seed=1" + "0" * 30], "valid: whole numbers up to 2^53"),
    (["fit-ips", "--d", "three"], "valid integer"),
    (["fit-ips", "--samples", "3"], "at least 23 samples"),
    (["fit-ips", "data.noise=-0.3"], "data.noise = -0.3"),
    (["fit-ips", "data.noise_law=laplace"], "allow_heavy_tails"),
    (["fit-ips", "data.rank=1,2"], "mtam sweep"),
    (["fit-ips", "--d", "30", "data.d=5"], "given twice"),
    (["fitips"], "fit-ips"),
    (["report", "nowhere"], "not the folder of a run"),
    (["status", "."], "not the folder of a run"),
    (["reproduce", "--scale", "huge"], "smoke"),
    (["check", "coercivty"], "did you mean coercivity?"),
    (["check", "zzz"], "valid names start with: "),
    (["check", "coercivity", "sed=1"], "did you mean seed?"),
    (["check", "coercivity", "seed=-1"], "seed = -1"),
    (["check", "coercivity", "seed=1,2"], "seed=[1,2]"),
    (["check", "coercivity", "--out", "/dev/null/x"], "/dev/null is not a folder"),
    (["check", "all", "seed=1"], "name it instead of all"),
    (["check"], "Missing argument"),
    (["config", "check", "all"], "valid names start with: "),
]


@pytest.mark.parametrize(("args", "hint"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_wrong_input_is_one_sentence_and_writes_nothing(args: list[str], hint: str, mtam: Mtam, here: Path) -> None:
    said = mtam(*args)
    assert said.code == 2, said
    assert said.out == ""
    assert len(said.err.splitlines()) == 1, said.err
    assert hint in said.err
    assert said.err.startswith("mtam: ")
    assert list(here.iterdir()) == []


def test_cuda_where_there_is_none(mtam: Mtam, here: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    said = mtam("sweep", "alpha", *TINY, "--device", "cuda")
    assert (said.code, said.out) == (2, "")
    assert "no CUDA device" in said.err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(("programs", "told"), [((), "no sbatch"), (("sbatch", "scontrol"), "does not answer")])
def test_slurm_where_there_is_none(
    programs: tuple[str, ...], told: str, mtam: Mtam, here: Path, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """On a machine that has one, nothing may be submitted by this."""
    place = tmp_path_factory.mktemp("bin")
    for name in programs:
        (place / name).write_text("#!/bin/sh\nexit 1\n")
        (place / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(place))
    said = mtam("sweep", "alpha", *TINY, "--launcher", "slurm")
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert told in said.err
    assert "or choose --launcher local" in said.err
    assert list(here.iterdir()) == []


SWALLOWED = """
import os, signal, time
from mtam.cli import entry_point

class Ends:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

def app(standalone_mode):
    Ends()
    time.sleep(60)

entry_point.app = app
entry_point.main()
"""


def test_an_interrupt_that_python_swallows_comes_again() -> None:
    """What is raised inside a destructor, or a callback at the end of an import, Python prints and forgets."""
    command = [sys.executable, "-c", SWALLOWED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (130, "mtam: interrupted; what is done is kept, the same command goes on "
                                                   "from there.\n")  # fmt: skip


def test_an_out_folder_with_other_things_is_left_alone(mtam: Mtam, here: Path) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "notes.txt").write_text("precious")
    said = mtam("sweep", "alpha", *TINY, "--out", "mine")
    assert said.code == 2
    assert [path.name for path in (here / "mine").iterdir()] == ["notes.txt"]


def test_help_without_arguments(mtam: Mtam) -> None:
    said = mtam()
    assert said.code == 2
    assert "fit-ips" in said.err


def test_list_as_json(mtam: Mtam) -> None:
    said = mtam("list", "--json")
    assert said.code == 0
    assert "alpha" in json.loads(said.out)["sweep"]


def test_config_prints_and_runs_nothing(mtam: Mtam, here: Path) -> None:
    said = mtam("config", "sweep", "alpha", "data.alpha=1,2", "--json")
    assert json.loads(said.out)["sweep"]["axes"] == {"data.alpha": [1, 2]}
    assert mtam("config", "fit-ips", "data.d=5").code == 0
    assert list(here.iterdir()) == []


def test_dry_run_writes_nothing(mtam: Mtam, here: Path) -> None:
    said = mtam("sweep", "alpha", *TINY, "--dry-run", "--json")
    told = json.loads(said.out)
    assert (told["trials"], told["to_compute"], told["packs"]) == (8, 8, 2)
    assert list(here.iterdir()) == []


@pytest.fixture
def swept(mtam: Mtam) -> Path:
    said = mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--json")
    assert said.code == 0, said.err
    return Path(json.loads(said.out)["out"])


def test_a_sweep_leaves_its_tables_and_pictures(swept: Path) -> None:
    names = {path.name for path in swept.iterdir()}
    assert {"manifest.json", "config.yaml", "curve.csv", "rates.csv", "curves.png", "summary.json"} <= names
    assert len(list((swept / "records").glob("*.json"))) == 8
    assert not (swept / "running").exists()


def test_json_stands_alone(swept: Path, mtam: Mtam) -> None:
    said = mtam("sweep", "alpha", *TINY, "--json")
    summary = json.loads(said.out)
    assert {"sweep", "out", "trials", "seconds", "cells"} <= set(summary)
    for cell in summary["cells"]:
        assert {"axis", "sizes", "mean_errors", "standard_errors", "slope", "slope_ci", "r2", "law"} <= set(cell)
        low, high = cell["slope_ci"]
        assert low <= cell["slope"] <= high
    assert str(swept) == summary["out"]
    assert "Slopes" in said.err


def test_the_same_command_computes_nothing(swept: Path, mtam: Mtam) -> None:
    before = {path: path.stat().st_mtime_ns for path in swept.rglob("*") if path.is_file()}
    said = mtam("sweep", "alpha", *TINY)
    assert said.code == 0
    assert "Nothing was computed again" in said.out
    assert {path: path.stat().st_mtime_ns for path in swept.rglob("*") if path.is_file()} == before


@pytest.mark.bits
def test_force_computes_the_same_again(swept: Path, mtam: Mtam) -> None:
    tables = [(swept / name).read_bytes() for name in ("curve.csv", "rates.csv")]
    assert json.loads(mtam("sweep", "alpha", *TINY, "--force", "--launcher", "inline", "--json").out)["computed"] == 8
    assert [(swept / name).read_bytes() for name in ("curve.csv", "rates.csv")] == tables


def test_report_rebuilds_the_same_bytes(swept: Path, mtam: Mtam) -> None:
    names = ("curve.csv", "rates.csv", "curves.png", "curves.svg", "summary.json")
    before = [(swept / name).read_bytes() for name in names]
    for name in names:
        (swept / name).unlink()
    assert mtam("report", str(swept)).code == 0
    assert [(swept / name).read_bytes() for name in names] == before


@pytest.mark.bits
def test_a_half_finished_sweep_reports_and_resumes(swept: Path, mtam: Mtam) -> None:
    table = (swept / "curve.csv").read_bytes()
    lost = sorted((swept / "records").glob("*.json"))[0]
    lost.unlink()
    assert "Half-finished: 1 of 8" in mtam("report", str(swept)).out
    status = json.loads(mtam("status", str(swept), "--json").out)
    assert sum(cell["missing"] for cell in status["cells"]) == 1
    again = json.loads(mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--json").out)
    assert again["computed"] == 4  # the whole pack of the lost trial, no more
    assert (swept / "curve.csv").read_bytes() == table


def test_quiet_says_the_folder_alone(swept: Path, mtam: Mtam) -> None:
    said = mtam("sweep", "alpha", *TINY, "--quiet")
    assert (said.out.strip(), said.err) == (str(swept), "")


def test_another_sweep_is_refused_with_the_difference(swept: Path, mtam: Mtam) -> None:
    said = mtam("sweep", "alpha", *TINY, "data.noise=0.2", "--out", str(swept))
    assert said.code == 2
    assert "data.noise was 0.1, now 0.2" in said.err


def test_a_damaged_manifest_is_one_sentence(swept: Path, mtam: Mtam) -> None:
    for text in ("", "{", "[]", '{"schema": 99}', f'{{"schema": {SCHEMA}}}'):
        (swept / "manifest.json").write_text(text)
        said = mtam("status", str(swept))
        assert said.code == 2, text
        assert len(said.err.splitlines()) == 1, said.err


@pytest.mark.parametrize("model", ["ips_erm", "oracle_a"])
def test_an_interaction_fit_tells_its_numbers(model: str, mtam: Mtam) -> None:
    args = ("fit-ips", "--d", "3", "--rank", "1", "--tokens", "4", "--samples", "400", f"model={model}")
    said = mtam(*args, "--json")
    assert said.code == 0, said.err
    summary = json.loads(said.out)
    always = {"error", "error_se", "converged", "seconds", "d", "rank", "tokens", "samples", "degree", "seed", "out"}
    erm = {"oracle_error", "parametric_error", "predicted_parametric_error", "starts"}
    assert always | (erm if model == "ips_erm" else set()) <= set(summary)
    assert (Path(summary["out"]) / "fit.png").is_file()
    assert "Nothing was computed again" in mtam(*args).out


def test_failed_trials_are_told_and_set_the_exit_code(mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    from mtam.sweep import execute

    def broken(trials: list[object], **_: object) -> list[dict[str, Any]]:
        return [{"failure": "diverged at step 3"}] + [{"error": 0.5, "error_se": 0.1}] * (len(trials) - 1)

    with monkeypatch.context() as patch:
        patch.setattr(execute, "run_pack", broken)
        said = mtam("sweep", "alpha", *TINY, "--launcher", "inline")
    assert said.code == 1
    assert "2 failed trials" in said.out
    assert "diverged at step 3" in said.out
    again = json.loads(mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--json").out)
    assert again["computed"] == 0
    said = mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--retry-failed", "--json")
    assert said.code == 0
    assert json.loads(said.out)["computed"] == 2


def test_tasks_of_a_job_array(mtam: Mtam) -> None:
    args = ("sweep", "alpha", *TINY, "--launcher", "inline", "--json", "--num-tasks", "2")
    computed = [json.loads(mtam(*args, "--task-id", task).out)["computed"] for task in "01"]
    assert computed == [4, 4]
    assert json.loads(mtam("sweep", "alpha", *TINY, "--json").out)["computed"] == 0


def test_status_counts(swept: Path, mtam: Mtam) -> None:
    said = mtam("status", str(swept))
    assert said.code == 0
    assert "alpha" in said.out


@pytest.fixture
def own(here: Path) -> Path:
    """Tokens and responses of a tanh interaction, as a user would save them."""
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 4, 3))
    u = np.einsum("mid,de,mje->mij", x, np.outer([1.0, 0.5, 0.0], [0.0, 1.0, 1.0]) / 2, x)
    g = np.tanh(u)
    g[:, range(4), range(4)] = 0
    path = here / "own.npz"
    np.savez(path, X=x, Y=g.sum(axis=2) / 3 + 0.1 * rng.normal(size=(600, 4)))
    return path


def test_own_data(own: Path, mtam: Mtam) -> None:
    import numpy as np

    import mtam as package

    said = mtam("fit-ips", "--data", str(own), "--json")
    assert said.code == 0, said.err
    summary = json.loads(said.out)
    assert {"out", "rank", "K", "holdout_error", "holdout_se", "noise_sd", "explained", "seed", "d"} <= set(summary)
    assert "hold-out error" in said.err
    assert [summary[word] for word in ("found", "explains", "fits", "converged")] == [True] * 4
    assert summary["hints"] == []
    model = package.load_interaction(Path(summary["out"]) / "model.npz")
    stored = np.load(own)
    assert np.mean((model.predict(stored["X"]) - stored["Y"]) ** 2) < 0.011
    assert "Nothing was computed again" in mtam("fit-ips", "--data", str(own)).out


def test_own_data_with_weights_groups_and_missing_tokens(own: Path, mtam: Mtam) -> None:
    import numpy as np

    stored = np.load(own)
    x, y = stored["X"].copy(), stored["Y"]
    x[::7, -1] = np.nan
    weights, groups = np.random.default_rng(0).exponential(size=600), np.arange(600) // 4
    np.savez(own, X=x, Y=y, weights=weights, groups=groups)
    said = mtam("fit-ips", "--data", str(own), "--rank", "1", "model.partners=all", "--json")
    assert said.code == 0, said.err
    summary = json.loads(said.out)
    told = {name: summary[name] for name in ("responses", "missing_tokens", "groups", "weighted", "partners")}
    assert told == {"responses": 2314, "missing_tokens": 86, "groups": 150, "weighted": True, "partners": "all"}
    assert "Rows that count" in said.err
    assert "Rows that count" in (Path(summary["out"]) / "report.html").read_text()
    assert "Nothing was computed again" in mtam("fit-ips", "--data", str(own), "--rank", "1", "model.partners=all").out
    np.savez(own, X=x, Y=y, weights=-weights)
    refused = mtam("fit-ips", "--data", str(own))
    assert (refused.code, "weights in" in refused.err, "Traceback" in refused.err) == (2, True, False)
    assert "there is no setting model.partners" in mtam("fit-ips", "model.partners=all").err


def test_warnings_about_own_data_are_told_and_fail_nothing(own: Path, mtam: Mtam) -> None:
    import numpy as np

    stored = np.load(own)
    assert "Warning" not in mtam("fit-ips", "--data", str(own), "--rank", "1").out
    x, y = stored["X"], stored["Y"].copy()
    x[np.arange(600) % 3 == 0, -1] = 0
    y[5, 2] = 1e4
    np.savez(own, X=x, Y=y)
    said = mtam("fit-ips", "--data", str(own), "--rank", "1", "--json")
    assert said.code == 0
    told = json.loads(said.out)["warnings"]
    for warning in ("200 of 2400 tokens are rows of zeros", "one response of 2400, Y[5, 2] = 1e+04"):
        assert f"Warning: {warning}" in said.err
        assert sum(one.startswith(warning) for one in told) == 1


def test_own_data_that_the_model_does_not_fit(here: Path, mtam: Mtam) -> None:
    """Angles: the words say no, the residuals say where, and a hint says what to do; on terminal, page and JSON."""
    import numpy as np

    rng = np.random.default_rng(0)
    angle = 360 * rng.random((200, 6, 1))
    y = np.sin(np.radians(angle.transpose(0, 2, 1) - angle)).sum(axis=2) / 5
    np.savez(here / "own.npz", X=angle, Y=y + 0.05 * rng.normal(size=(200, 6)))
    said = mtam("fit-ips", "--data", "own.npz", "--json")
    assert said.code == 0, said.err
    summary = json.loads(said.out)
    assert not any(summary[word] for word in ("found", "explains", "fits", "converged"))
    (hint,) = summary["hints"]
    assert "cos and sin" in hint
    page = (here / summary["out"] / "report.html").read_text()
    for text in (said.err, page):
        for word in ("found", "explains", "fits", "Left in the residuals", "products with squares", "as angles do"):
            assert word in text


def test_own_data_elsewhere_is_the_same_fit(own: Path, mtam: Mtam) -> None:
    mtam("fit-ips", "--data", str(own))
    moved = own.rename(own.with_name("moved.npz"))
    assert "Nothing was computed again" in mtam("fit-ips", "--data", str(moved)).out


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["--data", "nowhere.npz"], "nowhere.npz"),
        (["--data", "own.npz", "--d", "3"], "read from the file"),
        (["--data", "own.npz", "--rank", "9"], "valid: 1 to 3"),
        (["--data", "own.npz", "model=mlp"], "does not answer"),
        (["--data", "own.npz", "data.d=3"], "no setting data.d"),
    ],
)
def test_wrong_own_data(args: list[str], hint: str, own: Path, mtam: Mtam, here: Path) -> None:
    said = mtam("fit-ips", *args)
    assert (said.code, said.out) == (2, ""), said
    assert len(said.err.splitlines()) == 1
    assert hint in said.err
    assert list(here.iterdir()) == [own]


def test_a_damaged_record_is_told_in_one_line_and_computed_again(swept: Path, mtam: Mtam) -> None:
    table = (swept / "curve.csv").read_bytes()
    victim = sorted((swept / "records").glob("*.json"))[0]
    victim.write_text("{")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        said = mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--json")
    assert said.code == 0
    told = [line for line in said.err.splitlines() if "warning" in line]
    assert len(told) == 1
    assert "is damaged" in told[0]
    assert json.loads(said.out)["computed"] == 4
    assert (swept / "curve.csv").read_bytes() == table


def test_quoted_choices_are_choices(mtam: Mtam) -> None:
    said = mtam("config", "sweep", "alpha", "data.tags='iid','simplex'", "--json")
    assert json.loads(said.out)["sweep"]["axes"]["data.tags"] == ["iid", "simplex"]


def test_brackets_in_a_folder_name(mtam: Mtam) -> None:
    said = mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "r[bold]x[/bold]")
    assert said.code == 0, said.err
    assert "r[bold]x[/bold]/report.html" in said.out


def test_the_order_of_an_axis_changes_no_byte(mtam: Mtam) -> None:
    turned = ("data.alpha=2,1", *TINY[1:])
    first = json.loads(mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--json").out)
    table = (Path(first["out"]) / "curve.csv").read_bytes()
    again = json.loads(mtam("sweep", "alpha", *turned, "--json").out)
    assert again["computed"] == 0
    assert again["cells"] == first["cells"]
    assert (Path(first["out"]) / "curve.csv").read_bytes() == table


def test_counts_of_an_unfinished_sweep_are_true(mtam: Mtam) -> None:
    args = ("sweep", "alpha", *TINY, "--launcher", "inline", "--task-id", "0", "--num-tasks", "2", "--json")
    dry = json.loads(mtam(*args, "--dry-run").out)
    assert (dry["to_compute"], dry["cached"]) == (4, 0)
    first = json.loads(mtam(*args).out)
    assert {name: first[name] for name in ("computed", "cached", "missing", "failed")} == {
        "computed": 4,
        "cached": 0,
        "missing": 4,
        "failed": 0,
    }
    said = mtam(*args[:-1])
    assert "0 trials computed, 4 of 8 have no record yet" in said.out
    assert not (Path(first["out"]) / "report.html").exists()  # the last task draws, with everything before it
    assert "Half-finished: 4 of 8" in mtam("report", first["out"]).out
    last = mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--task-id", "1", "--num-tasks", "2")
    assert "In short" in last.out


def test_a_crash_before_the_manifest_does_not_block_the_folder(mtam: Mtam, here: Path) -> None:
    (here / "run").mkdir()
    (here / "run" / "config.yaml").write_text("")
    (here / "run" / ".manifest.json.abc.tmp").write_text("")
    assert mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "run").code == 0


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("data.alpha: [0.5, 1.0, 2.0]", "data.alhpa: [1.0]", "did you mean data.alpha?"),
        ("data.alpha: [0.5, 1.0, 2.0]", "data.alpha.x: [1.0]", "there is no setting"),
        ("problem: recall\n", "", "has no problem"),
        ("problem: recall\n", "problem: [recall]\n", "problem = ['recall'] is unknown"),
        ("/data: recall", "/data: recal", "recal"),
        ("# @package _global_\n", "", "has no"),
    ],
)
def test_a_wrong_sweep_file_is_one_sentence(
    old: str, new: str, hint: str, mtam: Mtam, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from mtam.base import conf_files

    shutil.copytree(conf_files.conf_dir(), here / "conf")
    path = here / "conf" / "sweep" / "alpha.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    monkeypatch.setenv("MTAM_CONF", str(here / "conf"))
    conf_files.conf_dir.cache_clear()
    try:
        said = mtam("sweep", "alpha", "--dry-run")
    finally:
        monkeypatch.delenv("MTAM_CONF")
        conf_files.conf_dir.cache_clear()
    assert said.code == 2, said
    assert len(said.err.splitlines()) == 1, said.err
    assert hint in said.err
