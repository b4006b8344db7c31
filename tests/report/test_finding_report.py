"""A finding on the terminal, in CSV and as a picture: nothing lost, nothing invented."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError
from rich.console import Console

from mtam.base.finding import Finding, JudgedStatement, Panel, Series
from mtam.base.table import Cell, Estimate, Table
from mtam.rates.verdict import Verdict
from mtam.report import finding_report
from mtam.report.tables.cell_text import cell_text

FINDING = Finding(
    name="demo",
    title="A demonstration",
    source="no paper",
    statement="two is more than one",
    assumptions=["numbers exist"],
    if_false="the ratio would be at most 1",
    verdicts=[JudgedStatement(key="more", claim="two is more", said=Verdict.SUPPORTED, because="ratio 2 ± 0.1")],
    tables=[
        Table(
            name="ratios",
            title="Ratios of things",
            headings=["law", "N", "ratio"],
            rows=[["cube", 3, Estimate(value=2.0, se=0.1)], ["sphere", 5, None]],
        )
    ],
    panels=[
        Panel(
            title="ratios",
            x_label="N",
            y_label="ratio",
            series=[Series(label="cube", x=[1.0, 2.0], y=[2.0, 3.0], se=[0.1, 0.2], colour=0)],
            log_y=True,
            level=1.0,
            level_label="bound",
        ),
        Panel(
            title="by law",
            x_label="",
            y_label="",
            series=[Series(label="", x=[0], y=[1.0])],
            categories=["cube"],
        ),
    ],
    notes=["A note."],
)


def test_files(tmp_path: Path) -> None:
    written = finding_report.write(FINDING, tmp_path)
    assert [path.name for path in written] == ["ratios.csv", "demo.png", "demo.svg"]
    assert written == finding_report.files(FINDING, tmp_path)
    assert (tmp_path / "ratios.csv").read_text() == "law,N,ratio,ratio_se\ncube,3,2.0,0.1\nsphere,5,,\n"


def test_screen() -> None:
    console = Console(width=120, file=None, record=True, quiet=False)
    with console.capture() as captured:
        for what in finding_report.screen(FINDING):
            console.print(what)
    for text in (
        "A demonstration  (no paper)",
        "assumed: numbers exist",
        "were it false",
        "Ratios of things",
        "2.00 ± 0.10",
    ):
        assert text in captured.get()
    assert "supported" in captured.get()
    assert "A note." in captured.get()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (7, "7"),
        (10**6, "1000000"),
        (10**10, "1e+10"),
        (0.00261, "0.00261"),
        (Estimate(value=0.5, se=0.0), "0.5"),
        (Estimate(value=0.9968, se=0.0044), "0.997 ± 0.004"),
        (Estimate(value=0.9968, se=0.0012), "0.9968 ± 0.0012"),
        (Estimate(value=0.9968, se=0.0099), "0.997 ± 0.010"),
        (Estimate(value=0.002612, se=0.000031), "(2.61 ± 0.03)e-03"),
        (Estimate(value=0.84404, se=0.00008), "0.8440 ± 0.0001"),
        (Estimate(value=3.785, se=0.0014), "3.785 ± 0.001"),
        (Estimate(value=2.47123e-4, se=1.4e-7), "(2.47 ± 1e-03)e-04"),
        (Estimate(value=-0.5, se=0.3), "-0.5 ± 0.3"),
        (Estimate(value=123456.0, se=2000.0), "(1.23 ± 0.02)e+05"),
        (Estimate(value=0.0, se=0.1), "0.00 ± 0.10"),
        (Estimate(value=31.0, se=20.0), "31 ± 20"),
        (Estimate(value=9.0, se=1e-18), "9"),
        ("cube", "cube"),
    ],
)
def test_cells(cell: Cell, text: str) -> None:
    assert cell_text(cell) == text


def test_a_finding_survives_json() -> None:
    assert Finding.model_validate_json(FINDING.model_dump_json()) == FINDING


def test_a_finding_of_an_older_version_is_read() -> None:
    """Tables had no formats and no other whole file then."""
    tree = FINDING.model_dump(mode="json")
    for table in tree["tables"]:
        del table["formats"], table["whole"]
    assert Finding.model_validate_json(json.dumps(tree)) == FINDING


def test_the_papers_are_told_by_the_source() -> None:
    assert FINDING.papers == ()
    assert FINDING.model_copy(update={"source": "paper B, Lemma 3.4"}).papers == ("zucker2025",)


def test_what_cannot_be_a_finding() -> None:
    with pytest.raises(ValidationError, match="2 cells under 1 headings"):
        Table(name="t", title="", headings=["a"], rows=[[1, 2]])
    with pytest.raises(ValidationError, match="differ in length"):
        Series(label="s", x=[1.0], y=[1.0, 2.0])
    with pytest.raises(ValidationError, match="finite"):
        Estimate(value=float("nan"), se=0.0)
    with pytest.raises(ValidationError, match="share a name"):
        Finding.model_validate(FINDING.model_dump() | {"tables": [FINDING.tables[0]] * 2})
