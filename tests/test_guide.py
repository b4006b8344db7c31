"""README and guide say what is true: their commands are understood, their examples run, their claims are recorded."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtam.guide.pages import PAGES, text
from tests.conftest import REPO, TINY, Mtam

README = (REPO / "README.md").read_text(encoding="utf-8")
TEXT = "\n".join([README, *map(text, PAGES)])
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [line.strip() for kind, body in BLOCKS if kind == "bash" for line in body.splitlines() if line.strip()]
MTAM = [line.split("  #")[0].strip() for line in COMMANDS if line.startswith("mtam ")]
ELSEWHERE = ("make ", "source ", "git ", "cd ", "pip ", "scripts/", "sbatch ", "qsub ", "bsub ", "#", "python ")
COMPUTING = ("sweep", "fit-ips", "reproduce")  # these have --dry-run
OWN = {"my_sweep", "my_rate", "bilinear", "kink"}  # of the guide's own examples, run below


def block(start: str) -> str:
    """The one code block that starts with this text."""
    found: list[str] = [body for _, body in BLOCKS if body.startswith(start)]
    assert len(found) == 1, start
    return found[0]


def test_every_command_is_of_a_known_kind() -> None:
    unknown = [line for line in COMMANDS if not line.startswith(("mtam ", *ELSEWHERE))]
    assert not unknown
    assert len(MTAM) > 8


@pytest.mark.parametrize("line", dict.fromkeys(MTAM))
def test_commands_are_understood(line: str, mtam: Mtam, here: Path) -> None:
    words = shlex.split(line)[1:]
    if any(name in word for word in words for name in OWN) or "DIR" in words or "slurm" in words or "executor" in words:
        pytest.skip("needs a file or a folder of its own")
    rng = np.random.default_rng(0)
    np.savez(here / "FILE.npz", X=rng.standard_normal((300, 3, 4)), Y=rng.standard_normal((300, 3)))
    sizes = np.tile(np.geomspace(100, 6400, 7).astype(int), 3)
    errors = sizes**-0.5 * np.exp(0.05 * rng.standard_normal(21))
    pd.DataFrame({"n": sizes, "error": errors, "seed": np.repeat(range(3), 7)}).to_csv(here / "FILE.csv", index=False)
    n, d = (side.ravel() for side in np.meshgrid(np.geomspace(1e7, 1e9, 4), np.geomspace(1e9, 1e11, 4)))
    pd.DataFrame({"N": n, "D": d, "loss": 1.8 + 480 * n**-0.35 + 2000 * d**-0.37}).to_csv("RUNS.csv", index=False)
    if words[0] == "check":
        words = ["config", *words]
    said = mtam(*words, *(["--dry-run"] if words[0] in COMPUTING else []))
    assert said.code == 0, said.err


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text(), flags=re.MULTILINE))
    named = {word for line in COMMANDS if line.startswith("make ") for word in line.split()[1:] if "=" not in word}
    assert named <= targets


def test_files_that_are_named_exist() -> None:
    for path in re.findall(r"\]\((?:\.\./)*((?:outputs|src)/[^)]+)\)|`((?:scripts|conf|tests)/[\w./-]+\.\w+)`", TEXT):
        name = path[0] or path[1]
        assert (REPO / name).exists() or "my_sweep" in name or "bilinear" in name, name


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources and the configuration in a folder of their own, as a new user has them."""
    copytree(REPO / "src", tmp_path / "src")  # with compiled kernels: their stamps, times of the sources, are kept
    copytree(REPO / "conf", tmp_path / "conf")
    return tmp_path


def run(copy: Path, line: str, *more: str) -> str:
    """A command of the guide in the copy."""
    code = "from mtam.cli import main; main()"
    words = [sys.executable, "-c", code, *shlex.split(line)[1:], *more]
    done = subprocess.run(words, cwd=copy, env=_environment(copy), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def _environment(copy: Path) -> dict[str, str]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(copy / "src"), "HOME": str(copy), **threads}


def insert(file: Path, before: str, text: str) -> None:
    """Put a line of the guide into a source file."""
    content = file.read_text()
    assert content.count(before) == 1
    file.write_text(content.replace(before, text + before))


def test_a_sweep_of_ones_own_runs_resumes_and_reports(copy: Path) -> None:
    (copy / "conf" / "sweep" / "my_sweep.yaml").write_text(block("# @package _global_\n# Title: does label noise"))
    (line,) = [line for line in MTAM if "my_sweep" in line]
    cheap = ("sweep.n_max=128", "model.steps=5", "data.test=64", "--out", "mine", "--launcher", "inline")
    run(copy, line, *cheap)
    assert "Nothing was computed again" in run(copy, line, *cheap)
    assert (copy / "mine" / "report.html").exists()
    assert "noise = 0.05" in run(copy, "mtam report mine")


def test_a_problem_of_ones_own_is_written_and_planned(copy: Path) -> None:
    made, planned = [line for line in MTAM if "my_rate" in line]
    run(copy, made)
    assert (copy / "my_rate.py").exists()
    assert "trials" in run(copy, planned)


