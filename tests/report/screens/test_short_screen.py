"""A sweep ends on one screen: verdicts first, at most three tables that fit, and where the rest is."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from mtam.base.table import Table
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict
from mtam.report.screens import short_screen
from mtam.report.tables.terminal_grid import terminal_grid
from tests.conftest import TINY, Mtam

SAID = Judgement(Verdict.CONTRADICTED, Interval(1.0, 0.5, 1.5), "because")


def screen(width: int) -> Console:
    return Console(width=width, file=io.StringIO())


def table(columns: int) -> Table:
    """A cell, figures, and a verdict in the last column."""
    headings = ["cell", *(f"a figure with a long name {at}" for at in range(columns)), "verdict"]
    return Table(name="t", title="A table", headings=headings, rows=[["here", *[0.5] * columns, SAID]] * 20)


def test_columns_are_given_up_from_the_right_but_never_the_verdict() -> None:
    fitted = short_screen._fit(table(5), screen(80))
    assert fitted is not None
    assert fitted.headings == ["cell", "a figure with a long name 0", "a figure with a long name 1", "verdict"]
    assert fitted.title == "A table  (+3 columns)"


def test_what_fits_is_left_alone_and_says_where_its_rows_are() -> None:
    fitted = short_screen._fit(table(1), screen(80))
    assert fitted is not None
    assert fitted.headings == table(1).headings
    with (console := screen(80)).capture() as shown:
        console.print(terminal_grid(fitted))
    assert "and 12 more rows in t.csv" in shown.get()


def test_a_table_of_which_nothing_fits_is_no_table() -> None:
    long = Table(name="t", title="", headings=["cell", "verdict"], rows=[["x" * 70, SAID]])
    assert short_screen._fit(long, screen(60)) is None
    assert short_screen._fit(long, screen(120)) is not None


@pytest.mark.parametrize("width", [60, 80])
def test_a_sweep_ends_on_one_screen(width: int, mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    said = mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "run")
    lines = said.out.splitlines()
    assert lines[0] == "In short"
    assert lines[-1].strip() == "run/report.html"
    assert all(len(line) <= width for line in lines)
    assert len(lines) <= short_screen.LINES + 3
    assert sum("───" in line for line in lines) <= short_screen.MOST_TABLES
    assert "local slope" not in said.out


def test_everything_is_told_on_demand(mtam: Mtam) -> None:
    mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", "run", "-q")
    short, whole = mtam("report", "run").out, mtam("report", "run", "--tables").out
    for words in ("local slope", "mean ln error", "run/curve.csv", "run/curves.png"):
        assert words in whole
        assert words not in short


def test_sentences_are_wrapped_between_words_and_paths_never(mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = "a-folder-with-a-name-that-is-longer-than-the-screen"
    said = mtam("sweep", "alpha", *TINY, "--launcher", "inline", "--out", out)
    assert f"{out}/report.html" in said.out.splitlines()


def test_in_a_pipe_a_sentence_keeps_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mtam.runs.console import Messages

    monkeypatch.delenv("COLUMNS", raising=False)
    long = "word " * 60
    Messages(as_json=False, quiet=False).tell(long.strip())
    assert capsys.readouterr().out.splitlines() == [long.strip()]
    monkeypatch.setenv("COLUMNS", "60")
    Messages(as_json=False, quiet=False).tell(Text(long.strip()))
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 60
