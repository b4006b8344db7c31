"""A finding on the terminal, in CSV files and as a picture."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import ConsoleRenderable, Group
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from mtam.base.finding import Finding
from mtam.base.table import Table
from mtam.report.figures import finding_figure
from mtam.report.figures.picture import Picture
from mtam.report.tables.held_text import HeldText
from mtam.report.tables.table_csv import table_csv
from mtam.report.tables.terminal_grid import terminal_grid
from mtam.sweep.store import write_text


def screen(finding: Finding) -> Iterator[ConsoleRenderable]:
    """What a person reads: the statement, the verdicts, the tables, the notes."""
    yield Group(
        Text(f"{finding.title}  ({finding.source})", style="bold"),
        Padding(
            Group(
                HeldText(finding.statement),
                *(HeldText(f"assumed: {text}") for text in finding.assumptions),
                HeldText(f"were it false: {finding.if_false}"),
            ),
            (0, 0, 1, 2),
        ),
    )
    yield from map(terminal_grid, (verdicts_table(finding), *finding.tables))
    for note in finding.notes:
        yield HeldText(note)


def verdict_lines(finding: Finding) -> Iterator[ConsoleRenderable]:
    """The finding in a line per verdict."""
    yield Text(f"{finding.title}  ({finding.source})", style="bold")
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for one in finding.verdicts:
        grid.add_row(Text(f"  {one.said}"), HeldText(one.claim))
    yield grid


def verdicts_table(finding: Finding) -> Table:
    """The claims of the finding, what its numbers say of each, and why."""
    return Table(
        name="verdicts",
        title="Verdicts",
        headings=["claim", "these numbers", "because"],
        rows=[[one.claim, one.said, one.because] for one in finding.verdicts],
    )


def names(finding: Finding) -> list[str]:
    """The files that ``write`` leaves."""
    pictures = [f"{finding.name}.png", f"{finding.name}.svg"] if finding.panels else []
    return [f"{table.name}.csv" for table in finding.tables] + pictures


def files(finding: Finding, out: Path) -> list[Path]:
    """The same in the folder ``out``."""
    return [out / name for name in names(finding)]


def write(finding: Finding, out: Path, picture: Picture | None = None) -> list[Path]:
    """One CSV per table, and the picture, drawn already or not, as PNG and SVG."""
    for table in finding.tables:
        write_text(out / f"{table.name}.csv", table_csv(table))
    picture = picture or finding_figure.picture(finding)
    if picture is not None:
        picture.save_drawings(out)
    return files(finding, out)
