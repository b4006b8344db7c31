"""Tables stand whole at every width: no line is wider than the screen, no row is torn, nothing is cut off."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from mtam.base.table import Cell, Estimate, Table
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict
from mtam.report.screens import short_screen
from mtam.report.tables.terminal_grid import Layout, terminal_grid

WIDTHS = st.integers(40, 140)
WORDS = st.text(st.sampled_from("abcα=_[]./ -"), max_size=40)
NUMBERS = st.floats(-1e6, 1e6)
INTERVALS = st.builds(lambda low, high: Interval(low, min(low, high), max(low, high)), NUMBERS, NUMBERS)
JUDGEMENTS = st.builds(
    lambda at, interval: Judgement(at, interval, "because"), st.sampled_from(list(Verdict)), INTERVALS
)
ESTIMATES = st.builds(lambda value, se: Estimate(value=value, se=abs(se)), NUMBERS, NUMBERS)
CELLS: st.SearchStrategy[Cell] = (
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | NUMBERS | WORDS | INTERVALS | JUDGEMENTS | ESTIMATES
)


@st.composite
def any_table(draw: st.DrawFn, most: int = 8) -> Table:
    columns = draw(st.integers(1, most))
    headings = [f"{at}{draw(WORDS)}" for at in range(columns)]
    rows = draw(st.lists(st.lists(CELLS, min_size=columns, max_size=columns), min_size=1, max_size=4))
    return Table(name="t", title=draw(WORDS), headings=headings, rows=rows)


def drawn(what: object, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), color_system=None, markup=False, highlight=False, emoji=False)
    with console.capture() as shown:
        console.print(what)
    return shown.get().splitlines()


@given(any_table(), WIDTHS)
def test_a_framed_table_is_whole_at_every_width(table: Table, width: int) -> None:
    lines = drawn(terminal_grid(table), width)
    framed = [line for line in lines if line[:1] in "┏┃┡│└" and line]
    assert max(map(cell_len, lines)) <= width
    assert len({cell_len(line) for line in framed}) == 1, "a torn frame"
    assert [line[0] for line in framed if line[0] in "┏┡└"] == ["┏", "┡", "└"]
    assert not any("…" in line for line in framed), "cut off"
    # Every character of every heading is somewhere, in its order: it is wrapped, not lost.
    for at, heading in enumerate(table.headings):
        column = [line.split("┃")[at + 1] for line in framed if line[0] == "┃"]
        assert "".join("".join(column).split()) == "".join(heading.split())


@given(any_table(), WIDTHS)
def test_a_table_on_the_short_screen_fits_it_or_is_left_out(table: Table, width: int) -> None:
    console = Console(width=width, file=io.StringIO())
    fitted = short_screen._fit(table, console)
    if fitted is None:
        return
    lines = drawn(terminal_grid(fitted, Layout(compact=True)), width)
    assert max(map(cell_len, lines)) <= width
    assert fitted.headings[0] == table.headings[0]


def test_a_table_that_is_too_wide_is_noticed() -> None:
    """The control: with more columns than there is room for, cells are lost, and the property says so."""
    wide = Table(name="t", title="", headings=[f"{at}" for at in range(30)], rows=[["x"] * 30])
    with pytest.raises(AssertionError):
        test_a_framed_table_is_whole_at_every_width.hypothesis.inner_test(wide, 40)  # type: ignore[attr-defined]
