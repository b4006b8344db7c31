"""A typed table on the terminal, at every width: no number and no interval goes on in the next line.

Where there is not room for the whole table words wrap; then the frame goes; and where that is not narrow enough, or
would be longer, every row is a block of lines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich import box
from rich.console import Console, ConsoleOptions, ConsoleRenderable, Group, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from mtam.base.table import Cell, Table
from mtam.rates.verdict import Judgement, Verdict
from mtam.report.tables.cell_text import cell_text, left_out, words
from mtam.report.tables.column_widths import column_widths
from mtam.report.tables.held_text import HeldText

NAMES = 8  # columns that headings beside the cells of a block have at least
FRAME = 4  # lines of a frame and of what stands under the headings
READABLE = 24  # columns in which a sentence can be read

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
    more = [Text(text, style="dim")] if (text := left_out(table)) else []
    return Group(HeldText(table.title, style=layout.style), FittedRows(table, layout), *more)


class FittedRows:
    """The rows of a table under their headings, as wide as there is room."""

    def __init__(self, table: Table, layout: Layout) -> None:
        self.table, self.layout = table, layout

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._fitted(console, options)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """What the table takes with words in columns of READABLE at least, and with a row a line."""
        most = self._most(self.layout)
        least = self._least(self.layout, options.max_width)
        around = _around(self.layout, len(self.table.headings))
        fair = [max(low, min(high, READABLE)) for low, high in zip(least, most, strict=True)]
        return Measurement(sum(fair) + around, sum(most) + around)

    def _fitted(self, console: Console, options: ConsoleOptions) -> ConsoleRenderable:
        """The first of the forms that breaks nothing and, its frame aside, is no longer than the blocks are."""
        blocks = Group(*self._blocks(options.max_width))
        longest = len(console.render_lines(blocks, options)) + FRAME
        bare = replace(self.layout, compact=True, ratios=None)
        for layout in (self.layout, replace(self.layout, ratios=None), bare):
            widths = self._widths(layout, options.max_width)
            if widths is None:
                continue
            grid = self._grid(layout, widths)
            if not layout.ratios and widths == self._most(layout):
                return grid
            if len(console.render_lines(grid, options)) <= longest:
                return grid
        return blocks

    def _texts(self, layout: Layout) -> list[list[HeldText]]:
        """The cells, row by row."""
        forms = [self.table.formats.get(heading, "") for heading in self.table.headings]
        rows = self.table.rows[: self.table.shown]
        return [[_inked(cell, form, layout) for cell, form in zip(row, forms, strict=True)] for row in rows]

    def _headings(self, layout: Layout) -> list[HeldText]:
        return [HeldText(heading if layout.header else "") for heading in self.table.headings]

    def _most(self, layout: Layout) -> list[int]:
        """Columns that every column takes where nothing breaks."""
        shown = [self._headings(layout), *self._texts(layout)]
        return [max(text.most() for text in column) for column in zip(*shown, strict=True)]

    def _least(self, layout: Layout, width: int) -> list[int]:
        """Columns that every column needs: numbers stay whole, and so do words."""
        heads = [text.least(width) for text in self._headings(layout)]
        for row, texts in zip(self.table.rows, self._texts(layout), strict=False):
            for at, (cell, text) in enumerate(zip(row, texts, strict=True)):
                broken = isinstance(cell, str | Judgement)
                heads[at] = max(heads[at], text.least(width) if broken else text.most())
        return heads

    def _widths(self, layout: Layout, width: int) -> list[int] | None:
        """Widths of the columns in this layout; None where there is not room for it."""
        room = width - _around(layout, len(self.table.headings))
        least = self._least(layout, width)
        if layout.ratios is None:
            return column_widths(least, self._most(layout), room)
        shares = [room * ratio // sum(layout.ratios) for ratio in layout.ratios]
        return shares if all(share >= need for share, need in zip(shares, least, strict=True)) else None

    def _grid(self, layout: Layout, widths: Sequence[int]) -> Grid:
        ruled = self.layout.ratios is not None  # long cells need lines between the rows
        grid = Grid(
            show_header=layout.header, show_lines=ruled, show_edge=not layout.compact, pad_edge=not layout.compact,
            box=box.SIMPLE_HEAD if layout.compact else box.HEAVY_HEAD, padding=(0, 1, 0, 0 if layout.compact else 1),
        )  # fmt: skip
        columns = zip(self._headings(layout), words(self.table), widths, strict=True)
        for heading, left, width in columns:
            grid.add_column(heading, justify="left" if left or ruled else "right", width=width, overflow="fold")
        for row in self._texts(layout):
            grid.add_row(*row)
        return grid

    def _blocks(self, width: int) -> Iterator[ConsoleRenderable]:
        """A block of lines per row: its first cell, then the others, each behind its heading."""
        first, *others = self.table.headings
        rows = self._texts(self.layout)
        widest = max(self._least(self.layout, width)[1:], default=0)
        names = min(max(map(len, others), default=0), max(width - widest - 4, NAMES))
        for row in rows:
            head = row[0].text.plain
            if head:
                yield HeldText(head if words(self.table)[0] or not others else f"{first} = {head}", style="bold")
            grid = Grid.grid(padding=(0, 2, 0, 0))
            grid.add_column(width=names, overflow="fold")
            grid.add_column(width=max(width - names - 4, 1), overflow="fold")
            for heading, text in zip(others, row[1:], strict=True):
                if text.text.plain:
                    grid.add_row(HeldText(heading if self.layout.header else ""), text)
            if grid.row_count:
                yield Padding(grid, (0, 0, 0, 2), expand=False)


def _around(layout: Layout, columns: int) -> int:
    """Columns of the screen that frame and padding take."""
    return 2 * (columns - 1) if layout.compact else 3 * columns + 1


def _inked(cell: Cell, form: str, layout: Layout) -> HeldText:
    verdict = cell.verdict if isinstance(cell, Judgement) else cell if isinstance(cell, Verdict) else None
    text = cell_text(cell, form)
    if verdict is None:
        return HeldText(text)
    if not (layout.reasons and isinstance(cell, Judgement)):
        return HeldText(text, style=INK[verdict])
    told = Text(verdict.in_full, style=INK[verdict])
    return HeldText(told.append(f": {cell.reason}", style="not bold not dim default") if cell.reason else told)
