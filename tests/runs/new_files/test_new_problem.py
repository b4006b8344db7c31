"""``mtam new problem``: a file that runs and a test that passes, and nothing that was there is touched."""

import subprocess
import sys
from pathlib import Path

import pytest

from mtam.cli.new_files.new import EXAMPLES
from mtam.problems.problem_files import load_file
from tests.conftest import REPO, Mtam


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_becomes_a_problem_of_the_new_name(example: str, mtam: Mtam, here: Path) -> None:
    done = mtam("new", "problem", "my_own", "--from", example)
    assert done.code == 0, done.err
    assert done.out.splitlines()[:2] == ["my_own.py", "test_my_own.py"]
    assert load_file(Path("my_own.py")).name == "my_own"
    assert "trials would be computed" in mtam("sweep", "my_own.py", "--dry-run").out
    text = (here / "my_own.py").read_text()
    assert example not in text
    assert len(text.splitlines()) <= 400


def test_the_examples_are_those_of_the_folder() -> None:
    folder = REPO / "src" / "mtam" / "problems" / "examples"
    assert set(EXAMPLES) == {path.stem for path in folder.glob("*.py")} - {"__init__"}


@pytest.mark.slow
def test_the_written_test_passes(mtam: Mtam, here: Path) -> None:
    assert mtam("new", "problem", "my_own").code == 0
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_own.py"]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Mine",), "'Mine' is no name of a problem; valid: a small letter, then small letters, digits and _."),
        (("recall",), "recall is the name of a built-in problem; give it another one."),
        (("mine", "--from", "kernel"), "--from kernel: there is no such example; did you mean kernel_ridge?"),
        (("taken",), "taken.py is there already; give the problem another name."),
        (("tested",), "test_tested.py is there already; give the problem another name."),
    ],
)
def test_what_cannot_be_begun_is_a_sentence_and_writes_nothing(
    words: tuple[str, ...], sentence: str, mtam: Mtam, here: Path
) -> None:
    (here / "taken.py").write_text("mine\n")
    (here / "test_tested.py").write_text("mine\n")
    done = mtam("new", "problem", *words)
    assert (done.code, done.err) == (2, f"mtam: {sentence}\n")
    assert sorted(path.name for path in here.iterdir()) == ["taken.py", "test_tested.py"]
    assert {path.read_text() for path in here.iterdir()} == {"mine\n"}
