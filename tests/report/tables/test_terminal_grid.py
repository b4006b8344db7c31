"""Tables stand whole at every width: no line is wider than the screen, no row is torn, nothing is cut off."""

import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid

from mtam.base.table import Cell, Estimate, Table
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict
from mtam.report.screens import short_screen
from mtam.report.tables.cell_text import cell_text
from mtam.report.tables.column_widths import column_widths
from mtam.report.tables.terminal_grid import NAMES, Layout, terminal_grid

WIDTHS = st.integers(40, 140)
FRAME = "┏┃┡│└"
WORDS = st.text(st.sampled_from("abcα=_[]./ -1,±"), max_size=40)
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


def whole(what: object, table: Table, width: int) -> None:
    """No line is wider than the screen, no figure goes on in the next line, no character is lost."""
    lines = drawn(what, width)
    assert max(map(cell_len, lines)) <= width
    text = "\n".join(lines)
    cells = [(cell, cell_text(cell)) for row in table.rows for cell in row]
    for cell, told in cells:
        if not isinstance(cell, str | Judgement) and cell_len(told) <= width - NAMES - 4:
            assert told in text, "a broken figure"
    # What the first column is called is not said where every row is a block under its first cell.
    expected = Counter("".join([table.title, *table.headings[1:], *(told for _, told in cells)]))
    assert not {sign for sign in expected - Counter(text) if sign.strip()}, "lost characters"
    assert len({cell_len(line) for line in lines if line[:1] in FRAME and line}) <= 1, "a torn frame"


@given(any_table(), WIDTHS)
def test_a_table_is_whole_at_every_width(table: Table, width: int) -> None:
    whole(terminal_grid(table), table, width)
    whole(terminal_grid(table, Layout(ratios=range(1, len(table.headings) + 1), reasons=True)), table, width)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6), st.integers(0, 120))
def test_columns_have_what_they_need_and_use_all_the_room(ends: list[tuple[int, int]], room: int) -> None:
    least, most = [min(end) for end in ends], [max(end) for end in ends]
    widths = column_widths(least, most, room)
    assert (widths is None) == (sum(least) > room)
    if widths is not None:
        assert all(low <= width <= high for low, width, high in zip(least, widths, most, strict=True))
        assert sum(widths) == min(room, sum(most))
        cut = [width for low, width, high in zip(least, widths, most, strict=True) if low < width < high]
        assert max(cut, default=0) - min(cut, default=0) <= 1


def test_words_wrap_then_the_frame_goes_then_rows_become_blocks() -> None:
    interval = Interval(-0.704, -0.736, -0.671)
    row: list[Cell] = ["softmax attention", interval, interval]
    table = Table(name="t", title="Slopes", headings=["cell", "all sizes", "larger half"], rows=[row])
    assert (
        drawn(terminal_grid(table), 73)[4] == f"│ softmax attention │ {cell_text(interval)} │ {cell_text(interval)} │"
    )
    assert drawn(terminal_grid(table), 72)[4] == f"│ softmax          │ {cell_text(interval)} │ {cell_text(interval)} │"
    assert drawn(terminal_grid(table), 60)[3] == f"softmax     {cell_text(interval)}  {cell_text(interval)}"
    assert [line.rstrip() for line in drawn(terminal_grid(table), 50)] == [
        "Slopes",
        "softmax attention",
        f"  all sizes    {cell_text(interval)}",
        f"  larger half  {cell_text(interval)}",
    ]


@given(any_table(), WIDTHS)
def test_a_table_on_the_short_screen_fits_it_or_is_left_out(table: Table, width: int) -> None:
    console = Console(width=width, file=io.StringIO())
    fitted = short_screen._fit(table, console)
    if fitted is None:
        return
    lines = drawn(terminal_grid(fitted, Layout(compact=True)), width)
    assert max(map(cell_len, lines)) <= width
    assert fitted.headings[0] == table.headings[0]


def test_a_table_that_is_broken_is_noticed() -> None:
    """The control: rich's own way to squeeze a table breaks figures and loses cells, and the property says so."""
    cells: list[Cell] = [Interval(-0.704, -0.736, -0.671)] * 4
    table = Table(name="t", title="", headings=["a", "b", "c", "d"], rows=[cells])
    for width, complaint in ((60, "broken"), (10, "lost")):
        squeezed = Grid(*table.headings)
        squeezed.add_row(*map(cell_text, cells))
        with pytest.raises(AssertionError, match=complaint):
            whole(squeezed, table, width)
