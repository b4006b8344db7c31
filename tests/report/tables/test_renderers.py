"""The same cells on the terminal, in CSV, in JSON: no number is lost, no missing one invented."""

import csv
import io
import json
from math import inf, nan

import pytest
from rich.console import Console

from mtam.base.table import Cell, Estimate, SweepAnswer, Table
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict
from mtam.report.page_parts import sheet
from mtam.report.tables.cell_text import answer_text, cell_text
from mtam.report.tables.table_csv import table_csv
from mtam.report.tables.table_json import answers_json, tables_json
from mtam.report.tables.terminal_grid import Layout, terminal_grid

JUDGEMENT = Judgement(Verdict.CONTRADICTED, Interval(-0.5, -0.6, inf), "the interval excludes -0.8")
TABLE = Table(
    name="every_kind",
    title="Every kind of cell",
    headings=["cell", "slope", "risk", "verdict", "true", "n"],
    rows=[
        ["one", Interval(-0.8, -0.9, -0.7), Estimate(value=0.123456, se=0.01), JUDGEMENT, True, 64],
        ["two", Interval.above(16.0), 0.5, None, False, None],
    ],
    formats={"slope": ".2f", "risk": ".3g±.1g"},
)


@pytest.mark.parametrize(
    ("cell", "form", "text"),
    [
        (Interval(-0.81234, -0.85, -0.77), "", "-0.812 [-0.850, -0.770]"),
        (Interval(-0.81234, -inf, -0.77), ".2f", "-0.81 [open, -0.77]"),
        (Interval(12345.0, 0.00001, inf), "#3", "1.23e+04 [1.00e-05, open]"),
        (Interval.above(16), ".3g", "> 16"),
        (Interval.up_to(2), ".3g", "<= 2"),
        (Interval(nan, -inf, inf), "", "-"),
        (Estimate(value=0.123456, se=0.0123), "#3±#2", "0.123 ± 0.012"),
        (Estimate(value=2.0, se=0.0), ".2f", "2.00 ± 0.00"),
        (JUDGEMENT, "", "contradicted"),
        (JUDGEMENT.outside, "", "outside (contradicted)"),
        (Verdict.UNDECIDED, "", "undecided"),
        (0.125, ".1%", "12.5%"),
        (7, ".1f", "7.0"),
    ],
)
def test_how_a_cell_looks(cell: Cell, form: str, text: str) -> None:
    assert cell_text(cell, form) == text


def test_every_number_has_a_column_of_its_own_in_csv() -> None:
    one, two = csv.DictReader(io.StringIO(table_csv(TABLE)))
    assert one == {
        "cell": "one", "slope": "-0.8", "slope_low": "-0.9", "slope_high": "-0.7", "risk": "0.123456",
        "risk_se": "0.01",
        "verdict": "contradicted", "verdict_value": "-0.5", "verdict_low": "-0.6", "verdict_high": "",
        "verdict_because": "the interval excludes -0.8", "true": "True", "n": "64",
    }  # fmt: skip
    assert (two["slope"], two["slope_low"], two["slope_high"]) == ("", "16.0", "")
    assert (two["risk"], two["risk_se"], two["verdict"]) == ("0.5", "", "")


def test_json_has_value_ends_and_verdict_and_no_nan() -> None:
    (table,) = json.loads(json.dumps(tables_json([TABLE]), allow_nan=False))
    one, two = table["rows"]
    assert one["slope"] == {"value": -0.8, "low": -0.9, "high": -0.7}
    assert one["risk"] == {"value": 0.123456, "se": 0.01}
    said = {"verdict": "contradicted", "value": -0.5, "low": -0.6, "high": None}
    assert one["verdict"] == said | {"because": "the interval excludes -0.8"}
    assert two["slope"] == {"value": None, "low": 16.0, "high": None}
    assert two["verdict"] is None


def test_an_answer_is_a_sentence_and_its_figures() -> None:
    answer = SweepAnswer(
        key="gap", sentence="risk x {gap:.3g}, {missing}", figures={"gap": Interval(2.0, 1.5, 2.5), "missing": None}
    )
    assert answer_text(answer) == "risk x 2 [1.5, 2.5], -"
    (told,) = answers_json([answer])
    assert told["answer"] == answer_text(answer)
    assert told["figures"]["gap"] == {"value": 2.0, "low": 1.5, "high": 2.5}


def test_the_terminal_and_the_page_show_the_same_text() -> None:
    console = Console(width=200, record=True)
    with console.capture() as captured:
        console.print(terminal_grid(TABLE))
    page = sheet(TABLE)
    for row in page.rows:
        assert all(text in captured.get() for text in row)
    assert page.right == [False, True, True, True, True, True]


def test_a_judgement_may_say_why() -> None:
    console = Console(width=200, record=True)
    with console.capture() as captured:
        console.print(terminal_grid(TABLE, Layout(reasons=True)))
    assert "contradicted: the interval excludes -0.8" in captured.get()


def test_nan_is_no_cell() -> None:
    with pytest.raises(ValueError, match="finite"):
        Table(name="t", title="", headings=["a"], rows=[[nan]])
