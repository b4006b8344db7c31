"""mtam list: one group or all of them, with the problems of installed packages, as wide as the screen."""

import json
from pathlib import Path

import pytest

from tests.conftest import Mtam


def test_one_group(mtam: Mtam) -> None:
    whole = json.loads(mtam("list", "--json").out)
    assert json.loads(mtam("list", "sweep", "--json").out) == {"sweep": whole["sweep"]}
    assert mtam("list", "launcher").out.splitlines()[0] == "launcher"
    assert "entry points of the group mtam.problems" in mtam("list", "problem").out


@pytest.mark.parametrize(("word", "told"), [("alpha", "mtam sweep alpha runs it"), ("sweeps", "did you mean sweep?")])
def test_no_group_is_one_sentence(word: str, told: str, mtam: Mtam) -> None:
    said = mtam("list", word)
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert told in said.err


def test_installed_problems_are_listed_and_not_imported(
    mtam: Mtam, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site: Path = tmp_path_factory.mktemp("site")
    (site / "rate_of_means.py").write_text("raise SystemExit('imported')\n")
    info = site / "rate_of_means-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: rate-of-means\nVersion: 1.2\nSummary: means of Gaussians\n"
    )
    (info / "entry_points.txt").write_text("[mtam.problems]\ngaussian_mean = rate_of_means:PROBLEM\n")
    monkeypatch.syspath_prepend(site)
    told = json.loads(mtam("list", "--json").out)["problem"]
    assert told == {"gaussian_mean": "rate-of-means 1.2: means of Gaussians"}
    assert "gaussian_mean" in mtam("list").out


@pytest.mark.parametrize("width", [60, 80])
def test_titles_wrap_under_their_beginning(width: int, mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mtam("list").out
    monkeypatch.setenv("COLUMNS", str(width))
    lines = mtam("list").out.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) > len(whole.splitlines())
    assert " ".join(" ".join(lines).split()) == " ".join(whole.split())
