"""A run on one screen: what it answers, cell by cell, then at most three tables, each as wide as the screen allows.

Everything else (convergence tables, laws, what the problem itself adds) is told when it is asked for.
"""

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleRenderable
from rich.measure import Measurement
from rich.padding import Padding
from rich.text import Text

from mtam.analysis.run import Run
from mtam.base.table import Cell, Table
from mtam.problems.registry import Problem
from mtam.rates.verdict import Judgement, Verdict
from mtam.report import summary_lines, terminal
from mtam.report.tables.held_text import HeldText
from mtam.report.tables.terminal_grid import FittedRows, Layout, terminal_grid

LINES = 40  # of one screen, the sentences that follow its tables included
MOST_TABLES = 3
MOST_ROWS = 8  # of a table here
COMPACT = Layout(compact=True)


def verdicts(run: Run) -> Iterator[ConsoleRenderable]:
    """What the sweep says, for who reads nothing else, each sentence wrapped under its beginning."""
    yield Text("In short", style="bold")
    for sentence in summary_lines.in_short(run.cells, run.plan.definition.size, run.answers):
        yield Padding(HeldText(sentence), (0, 0, 0, 2), expand=False)


def tables(run: Run, console: Console) -> Iterator[ConsoleRenderable]:
    """At most MOST_TABLES tables, while there are lines left on the screen; and which notes belong to them."""
    left = LINES - sum(_height(part, console) for part in verdicts(run))
    shown = 0
    for table in _candidates(run, run.plan.definition):
        fitted = _fit(table, console)
        if fitted is None or shown == MOST_TABLES:
            continue
        grid = terminal_grid(fitted, COMPACT)
        if _height(grid, console) > left and shown:
            continue
        left -= _height(grid, console)
        shown += 1
        yield grid
    for note in terminal.notes_on_seeds(run.cells):
        yield HeldText(note)


def _candidates(run: Run, kind: Problem) -> Iterator[Table]:
    """The tables by what they matter: slopes, the first verdicts of the problem, levels, its other tables."""
    cells = run.cells
    if any(len(result.curve.sizes) > 1 and result.curve.seeds for result in cells):
        yield terminal.slopes_table(cells, kind.size)
    first = next((table for table in run.tables if _judges(table)), None)
    if first is not None:
        yield first
    if cells:
        yield terminal.levels_table(cells, kind.levels, kind.size)
    yield from (table for table in run.tables if table is not first)


def _judges(table: Table) -> bool:
    return any(isinstance(cell, Judgement | Verdict) for row in table.rows for cell in row)


def _fit(table: Table, console: Console) -> Table | None:
    """The table with as many columns as the screen has room for; None where not even two have.

    The first column and those of verdicts stay; of the others the last one goes first.
    """
    kept = list(range(len(table.headings)))
    firm = {0} | {at for at in kept if any(isinstance(row[at], Judgement | Verdict) for row in table.rows)}
    while _width(_part(table, kept), console) > console.width:
        loose = [at for at in kept if at not in firm]
        if not loose or len(kept) <= 2:
            return None
        kept.remove(loose[-1])
    return _part(table, kept)


def _part(table: Table, kept: Sequence[int]) -> Table:
    rows: list[list[Cell]] = [[row[at] for at in kept] for row in table.rows]
    missing = len(table.headings) - len(kept)
    more = f"  (+{missing} column{'s' * (missing > 1)})" if missing else ""
    changed = {
        "title": table.title + more,
        "headings": [table.headings[at] for at in kept],
        "rows": rows,
        "shown": min(table.shown or MOST_ROWS, MOST_ROWS),
        "whole": table.whole or f"{table.name}.csv",
    }
    return table.model_copy(update=changed)


def _width(table: Table, console: Console) -> int:
    """Columns of the screen that the rows of a table need to be read with ease, with every figure on one line."""
    return Measurement.get(console, console.options.update(width=10_000), FittedRows(table, COMPACT)).minimum


def _height(part: ConsoleRenderable, console: Console) -> int:
    return len(console.render_lines(part, console.options))
