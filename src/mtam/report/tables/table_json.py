"""Typed tables and answers as plain data for JSON."""

from collections.abc import Sequence
from typing import Any

from mtam.base.table import Cell, Estimate, SweepAnswer, Table
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement
from mtam.report.tables.cell_text import answer_text
from mtam.report.tables.table_csv import finite


def tables_json(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Every table with its rows as objects by heading."""
    return [
        {
            "name": table.name,
            "title": table.title,
            "rows": [
                {heading: cell_json(cell) for heading, cell in zip(table.headings, row, strict=True)}
                for row in table.rows
            ],
        }
        for table in tables
    ]


def answers_json(answers: Sequence[SweepAnswer]) -> list[dict[str, Any]]:
    """Every answer in words, with its figures."""
    return [
        {
            "key": answer.key,
            "answer": answer_text(answer),
            "figures": {name: cell_json(cell) for name, cell in answer.figures.items()},
        }
        for answer in answers
    ]


def cell_json(cell: Cell) -> Any:
    """A number, a word, a truth or null; with value, se / low, high / verdict, because where there is more to a cell.

    An open end of an interval, and the value of a mere bound, is null.
    """
    match cell:
        case Estimate():
            return {"value": cell.value, "se": cell.se}
        case Interval():
            return _interval(cell)
        case Judgement():
            figure = _interval(cell.interval) if cell.interval else dict.fromkeys(("value", "low", "high"))
            numbers = {"numbers": str(cell.numbers)} if cell.numbers else {}
            return {"verdict": str(cell.verdict), **numbers, **figure, "because": cell.reason}
        case str():
            return str(cell)
        case float():
            return finite(cell)
        case _:
            return cell


def _interval(interval: Interval) -> dict[str, float | None]:
    return {"value": finite(interval.value), "low": finite(interval.low), "high": finite(interval.high)}
