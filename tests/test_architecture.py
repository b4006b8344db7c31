"""The rules of the house, so that the drawing cannot drift from the code."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtam.base import columns

REPO = Path(__file__).resolve().parents[1]
SRC = REPO / "src" / "mtam"
MODULES = sorted(SRC.rglob("*.py"))
NAMED = [path for path in MODULES if path.name != "__init__.py"]
HEAVY = ("torch", "hydra", "omegaconf", "pandas", "matplotlib", "numba", "scipy")
MOST_FILES = 15  # in a folder
MOST_LINES = 500  # of a module
MOST_PARAMETERS = 8  # of a function, compiled kernels aside

# What every room may import of the others; what is not listed may import nothing but itself.
MAY_IMPORT = {
    "base": {"rates"},
    "rates": set(),
    "problems": {"base", "rates"},
    "recall": {"base", "rates"},
    "interaction": {"base", "rates"},
    "sweep": {"base", "problems"},
    "config": {"base", "problems", "sweep", "interaction"},
    "analysis": {"base", "problems", "rates", "sweep"},
    "checks": {"base", "interaction", "rates", "recall", "sweep"},
    "guide": {"base"},
    "report": {"analysis", "base", "problems", "rates", "sweep"},
    "claims": {"analysis", "base", "checks", "problems", "rates", "sweep"},
    "runs": {
        "analysis",
        "base",
        "checks",
        "claims",
        "config",
        "guide",
        "interaction",
        "problems",
        "rates",
        "report",
        "sweep",
    },
    "cli": {"base", "config", "guide", "problems", "runs", "sweep"},
    "__init__": {"interaction", "runs"},
    "__main__": {"cli"},
}


def imports(path: Path, *, guarded: bool = False) -> Iterator[str]:
    """Every module that a file imports, also inside functions; ``guarded``: also under TYPE_CHECKING."""
    tree = ast.parse(path.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped and not guarded:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(path: Path) -> str:
    """The dotted name of a file."""
    return ".".join(("mtam", *path.relative_to(SRC).with_suffix("").parts)).removesuffix(".__init__")


def known_module(word: str, known: dict[str, Path]) -> str | None:
    """The module that an imported name is or lies in, but for packages: to import from one is to import its module."""
    return word if word in known and known[word].name != "__init__.py" else None


def room(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def ours(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("mtam.")}


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_who_may_import_whom(path: Path) -> None:
    here, used, outside = room(path), ours(path), packages(path)
    if path == SRC / "sweep" / "__init__.py":  # the room's name is that of a function as well, which runs a sweep
        used -= {"runs"}
    if path == SRC / "problems" / "examples" / "state_space.py":  # as a user's file, which may use all
        used -= {"recall"}
    assert used <= MAY_IMPORT[here] | {here, "__version__"}, f"{path}: {used}"
    if here == "rates":
        assert outside <= {"numpy", "pandas", "mtam", *sys.stdlib_module_names}
    if here != "config":
        assert not outside & {"hydra", "omegaconf"}
    if here != "cli":
        assert "typer" not in outside
    if here != "report":
        assert "matplotlib" not in outside
    if path != SRC / "sweep" / "cluster" / "slurm.py":
        assert "submitit" not in outside
    assert "click" not in outside


def test_a_folder_can_be_seen_at_a_glance() -> None:
    counts = Counter(path.parent for path in NAMED)
    assert not {str(folder): number for folder, number in counts.items() if number > MOST_FILES}


def test_no_two_modules_and_no_two_classes_share_a_name() -> None:
    stems = Counter(path.stem for path in NAMED)
    assert not {stem for stem, number in stems.items() if number > 1}
    classes = Counter(
        node.name
        for path in MODULES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name != "Settings"
    )
    assert not {name for name, number in classes.items() if number > 1}


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Type-only imports count: what two modules share has a file of its own."""
    known = {module_of(path): path for path in MODULES}
    graph = {
        name: {found for word in imports(path, guarded=True) if (found := known_module(word, known)) and found != name}
        for name, path in known.items()
    }
    left = dict(graph)
    while True:  # modules that import nothing that is left stand in no circle
        free = {name for name, used in left.items() if not used & left.keys()}
        if not free:
            break
        left = {name: used for name, used in left.items() if name not in free}
    inside = {name for name in left if any(name in used for used in left.values())}
    assert not inside


def test_column_names_stand_once() -> None:
    """What more than one room reads from a record is called by its constant of ``base.columns``."""
    constants = {value for name, value in vars(columns).items() if name.isupper() and isinstance(value, str)}
    names = constants - {"error", "converged", "intervals"}  # words of many other things too
    assert names
    told = []
    for path in MODULES:
        tree = ast.parse(path.read_text())
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
        told += [
            f"{path.relative_to(SRC)}:{node.lineno} {node.value!r}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and node.value in names and id(node) not in parts
            if path.name != "columns.py"
        ]
    assert not told


def test_modules_fit_a_sitting() -> None:
    assert not {str(path) for path in MODULES if len(path.read_text().splitlines()) > MOST_LINES}


def test_functions_have_few_parameters() -> None:
    """Compiled kernels take arrays one by one, and the commands of the command line have one parameter per option."""
    told = []
    for path in MODULES:
        if room(path) == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef) or any("kernel" in ast.unparse(d) for d in node.decorator_list):
                continue
            count = len(node.args.args) + len(node.args.kwonlyargs)
            count -= bool(node.args.args) and node.args.args[0].arg in ("self", "cls")
            if count > MOST_PARAMETERS:
                told.append(f"{path.relative_to(SRC)}:{node.lineno} {node.name} ({count})")
    assert not told


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
    assert {name for name in top if not name.startswith(".")} <= allowed | {"LICENSE", "CITATION.cff", "CHANGELOG.md"}


@pytest.mark.parametrize(
    "args",
    [["--help"], ["sweep", "--help"], ["check", "--help"], ["list"], ["guide"], ["guide", "claims"], ["--version"]],
)
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
