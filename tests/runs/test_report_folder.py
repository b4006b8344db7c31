"""What there is to look at is told once: nobody relies on another command to end the program."""

import json
from pathlib import Path

import pytest

from mtam.runs import judge_folder, report_folder
from tests.conftest import TINY, Mtam


@pytest.fixture
def reproduced(mtam: Mtam, here: Path) -> Path:
    """A reproduction of one tiny sweep."""
    assert mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "all/run", "-q").code == 0
    judge_folder.remember(here / "all", "smoke", [here / "all" / "run"])
    return here / "all"


def test_a_reproduction_is_judged_and_nothing_more(reproduced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert report_folder.report(reproduced, as_json=True, quiet=False, tables=False) == 0
    said = capsys.readouterr()
    assert set(json.loads(said.out)) == {"out", "claims"}
    assert (reproduced / "report.html").is_file()


def test_strict_claims_exit_one_where_one_is_contradicted(
    reproduced: Path, mtam: Mtam, monkeypatch: pytest.MonkeyPatch
) -> None:
    for found in (False, True):
        monkeypatch.setattr(judge_folder, "contradicted", lambda _rows, found=found: found)
        assert mtam("claims", str(reproduced), "-q").code == 0
        assert mtam("claims", str(reproduced), "-q", "--strict").code == int(found)
