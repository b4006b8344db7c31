"""One run: its plan and records, and every number that a table, a claim, a figure or a user may ask of them.

What is computed is computed once, when it is first asked for; so are the modules loaded that compute it, because a run
that is only there to be counted needs none of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtam.problems.registry import Problem
from mtam.rates.spending import level_at
from mtam.sweep import store
from mtam.sweep.planning import Plan, label
from mtam.sweep.store import Record

if TYPE_CHECKING:
    import pandas as pd

    from mtam.analysis.cell_results import CellResult
    from mtam.base.table import SweepAnswer, Table
    from mtam.rates.curve import Curve


LEVEL = 0.95


class NoEvidence(Exception):
    """The run says nothing about what was asked; the message says why."""


@dataclass(frozen=True)
class Run:
    """A plan with its records; claims, the terminal and the page look at one run, not each at its own."""

    plan: Plan
    records: Mapping[str, Record]
    folder: Path = Path()
    look: int | None = None  # of a sequence of looks at more and more seeds; None: looked at once

    @property
    def level(self) -> float:
        """The level of the intervals that claims rest on: 95%, or what the looks together leave of it."""
        return LEVEL if self.look is None else level_at(self.look, LEVEL)

    @property
    def failures(self) -> dict[str, str]:
        """The sentence of every failed trial, by key."""
        return {key: record["failure"] for key, record in self.records.items() if store.failed(record)}

    @property
    def missing(self) -> int:
        """Trials without a record."""
        return len(self.plan.trials) - len(self.records)

    @cached_property
    def rows(self) -> "pd.DataFrame":
        """One row per trial with a record."""
        from mtam.analysis.cell_results import trial_rows

        return trial_rows(self.plan, self.records)

    @cached_property
    def cells(self) -> "list[CellResult]":
        """The curve of every cell that has records, and what follows from it."""
        from mtam.analysis.cell_results import cell_results

        return cell_results(self.plan, self.rows)

    @cached_property
    def tables(self) -> "list[Table]":
        """What the problem itself has to say about the whole sweep, or about a single fit."""
        trials, numbers = self._finished
        if self.plan.kind == "fit":
            return [table for one in numbers for table in self._problem.notes_of(one)]
        return self._problem.tables_of(trials, numbers)

    @cached_property
    def answers(self) -> "list[SweepAnswer]":
        """What the whole sweep answers, in a few lines."""
        return self._problem.answers_of(*self._finished)

    @cached_property
    def heat_map(self) -> dict[str, Any] | None:
        """The problem's own map of the whole sweep."""
        return self._problem.heat_map(*self._finished)

    @property
    def _problem(self) -> Problem:
        return self.plan.definition

    @cached_property
    def _finished(self) -> tuple[list[Any], list[dict[str, Any]]]:
        """The trials that have numbers, and these."""
        done = [key for key in self.plan.trials if key in self.records and not store.failed(self.records[key])]
        return [self.plan.trials[key] for key in done], [self.records[key]["numbers"] for key in done]

    def index(self, settings: Mapping[str, Any]) -> int:
        """The place in the plan of the one cell with these settings; raises NoEvidence for none or several."""
        found = [
            index
            for index, cell in enumerate(self.plan.cells)
            if all(key in cell.axis and cell.axis[key] == value for key, value in settings.items())
        ]
        if len(found) != 1:
            words = ", ".join(f"{key} = {value}" for key, value in settings.items()) or "no settings"
            raise NoEvidence(f"{len(found) or 'no'} cells of {self.plan.name} have {words}")
        return found[0]

    def cell(self, index: int) -> "CellResult":
        """The results of the cell at this place in the plan; raises NoEvidence where it has no records."""
        if index not in self._by_index:
            raise NoEvidence(f"the cell of {self.plan.name} has no records")
        return self._by_index[index]

    @cached_property
    def _by_index(self) -> "dict[int, CellResult]":
        return dict(zip(sorted(set(self.rows["cell"])), self.cells, strict=True))

    def label(self, index: int) -> str:
        """A cell in words."""
        return label(self.plan.cells[index].axis)

    def curve(self, index: int, column: str, *, signed: bool = False) -> "Curve":
        """A column of a cell by size and seed. ``name:max`` reduces a list. Raises NoEvidence where there is none.

        Sizes at which the column is not recorded are no part of it; seeds that failed at any other are left out.
        """
        import pandas as pd

        from mtam.rates.curve import curve

        name = column.partition(":")[0]
        rows = list(self._points(index, column))
        if not rows:
            raise NoEvidence(f"the records of {self.plan.name} hold no {name}")
        found = curve(pd.DataFrame(rows), signed=signed)
        if not found.seeds:
            raise NoEvidence(f"no seed of {self.plan.name} has {name} at every size")
        return found

    def _points(self, index: int, column: str) -> Iterator[dict[str, float]]:
        """n, seed, error of every trial of a cell whose record may hold the column; NaN where the trial failed."""
        name, _, reduce = column.partition(":")
        for key, trial in zip(self.plan.keys[index], self.plan.cells[index].trials, strict=True):
            record = self.records.get(key)
            numbers = None if record is None or store.failed(record) else record["numbers"]
            if numbers is not None and name not in numbers:
                continue
            value = None if numbers is None else numbers[name]
            if reduce == "max" and isinstance(value, list) and value:
                value = max(value)
            number = float(value) if isinstance(value, int | float) else float("nan")
            yield {"n": trial.n, "seed": trial.seed, "error": number}
