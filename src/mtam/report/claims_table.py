"""The table of claims on the terminal."""

from collections.abc import Iterator

from rich.console import Group
from rich.text import Text

from mtam.base.table import Table
from mtam.rates.verdict import Judgement
from mtam.report.format import counts
from mtam.report.tables.terminal_grid import Layout, terminal_grid

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


def verdicts(claims: Table) -> list[str]:
    """What the runs say, claim by claim."""
    return [cell.verdict.in_full for cell in claims.column("verdict") if isinstance(cell, Judgement)]
