"""The guide's notebook: written by a command, and run by Jupyter's kernel with worker processes of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mtam.runs.new_notebook import TOUR
from tests.conftest import REPO, Mtam

# In a process of its own: the client brings an event loop and warnings of its own.
EXECUTE = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""


def test_a_notebook_is_written_and_none_is_touched(mtam: Mtam, here: Path) -> None:
    done = mtam("new", "notebook", "mine")
    assert (done.code, done.out) == (0, "mine.ipynb\n")
    assert (here / "mine.ipynb").read_text() == TOUR.read_text()
    for name, sentence in (
        ("mine", "mine.ipynb is there already; give the notebook another name."),
        ("mine.ipynb", "mine.ipynb is there already; give the notebook another name."),
        ("../mine", "'../mine' is no name of a notebook; valid: letters, digits, _, - and dots."),
    ):
        refused = mtam("new", "notebook", name)
        assert (refused.code, refused.err) == (2, f"mtam: {sentence}\n")
    assert [path.name for path in here.iterdir()] == ["mine.ipynb"]


def test_the_notebook_holds_no_outputs() -> None:
    cells = json.loads(TOUR.read_text())["cells"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if "outputs" in cell)


@pytest.mark.parametrize("library", ["nbclient", "ipykernel"])
def test_jupyter_is_no_dependency(library: str) -> None:
    project = (REPO / "pyproject.toml").read_text()
    required, _, extras = project.partition("[project.optional-dependencies]")
    assert library not in required
    assert library in extras


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The outputs of every cell, by its id."""
    for library in ("nbclient", "ipykernel"):
        pytest.importorskip(library, reason="NOTEBOOK NOT RUN: pip install 'mtam[notebook]'")
    folder = tmp_path_factory.mktemp("notebook")
    file = folder / "tour.ipynb"
    file.write_text(TOUR.read_text())
    done = subprocess.run([sys.executable, "-c", EXECUTE, str(file)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list((folder / "outputs" / "tour" / "records").glob("*.json"))) == 3 * 5 * 16
    return {cell["id"]: cell.get("outputs", []) for cell in json.loads(file.read_text())["cells"]}


def html(outputs: list[dict[str, Any]]) -> str:
    """The rich representation that a cell ends with."""
    return "".join(outputs[-1]["data"]["text/html"])


def test_every_cell_says_what_it_should(shown: dict[str, list[dict[str, Any]]]) -> None:
    assert "run of gaussian_mean: 240 trials" in html(shown["run"])
    judged = html(shown["judgements"])
    assert "contradicted" in judged
    assert "supported" in judged
    assert "sample_mean" in html(shown["fit-rates"])
    assert "image/png" in shown["figure"][-1]["data"]
    assert "image/png" in shown["curve"][-1]["data"]
    assert "Interaction regression" in str(shown["fit"][-1]["data"])
    assert float("".join(shown["score"][-1]["data"]["text/plain"])) > 0.5  # 1 - 0.09/(0.09 + Var g) at best
    told = [output for outputs in shown.values() for output in outputs if output["output_type"] == "stream"]
    assert not [output for output in told if "Traceback" in str(output)]