def test_a_target_of_ones_own_takes_one_file_and_one_line(copy: Path) -> None:
    (copy / "src" / "mtam" / "recall" / "simulate" / "kink.py").write_text(block('"""A kink across'))
    insert(copy / "src" / "mtam" / "recall" / "recall_variants.py", '    "matern": "mtam', block('    "kink"'))
    (line,) = [line for line in MTAM if "kink" in line]
    cheap = ("sweep.sizes=[32,64]", "sweep.seeds=2", "model.steps=5", "data.test=64", "--launcher", "inline")
    assert "kink" in run(copy, line, *cheap)


def test_an_estimator_of_ones_own_is_named_on_the_command_line(copy: Path) -> None:
    (copy / "my_estimators.py").write_text(block('"""g(x, y) = x'))
    (line,) = re.findall(r"^    (mtam sweep .*my_estimators.*)$", TEXT, flags=re.MULTILINE)
    cheap = ("sweep.sizes=[1000,2000]", "sweep.seeds=2", "--launcher", "inline", "--out", "mine")
    assert "own_interaction" in run(copy, line, *cheap)
    rows = pd.read_csv(copy / "mine" / "curve.csv")
    assert rows.loc[rows["model"] == "own_interaction", "a_cosine"].min() > 0.8


def test_an_estimator_of_ones_own_takes_one_file_and_one_line(copy: Path) -> None:
    (copy / "src" / "mtam" / "interaction" / "estimators" / "bilinear.py").write_text(
        block('"""Attention without an activation')
    )
    registry = copy / "src" / "mtam" / "interaction" / "interaction_variants.py"
    insert(registry, '    "ips_erm": Variant(f"{_SETTINGS}:IpsErmModel", _RUN, gpu=True)', block('    "bilinear"'))
    (line,) = [line for line in MTAM if "bilinear" in line]
    assert "bilinear" in run(
        copy, line, "sweep.n_min=1000", "sweep.n_max=2000", "sweep.seeds=2", "--launcher", "inline"
    )
    assert "attention without an activation, by least squares" in run(copy, "mtam list").lower()


def test_a_fit_comes_back_in_python(mtam: Mtam, here: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (400, 3, 2))
    u = np.einsum("mid,mjd->mij", x, x) * (1 - np.eye(3))
    np.savez(here / "FILE.npz", X=x, Y=np.tanh(u).sum(axis=2) / 2 + 0.1 * rng.standard_normal((400, 3)))
    assert mtam("fit-ips", "--data", "FILE.npz", "--rank", "1", "--out", "outputs/fit-own-HASH").code == 0
    names = {"X": x, "x": x[:5, 0], "y": x[:5, 1]}
    exec(block("import mtam\n\nmodel"), names)
    assert names["model"].predict(x).shape == (400, 3)  # type: ignore[attr-defined]


def test_arrays_are_fitted_in_python(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(block("import numpy as np\n\nimport mtam\n\nrng"), names)
    assert "Interaction regression" in capsys.readouterr().out
    assert names["model"].rank_ == 2
    assert names["model"].converged_


def test_a_sweep_runs_from_python(here: Path) -> None:
    body = block("import mtam\n\nrun")
    for said, cheap in (
        ("sweep.n_max=512", "sweep.n_max=128"),
        ('"sweep.seeds=2"', '"sweep.seeds=2", "model.steps=5", "data.test=64", "launcher=inline"'),
    ):
        assert body.count(said) == 1
        body = body.replace(said, cheap)
    names: dict[str, Any] = {}
    exec(body, names)
    assert len(names["again"].trials) == len(names["run"].trials) > 0
    assert (here / "outputs" / "from-python" / "manifest.json").exists()


def test_a_table_is_read_in_python(mtam: Mtam, capsys: pytest.CaptureFixture[str]) -> None:
    assert mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "outputs/alpha-HASH").code == 0
    exec(block("import pandas as pd\n"), {})
    assert len(capsys.readouterr().out.splitlines()) == 2 + 4  # two cells, two sizes


def test_the_ten_lines_of_the_readme_fit_what_they_draw(
    here: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del here
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("PYTHONPATH", str(REPO / "src"))
    body = block("import subprocess\n")
    assert len([line for line in body.splitlines() if line and not line.startswith("import")]) <= 10
    names: dict[str, Any] = {}
    exec(body, names)
    fitted = names["model"].g(names["X"][:, 0], names["X"][:, 1])
    assert np.mean((fitted - names["phi"][:, 0, 1]) ** 2) < 0.1 * np.var(names["phi"][:, 0, 1])
    capfd.readouterr()


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    assert len(README.encode()) <= 8000
    assert set(re.findall(r"\(src/mtam/guide/([a-z-]+)\.md\)", README)) == set(PAGES)


def test_the_table_of_claims_is_the_recorded_one() -> None:
    script = REPO / "scripts" / "guide_claims.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run python scripts/guide_claims.py\n{done.stderr}"
