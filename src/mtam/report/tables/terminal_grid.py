"""A typed table on the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Group
from rich.table import Table as Grid
from rich.text import Text

from mtam.base.table import Cell, Table
from mtam.rates.verdict import Judgement, Verdict
from mtam.report.tables.cell_text import cell_text, left_out, words

INK: dict[Verdict, str] = {
    Verdict.SUPPORTED: "green",
    Verdict.CONTRADICTED: "bold red",
    Verdict.UNDECIDED: "yellow",
    Verdict.OUTSIDE: "dim",
}


@dataclass(frozen=True)
class Layout:
    """How a table stands on the terminal."""

    style: str = "bold"  # of its title
    header: bool = True
    ratios: Sequence[int] | None = None  # widths of the columns, of all there is; with lines between the rows
    reasons: bool = False  # whether a judgement says why
    compact: bool = False  # a line under the headings and no frame


def terminal_grid(table: Table, layout: Layout = Layout()) -> Group:
    """Title, rows, and where the rest of a long table is. Columns of words stand left, numbers right."""
    wide = layout.ratios is not None
    frame = box.SIMPLE_HEAD if layout.compact else box.HEAVY_HEAD
    grid = Grid(show_header=layout.header, show_lines=wide, expand=wide, box=frame, show_edge=not layout.compact)
    ratios: Sequence[int | None] = layout.ratios or [None] * len(table.headings)
    for heading, left, ratio in zip(table.headings, words(table), ratios, strict=True):
        # A word that is wider than its column goes on in the next line: digits that are cut off are another number.
        grid.add_column(Text(heading), justify="left" if left or wide else "right", ratio=ratio, overflow="fold")
    forms = [table.formats.get(heading, "") for heading in table.headings]
    for row in table.rows[: table.shown]:
        grid.add_row(*(_inked(cell, form, reasons=layout.reasons) for cell, form in zip(row, forms, strict=True)))
    more = [Text(text, style="dim")] if (text := left_out(table)) else []
    return Group(Text(table.title, style=layout.style), grid, *more)  # a grid squeezes its own title to its width


def _inked(cell: Cell, form: str, *, reasons: bool) -> Text:
    verdict = cell.verdict if isinstance(cell, Judgement) else cell if isinstance(cell, Verdict) else None
    if verdict is None:
        return Text(cell_text(cell, form))
    if not (reasons and isinstance(cell, Judgement)):
        return Text(cell_text(cell, form), style=INK[verdict])
    text = Text(verdict.in_full, style=INK[verdict])
    return text.append(f": {cell.reason}", style="not bold not dim default") if cell.reason else text
