"""Claims on the terminal: a line each, or the table with everything that is known of them."""

from collections.abc import Iterator

from rich.console import ConsoleRenderable, Group
from rich.table import Table as Grid
from rich.text import Text

from mtam.base.table import Table
from mtam.rates.verdict import Judgement
from mtam.report.format import counts
from mtam.report.tables.cell_text import cell_text
from mtam.report.tables.held_text import HeldText
from mtam.report.tables.terminal_grid import INK, Layout, terminal_grid

RATIOS = (10, 4, 3, 5, 5, 8)  # of the columns' widths
WHERE = "where"  # the column that only the page has


def screen(claims: Table, further: int) -> Iterator[Group | Text]:
    """The claims that these runs speak to, with counts; ``further`` ones that live in other runs are counted alone."""
    if claims.rows:
        shown = [at for at, heading in enumerate(claims.headings) if heading != WHERE]
        narrow = {
            "headings": [claims.headings[at] for at in shown],
            "rows": [[r[at] for at in shown] for r in claims.rows],
        }
        yield terminal_grid(claims.model_copy(update=narrow), Layout(style="italic", ratios=RATIOS, reasons=True))
        yield Text("; ".join(counts(verdicts(claims))))
    if further:
        yield Text(f"{further} further claims live in runs that are not here.")


def lines(claims: Table, further: int) -> Iterator[ConsoleRenderable]:
    """A line for every claim: the verdict, the sentence, this run's figure; then counts as ``screen`` has them."""
    if claims.rows:
        grid = Grid.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column()
        figures = zip(claims.column("verdict"), claims.column("claim"), claims.column("this run"), strict=True)
        for judgement, sentence, figure in figures:
            assert isinstance(judgement, Judgement)
            value = "" if figure is None else f": {cell_text(figure, claims.formats.get('this run', ''))}"
            grid.add_row(Text(str(judgement.verdict), style=INK[judgement.verdict]), HeldText(f"{sentence}{value}"))
        yield grid
        yield Text("; ".join(counts(verdicts(claims))))
    if further:
        yield Text(f"{further} further claims live in runs that are not here.")


def verdicts(claims: Table) -> list[str]:
    """What the runs say, claim by claim."""
    return [cell.verdict.in_full for cell in claims.column("verdict") if isinstance(cell, Judgement)]
