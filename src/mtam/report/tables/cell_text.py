"""Cells and answers as a person reads them.

A table's ``formats`` says by heading how its numbers look: a format of Python's (``.3f``), ``#3`` for three significant
digits with an exponent where the number is far from one, or two of them joined by ``±``, the second for standard
errors. Without one, an estimate has as many decimals as its standard error gives a meaning to, and other numbers have
three digits.
"""

import math
from string import Formatter
from typing import Any

from mtam.base.table import Cell, Estimate, SweepAnswer, Table
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement
from mtam.report.format import number

DIGITS = 4  # of an estimate, however small its standard error; the CSV file has them all
NONE = "-"


def cell_text(cell: Cell, form: str = "") -> str:
    """One cell, e.g. ``0.997 ± 0.004``, ``-0.81 [-0.85, -0.77]``, ``supported``."""
    value_form, _, se_form = form.partition("±")
    match cell:
        case None:
            return NONE
        case bool():
            return "yes" if cell else "no"
        case Judgement():
            return f"{cell.verdict} ({cell.numbers})" if cell.numbers else str(cell.verdict)
        case Estimate():
            if not form:
                return estimate_text(cell.value, cell.se)
            return f"{_number(cell.value, value_form)} ± {_number(cell.se, se_form or value_form)}"
        case Interval():
            return interval_text(cell, value_form)
        case int() if not form and abs(cell) >= 10**9:
            return f"{float(cell):.3g}"
        case int() if not form:
            return str(cell)
        case float() | int():
            return _number(cell, value_form)
        case _:
            return str(cell)


def _number(value: float, form: str) -> str:
    if form.startswith("#"):
        return number(value, int(form[1:]))
    return format(value, form) if form and math.isfinite(value) else number(value)


def interval_text(interval: Interval, form: str = "") -> str:
    """An estimate with its interval; ``> 16`` and ``<= 2`` where there is a bound and no estimate."""
    form = form or ".3f"
    low, high = (_number(end, form) if math.isfinite(end) else "open" for end in (interval.low, interval.high))
    if math.isnan(interval.value):
        return f"> {low}" if low != "open" else f"<= {high}" if high != "open" else NONE
    return f"{_number(interval.value, form)} [{low}, {high}]"


def estimate_text(value: float, se: float) -> str:
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


class _Holes(Formatter):
    """Fills the holes of a sentence with cells."""

    def format_field(self, value: Any, format_spec: str) -> str:
        return cell_text(value, format_spec)


def answer_text(answer: SweepAnswer) -> str:
    """The sentence with its figures."""
    return _Holes().vformat(answer.sentence, (), answer.figures)


def words(table: Table) -> list[bool]:
    """Which columns hold words and no numbers."""
    return [all(isinstance(row[at], str | Judgement) for row in table.rows) for at in range(len(table.headings))]


def left_out(table: Table) -> str:
    """How many rows are not drawn, and where they are."""
    count = len(table.rows) - len(table.rows[: table.shown])
    return f"and {count} more rows in {table.whole or f'{table.name}.csv'}" if count else ""
