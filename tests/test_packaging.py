"""The wheel carries its configuration and works from any folder, in an environment of its own."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(REPO)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def test_every_configuration_file_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"mtam/{path.relative_to(REPO)}" for path in (REPO / "conf").rglob("*.yaml")}
    assert wanted
    assert wanted <= names
    assert not {name for name in names if "conf/" in name} - wanted


def test_every_page_of_the_guide_is_in_the_wheel(wheel: Path) -> None:
    pages = {f"mtam/guide/{path.name}" for path in (REPO / "src" / "mtam" / "guide").glob("*.md")}
    assert pages
    assert pages <= set(zipfile.ZipFile(wheel).namelist())


def test_an_installed_wheel_lists_and_composes(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--quiet", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    # The dependencies come from the environment of the tests; a path file does not bring its editable mtam along.
    (site,) = home.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    env = {"PATH": os.environ["PATH"]}

    def mtam(*args: str) -> str:
        done = subprocess.run([home / "bin" / "mtam", *args], cwd=elsewhere, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run([python, "-c", "import mtam; print(mtam.__file__)"], env=env, capture_output=True, text=True)
    assert str(home) in where.stdout
    assert "alpha" in mtam("list")
    assert "data.alpha" in mtam("config", "sweep", "alpha")
    assert "Lemma 3.4" in mtam("guide", "checks")
