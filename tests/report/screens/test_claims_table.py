"""Claims on the terminal: a line each, the table on demand."""

import io

from rich.console import Console

from mtam.base.table import Table
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict
from mtam.report.screens import claims_table

HEADINGS = ["claim", "source", "reported", "theory", "this run", "verdict", "where"]
HOLDS = Judgement(Verdict.SUPPORTED, Interval(-0.8, -0.9, -0.7), "its interval holds theory's")
OPEN = Judgement(Verdict.UNDECIDED, None, "too few seeds")
CLAIMS = Table(
    name="claims",
    title="Claims",
    headings=HEADINGS,
    rows=[
        ["lines fall", "A, Lemma 8", None, "-0.8", Interval(-0.8, -0.9, -0.7), HOLDS, "here"],
        ["lines are parallel", "B", None, None, None, OPEN, "here"],
    ],
    formats={"this run": "#3"},
)


def shown(parts: object, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO())
    with console.capture() as text:
        for part in parts:  # type: ignore[attr-defined]
            console.print(part)
    return text.get()


def test_a_claim_is_a_line_with_its_verdict_first() -> None:
    lines = [line.rstrip() for line in shown(claims_table.lines(CLAIMS, 3)).splitlines()]
    assert lines == [
        "supported  lines fall: -0.8 [-0.9, -0.7]",
        "undecided  lines are parallel",
        "1 supported; 1 undecided at this scale",
        "3 further claims live in runs that are not here.",
    ]


def test_details_have_sources_and_reasons() -> None:
    text = " ".join(shown(claims_table.screen(CLAIMS, 0), 140).split())
    for words in ("Lemma 8", "too few"):
        assert words in text


def test_no_claim_here_is_no_table() -> None:
    assert shown(claims_table.lines(CLAIMS.model_copy(update={"rows": []}), 5)).splitlines() == [
        "5 further claims live in runs that are not here."
    ]
