"""The rules of the house, so that the drawing cannot drift from the code."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

REPO = Path(__file__).resolve().parents[1]
SRC = REPO / "src" / "mtam"
MODULES = sorted(SRC.rglob("*.py"))
HEAVY = ("torch", "hydra", "omegaconf", "pandas", "matplotlib", "numba", "scipy")
ROOMS = ("recall", "interaction", "rates", "sweep", "report", "config", "cli", "lab", "results", "commands", "check")


def imports(path: Path, *, top_only: bool = False) -> Iterator[str]:
    """Every module that a file imports, also inside functions; names under TYPE_CHECKING do not count."""
    tree = ast.parse(path.read_text())
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in tree.body if top_only else ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def ours(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("mtam.")}


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_who_may_import_whom(path: Path) -> None:
    here, used, outside = room(path), ours(path), packages(path)
    if here in ("recall", "interaction"):
        assert used <= {here, "spec", "streams", "jit", "rates", "remark"}, f"{path}: {used}"
    if here == "rates":
        assert used <= {"rates"}
        assert outside <= {"numpy", "pandas", "mtam", *sys.stdlib_module_names}
    if here == "sweep":
        joining = {"config", "cli", "lab", "results", "commands", "check"}
        assert not used & {"recall", "interaction", "rates", "report", *joining}
    if here == "report":
        assert not used & {"recall", "interaction", "config", "cli", "lab", "results", "commands", "check"}
    if here == "check":
        assert not used & {"report", "config", "cli", "lab", "results", "commands"}
    if here == "finding":
        assert used <= {"spec"}
    if here == "remark":
        assert not used
    if here != "config":
        assert not outside & {"hydra", "omegaconf"}
    if here != "cli":
        assert "typer" not in outside
    if here != "report":
        assert "matplotlib" not in outside
    if path != SRC / "sweep" / "cluster.py":
        assert "submitit" not in outside
    assert "click" not in outside


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_no_module_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


def test_the_median_module_is_short() -> None:
    sizes = [len(path.read_text().splitlines()) for path in MODULES if path.name != "__init__.py"]
    assert median(sizes) <= 150


def test_configurations_cannot_run_code() -> None:
    for path in [*MODULES, *(REPO / "conf").rglob("*.yaml")]:
        text = path.read_text()
        assert "_target_" not in text, path
        assert "instantiate" not in text, path


def test_top_level_is_as_drawn() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=REPO, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    allowed = {"pyproject.toml", "README.md", "conf", "src", "tests", "scripts", "outputs", "Makefile"}
    assert {name for name in top if not name.startswith(".")} <= allowed | {"LICENSE", "CITATION.cff"}


@pytest.mark.parametrize("args", [["--help"], ["sweep", "--help"], ["check", "--help"], ["list"], ["--version"]])
def test_light_commands_import_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['mtam', *sys.argv[1:]]\n"
        "from mtam.cli import main\n"
        "try: main()\n"
        f"finally: print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip().endswith("[]"), done.stderr


def test_completion_imports_nothing_heavy() -> None:
    code = (
        "import sys, os; sys.argv = ['mtam']\n"
        "from mtam.cli import main\n"
        "try: main()\n"
        f"finally: print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    words = {"COMP_WORDS": "mtam sweep alpha data.al", "COMP_CWORD": "3", "_MTAM_COMPLETE": "complete_bash"}
    env = {"PATH": "/usr/bin:/bin", **words}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)
    assert done.stdout.split() == ["data.alpha="]
    assert done.stderr.strip().endswith("[]"), done.stderr
