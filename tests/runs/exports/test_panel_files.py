"""--format and --style on the commands that draw."""

from pathlib import Path

import pytest

from mtam.base.errors import UsageError
from mtam.runs.exports import panel_files
from tests.conftest import TINY, Mtam


@pytest.mark.slow
def test_a_sweep_and_its_report_leave_panels_and_say_where(mtam: Mtam, here: Path) -> None:
    run = ("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "run", "--format", "pdf")
    assert mtam(*run, "--dry-run").code == 0
    assert not list(here.iterdir())
    said = mtam(*run)
    assert said.code == 0, said.err
    assert "run/figures" in said.out
    drawn = {path.name for path in (here / "run" / "figures").iterdir()}
    assert {"curves-1.pdf", "curves-2.pdf"} <= drawn
    assert all(name.endswith(".pdf") for name in drawn)
    assert mtam("report", "run", "--format", "svg,png", "--style", "talk", "-q").code == 0
    ends = {path.suffix for path in (here / "run" / "figures").iterdir()}
    assert ends == {".pdf", ".svg", ".png"}


def test_a_check_leaves_panels(mtam: Mtam, here: Path) -> None:
    assert mtam("check", "entropy", "--out", "found", "--style", "ggplot", "-q").code == 0
    assert list((here / "found" / "figures").glob("*.pdf"))


def test_a_mistake_is_one_sentence_before_anything_is_run(mtam: Mtam, here: Path) -> None:
    for words, sentence in ((("--format", "gif"), "valid: png, svg, pdf"), (("--style", "fancy"), "valid: paper")):
        said = mtam("sweep", "alpha", *TINY, "--out", "run", *words)
        assert said.code == 2
        assert sentence in said.err
        assert len(said.err.splitlines()) == 1
        assert not list(here.iterdir())
    with pytest.raises(UsageError, match="nothing is unknown"):
        panel_files.wanted("pdf,", None)
    assert panel_files.wanted(None, None) is None
