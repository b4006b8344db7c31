"""The wheel carries its configuration and works from any folder, in an environment of its own."""

import email
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

REPO = Path(__file__).resolve().parents[1]


def built(kind: str, out: Path) -> Path:
    """The one file of a wheel or an sdist that is built into ``out``."""
    command = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", str(out), str(REPO)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = out.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", tmp_path_factory.mktemp("dist"))


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


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and an empty folder to work in."""

    home: Path
    folder: Path

    def install(self, what: Path) -> None:
        """Without dependencies and without asking an index, for the build neither."""
        python = str(self.home / "bin" / "python")
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-build-isolation", "-q"]
        done = subprocess.run([*pip, str(what)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def run(self, program: str, *words: str) -> str:
        """What a program of the environment says."""
        env = {"PATH": os.environ["PATH"]}
        command = [str(self.home / "bin" / program), *words]
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    home = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    # The dependencies come from the environment of the tests; a path file does not bring its editable mtam along.
    (site,) = home.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    found = Installed(home, tmp_path_factory.mktemp("elsewhere"))
    found.install(wheel)
    return found


def test_an_installed_wheel_lists_and_composes(installed: Installed) -> None:
    assert str(installed.home) in installed.run("python", "-c", "import mtam; print(mtam.__file__)")
    assert "alpha" in installed.run("mtam", "list")
    assert "data.alpha" in installed.run("mtam", "config", "sweep", "alpha")
    assert "Lemma 3.4" in installed.run("mtam", "guide", "checks")


SCRIPT = """
import mtam

run = mtam.sweep("my_rate", "sweep.seeds=3", "sweep.n_max=128", out="run", workers=2)
assert not run.failures and not run.missing, run.failures
again = mtam.load_run("run")
assert len(again.trials) == len(run.trials) == 3 * 2 * 3
fitted = mtam.fit_rates(again.trials, cell="model")
print(len(fitted.rates), set(again.judgements["id"]) - {""})
"""


def test_a_package_of_the_guide_brings_a_problem_to_an_installed_wheel(installed: Installed, tmp_path: Path) -> None:
    """Worker processes as well, from a script that has no guard, in a folder that holds nothing else."""
    page = (REPO / "src" / "mtam" / "guide" / "own-problem.md").read_text()
    (project,) = re.findall(r"^```toml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    installed.run("mtam", "new", "problem", "my_rate")
    (tmp_path / "my_rate_problem").mkdir()
    (installed.folder / "my_rate.py").rename(tmp_path / "my_rate_problem" / "__init__.py")
    (tmp_path / "pyproject.toml").write_text(project)
    installed.install(tmp_path)
    assert "my-rate-problem 1.0" in installed.run("mtam", "list", "problem")
    assert "trials would be computed" in installed.run("python", "-m", "mtam", "sweep", "my_rate", "--dry-run")
    (installed.folder / "script.py").write_text(SCRIPT)
    said = installed.run("python", "script.py")
    assert "3 {" in said
    assert "my-rate-control" in said


def test_workflow_calls_targets_that_exist_on_every_version() -> None:
    workflow = yaml.safe_load((REPO / ".github" / "workflows" / "test.yml").read_text())
    jobs = workflow["jobs"]
    assert jobs["linux"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    targets = set(re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text(), flags=re.MULTILINE))
    called = {command.split()[1] for command in commands}
    assert called == {"test", "test-bits"}
    assert called <= targets


def test_hooks_and_issue_forms_can_be_read() -> None:
    hooks = yaml.safe_load((REPO / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert [hook["id"] for hook in hooks] == ["ruff-format", "ruff-check", "mypy"]
    forms = sorted((REPO / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert len(forms) == 2
    for form in forms:
        tree = yaml.safe_load(form.read_text())
        ids = [part["id"] for part in tree["body"]]
        assert tree["name"]
        assert tree["description"]
        assert len(set(ids)) == len(ids)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("sdist", tmp_path_factory.mktemp("sdist"))


def test_the_sdist_has_what_the_tests_read(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    read = [path for folder in ("src", "conf", "tests", "scripts") for path in (REPO / folder).rglob("*")]
    read = [path for path in read if path.is_file() and "__pycache__" not in path.parts]
    read += [REPO / name for name in ("Makefile", "README.md", "pyproject.toml", ".github/workflows/test.yml")]
    read += (REPO / "outputs" / "reference").rglob("*.csv")
    assert not {str(path.relative_to(REPO)) for path in read} - names


def test_the_wheel_made_of_the_sdist_is_the_wheel_of_the_checkout(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(unpacked)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = tmp_path.glob("*.whl")
    here, there = zipfile.ZipFile(wheel), zipfile.ZipFile(built)
    assert {name: here.read(name) for name in here.namelist()} == {n: there.read(n) for n in there.namelist()}


def test_the_metadata_name_authors_papers_and_the_versions_that_are_tested(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith("METADATA"))
    told = email.message_from_bytes(archive.read(name))
    assert told["Author"]
    assert told["License-Expression"] == "MIT"
    assert told["Requires-Python"] == ">=3.11"
    papers = re.findall(r"arXiv:(\S+?),", (REPO / "CITATION.cff").read_text())
    assert {address.rpartition("/")[2] for address in told.get_all("Project-URL", [])} == set(papers)
    versions = {line.rpartition(" ")[2] for line in told.get_all("Classifier", []) if ":: 3." in line}
    workflow = yaml.safe_load((REPO / ".github" / "workflows" / "test.yml").read_text())
    assert versions == set(workflow["jobs"]["linux"]["strategy"]["matrix"]["python"])


def pinned(path: Path) -> dict[str, str]:
    """The versions in a file of pins, by normalised name."""
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins}


def test_the_lock_holds_every_dependency_in_the_versions_of_the_constraints() -> None:
    locked, constrained = (pinned(REPO / "scripts" / name) for name in ("lock.txt", "constraints.txt"))
    both = locked.keys() & constrained.keys()
    assert len(both) > 30
    assert {name: locked[name] for name in both} == {name: constrained[name] for name in both}
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["recall"], *extras["dev"]]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[<>=;\[ ]", each)[0]).lower() for each in wanted}
    assert not names - locked.keys()
    assert "--hash=sha256:" in (REPO / "scripts" / "lock.txt").read_text(encoding="utf-8")
