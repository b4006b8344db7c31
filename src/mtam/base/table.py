"""A table of typed cells: what the readings of the papers, sweeps and checks return, and what every renderer draws.

A cell keeps its number: an estimate its standard error or its interval, a verdict the judgement behind it. How it looks
is decided where it is drawn; ``formats`` says how many digits a column deserves there.
"""

import math
from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from mtam.base.spec import Frozen, Number, Size
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict


class Estimate(Frozen):
    """A number with its standard error; se = 0 for what is exact up to rounding."""

    value: Number
    se: Size


Whole = Annotated[int, Field(ge=-(10**100), le=10**100)]
Cell = Estimate | Interval | Judgement | Verdict | bool | Whole | Number | str | None


class Table(Frozen):
    """Rows of typed cells under their headings; None is a dash."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")  # of the CSV file
    title: str
    headings: list[str]
    rows: list[list[Cell]]
    shown: int | None = Field(None, ge=1)  # rows that are drawn; None: all. The CSV file holds all of them
    whole: str | None = None  # the file that holds the rows which are not drawn; None: NAME.csv
    formats: dict[str, str] = Field(default_factory=dict)  # how numbers look, by heading: see ``report.tables``

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        for row in self.rows:
            if len(row) != len(self.headings):
                raise ValueError(f"table {self.name}: {len(row)} cells under {len(self.headings)} headings")
        return self

    def column(self, heading: str) -> list[Cell]:
        """The cells under one heading."""
        at = self.headings.index(heading)
        return [row[at] for row in self.rows]


class SweepAnswer(Frozen):
    """What a sweep answers in one line: a sentence with named holes, and the figures that fill them.

    ``sentence`` is a template in Python's format language: "{gap:.3g}" is the figure ``gap`` with its interval.
    """

    key: str = Field(pattern=r"^[a-z0-9_]+$")  # names the question
    sentence: str
    figures: dict[str, Cell] = Field(default_factory=dict)
    law: bool = False  # whether it is the verdict on a cell's law, in place of what the cell's curve says by itself


def figure(value: float | None, se: float | None = None) -> Estimate | float | None:
    """A number, with its standard error where there is one; None where it is missing or not finite."""
    if value is None or not math.isfinite(value):
        return None
    return float(value) if se is None or not math.isfinite(se) else Estimate(value=float(value), se=float(se))


def mean_figure(values: npt.NDArray[np.float64]) -> Estimate | float | None:
    """The mean over seeds, with its standard error where there are two; None for no seeds. (seeds,)"""
    if not len(values):
        return None
    return figure(float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else None)
