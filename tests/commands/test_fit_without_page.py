"""A fit whose numbers alone are wanted loads nothing that draws; the page comes when it is asked for."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPO, Mtam

FIT = ("fit-ips", "--d", "2", "--rank", "1", "--samples", "300", "--tokens", "4", "--out", "fit")
ALWAYS_ABSENT = ("torch", "scipy.interpolate", "scipy.stats", "submitit", "tensorboard")
DRAWING = ("matplotlib", "pandas", "mtam.report.page")


def loaded(here: Path, names: tuple[str, ...], *options: str) -> list[str]:
    """Which of these modules a process of its own has loaded at the end of the fit."""
    code = (
        f"import sys; sys.argv = ['mtam', *{[*FIT, *options]!r}]\n"
        "from mtam.cli import main\n"
        f"try: main()\nfinally: print(*[m for m in {names!r} if m in sys.modules], file=sys.stderr)"
    )
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPO / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=here, env=env, capture_output=True, text=True, check=True
    )  # fmt: skip
    return done.stderr.splitlines()[-1].split()


def test_what_a_fit_loads(here: Path) -> None:
    assert loaded(here, (*ALWAYS_ABSENT, *DRAWING), "--no-page") == []
    assert not (here / "fit" / "report.html").exists()
    assert loaded(here, (*ALWAYS_ABSENT, *DRAWING), "--force") == list(DRAWING)
    assert (here / "fit" / "report.html").is_file()


def test_the_page_comes_when_it_is_asked_for(here: Path, mtam: Mtam) -> None:
    said = mtam(*FIT, "--no-page")
    assert "Nothing was drawn; the page: mtam report fit" in said.prose
    without = json.loads((here / "fit" / "summary.json").read_text())
    assert sorted(path.name for path in (here / "fit").iterdir()) == sorted(
        ["config.yaml", "manifest.json", "records", "summary.json", *without["files"]]
    )
    assert mtam("report", "fit").code == 0
    drawn = json.loads((here / "fit" / "summary.json").read_text())
    assert drawn["summary"] == without["summary"]
    assert {"report.html", "fit.png", "fit.svg", "fit.csv"} <= set(drawn["files"])
    page = (here / "fit" / "report.html").read_bytes()
    assert mtam(*FIT, "--no-page").out.splitlines()[-1].endswith("report.html")  # of these records: it stays
    assert (here / "fit" / "report.html").read_bytes() == page


def test_no_page_of_other_records_is_left(here: Path, mtam: Mtam) -> None:
    """Nor is anything removed that is no drawing of the fit."""
    assert mtam(*FIT).code == 0
    drawn = {path for path in (here / "fit").iterdir() if path.stem in ("fit", "report")}
    assert {path.name for path in drawn} == {"fit.png", "fit.svg", "fit.csv", "report.html"}
    kept = here / "fit" / "kept.png"
    kept.write_text("mine")
    assert mtam(*FIT, "--no-page", "--force").code == 0
    assert not [path for path in drawn if path.exists()]
    assert kept.read_text() == "mine"
