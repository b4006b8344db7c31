"""A typed table as CSV: every number of a cell has a column of its own."""

import csv
import io
import math

from mtam.base.table import Cell, Estimate, Table
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement

Plain = bool | int | float | str | None


def table_csv(table: Table) -> str:
    """An estimate has its standard error beside it (HEADING_se), an interval its ends (HEADING_low, HEADING_high), a
    judgement the verdict under HEADING and its figure under HEADING_value, HEADING_low, HEADING_high. Open ends and
    missing figures are empty."""
    columns = [_columns(heading, table.column(heading)) for heading in table.headings]
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([name for names in columns for name in names])
    for row in table.rows:
        plain = [
            parts(heading, cell).get(name)
            for heading, cell, names in zip(table.headings, row, columns, strict=True)
            for name in names
        ]
        lines.writerow(plain)
    return text.getvalue()


def _columns(heading: str, cells: list[Cell]) -> list[str]:
    """The columns that any cell under this heading needs, in order."""
    return list(dict.fromkeys(name for cell in [None, *cells] for name in parts(heading, cell)))


def parts(heading: str, cell: Cell) -> dict[str, Plain]:
    """The numbers of one cell by the names of their columns."""
    match cell:
        case Estimate():
            return {heading: cell.value, f"{heading}_se": cell.se}
        case Interval():
            return {heading: finite(cell.value), **_ends(heading, cell)}
        case Judgement():
            figure = {} if cell.interval is None else {f"{heading}_value": finite(cell.interval.value)}
            ends = {} if cell.interval is None else _ends(heading, cell.interval)
            numbers = {f"{heading}_of_the_numbers": str(cell.numbers)} if cell.numbers else {}
            return {heading: str(cell.verdict), **numbers, **figure, **ends, f"{heading}_because": cell.reason}
        case str():
            return {heading: str(cell)}
        case _:
            return {heading: cell}


def _ends(heading: str, interval: Interval) -> dict[str, Plain]:
    return {f"{heading}_low": finite(interval.low), f"{heading}_high": finite(interval.high)}


def finite(value: float) -> float | None:
    """None for an open end and for a figure that is not there."""
    return float(value) if math.isfinite(value) else None
