"""The records of a run, and the tables that everything else is made of, computed once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from mtam.analysis import cell_results
from mtam.analysis.cell_results import CellResult
from mtam.base.table import Answer, Table
from mtam.sweep.plan import Plan
from mtam.sweep.store import Record


@dataclass(frozen=True)
class Reading:
    """Claims, the terminal and the page look at one reading, not each at its own."""

    plan: Plan
    records: Mapping[str, Record]

    @cached_property
    def rows(self) -> pd.DataFrame:
        """One row per trial with a record."""
        return cell_results.trial_rows(self.plan, self.records)

    @cached_property
    def results(self) -> list[CellResult]:
        """The curve of every cell that has records."""
        return cell_results.cell_results(self.plan, self.rows)

    @cached_property
    def tables(self) -> list[Table]:
        """What the problem itself has to say about the whole sweep."""
        return cell_results.tables(self.plan, self.records)

    @cached_property
    def answers(self) -> list[Answer]:
        """What the whole sweep answers, in a few lines."""
        return cell_results.answers(self.plan, self.records)
