"""A finding on the terminal, in CSV files and as a picture."""

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

from rich.console import Group
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from mtam.base.finding import Cell, Estimate, Finding, JudgedStatement, Table
from mtam.rates.verdict import Verdict
from mtam.report.figures import finding_figure
from mtam.report.figures.picture import Picture
from mtam.report.terminal import number
from mtam.sweep.store import write_text

INK: dict[Verdict, str] = {
    Verdict.SUPPORTED: "green",
    Verdict.CONTRADICTED: "bold red",
    Verdict.UNDECIDED: "yellow",
    Verdict.OUTSIDE: "dim",
}

DIGITS = 4  # of an estimate on the terminal, however small its standard error; the CSV file has them all


def screen(finding: Finding) -> Iterator[Group | Text]:
    """What a person reads: the statement, the tables, the verdicts, the notes."""
    yield Group(
        Text(f"{finding.title}  ({finding.source})", style="bold"),
        Padding(
            Group(
                Text(finding.statement),
                *(Text(f"assumed: {text}") for text in finding.assumptions),
                Text(f"were it false: {finding.if_false}"),
            ),
            (0, 0, 1, 2),
        ),
    )
    yield from map(_grid, finding.tables)
    yield _verdicts(finding.verdicts)
    for note in finding.notes:
        yield Text(note)


def _grid(table: Table) -> Group:
    grid = Grid()
    words = [all(isinstance(row[at], str) for row in table.rows) for at in range(len(table.headings))]
    for heading, left in zip(table.headings, words, strict=True):
        grid.add_column(Text(heading), justify="left" if left else "right")
    for row in table.rows[: table.shown]:
        grid.add_row(*(Text(cell_text(cell)) for cell in row))
    left_out = len(table.rows) - len(table.rows[: table.shown])
    more = [Text(f"and {left_out} more rows in {table.name}.csv", style="dim")] if left_out else []
    return Group(Text(table.title, style="bold"), grid, *more)  # a title of the grid would be squeezed to its width


def cell_text(cell: Cell) -> str:
    """One cell as a person reads it, e.g. ``0.997 ± 0.004``."""
    match cell:
        case None:
            return "-"
        case bool():
            return "yes" if cell else "no"
        case Estimate():
            return _estimate(cell.value, cell.se)
        case int() if abs(cell) >= 10**9:
            return f"{float(cell):.3g}"
        case float():
            return number(cell)
        case _:
            return str(cell)


def _estimate(value: float, se: float) -> str:
    """As many decimals as the standard error has a meaning for, e.g. ``0.997 ± 0.004``, ``(2.61 ± 0.03)e-03``."""
    if se <= 1e-12 * abs(value):  # exact up to rounding
        return number(value)
    scale = max(abs(value), se)
    power = 0 if 1e-2 <= scale < 1e4 else math.floor(math.log10(scale))
    value, se, scale = value / 10.0**power, se / 10.0**power, scale / 10.0**power
    mantissa, exponent = f"{se:.0e}".split("e")
    decimals = max(0, -int(exponent) + (mantissa == "1"))
    most = max(0, DIGITS - (power != 0) - 1 - math.floor(math.log10(scale)))
    error = f"{se:.{min(decimals, most)}f}" if round(se, most) > 0 else f"{se:.0e}"
    text = f"{value:.{min(decimals, most)}f} ± {error}"
    return text if power == 0 else f"({text})e{power:+03d}"


def _verdicts(verdicts: list[JudgedStatement]) -> Group:
    grid = Grid()
    for heading in ("claim", "these numbers", "because"):
        grid.add_column(heading)
    for verdict in verdicts:
        grid.add_row(Text(verdict.claim), Text(verdict.said, style=INK[verdict.said]), Text(verdict.because))
    return Group(Text("Verdicts", style="bold"), grid)


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
        write_text(out / f"{table.name}.csv", _csv(table))
    picture = picture or finding_figure.picture(finding)
    if picture is not None:
        picture.save_drawings(out)
    return files(finding, out)


def _csv(table: Table) -> str:
    """An estimate takes two columns, the second named after the first with _se."""
    paired = [any(isinstance(row[at], Estimate) for row in table.rows) for at in range(len(table.headings))]
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(
        [name for head, pair in zip(table.headings, paired, strict=True) for name in [head, f"{head}_se"][: 1 + pair]]
    )
    for row in table.rows:
        out: list[bool | int | float | str | None] = []
        for cell, pair in zip(row, paired, strict=True):
            if isinstance(cell, Estimate):
                out += [cell.value, cell.se]
            else:
                out += [cell, None][: 1 + pair]
        lines.writerow(out)
    return text.getvalue()
