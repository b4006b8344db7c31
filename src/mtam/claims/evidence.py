"""What a run holds for or against a claim: numbers of its cells, by sample size and seed, from its records alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mtam.analysis.cell_results import CellResult
from mtam.analysis.run import Reading
from mtam.base.errors import UsageError
from mtam.base.finding import FINDING, Finding, JudgedStatement
from mtam.checks import finding_folder as check_folder
from mtam.claims.claim import Cell
from mtam.rates.curve import Curve, curve
from mtam.report.finding_section import Checked
from mtam.sweep import plan as planning
from mtam.sweep import store
from mtam.sweep.plan import Plan, label
from mtam.sweep.store import Record


class NoEvidence(Exception):
    """The run says nothing about a claim; the message says why."""


@dataclass(frozen=True)
class Evidence:
    """The records of one run."""

    plan: Plan
    records: Mapping[str, Record]
    folder: Path = Path()

    def cell(self, at: Cell) -> int:
        """The index of the one cell with these settings; raises NoEvidence for none or several."""
        found = [
            index
            for index, cell in enumerate(self.plan.cells)
            if all(key in cell.axis and cell.axis[key] == value for key, value in at.items())
        ]
        if len(found) != 1:
            told = ", ".join(f"{key} = {value}" for key, value in at.items()) or "no settings"
            raise NoEvidence(f"{len(found) or 'no'} cells of {self.plan.name} have {told}")
        return found[0]

    def curve(self, index: int, column: str, *, signed: bool = False) -> Curve:
        """A column of a cell by size and seed. ``name:max`` reduces a list.

        Sizes at which the column is not recorded are no part of it; seeds that failed at any other are left out.
        """
        name, _, reduce = column.partition(":")
        keys, trials = self.plan.keys[index], self.plan.cells[index].trials
        rows = []
        for key, trial in zip(keys, trials, strict=True):
            record = self.records.get(key)
            done = record is not None and not store.failed(record)
            if record is not None and done and name not in record["numbers"]:
                continue
            value = record["numbers"][name] if record is not None and done else None
            if reduce == "max" and isinstance(value, list) and value:
                value = max(value)
            number = float(value) if isinstance(value, int | float) else float("nan")
            rows.append({"n": trial.n, "seed": trial.seed, "error": number})
        if not rows:
            raise NoEvidence(f"the records of {self.plan.name} hold no {name}")
        found = curve(pd.DataFrame(rows), signed=signed)
        if not found.seeds:
            raise NoEvidence(f"no seed of {self.plan.name} has {name} at every size")
        return found

    @cached_property
    def reading(self) -> Reading:
        """The records with the curves in them."""
        return Reading(self.plan, self.records)

    @cached_property
    def _results(self) -> dict[int, CellResult]:
        there = set(self.reading.rows["cell"])
        return dict(zip(sorted(there), self.reading.results, strict=True))

    def result(self, index: int) -> CellResult:
        """The curve of a cell and what follows from it."""
        if index not in self._results:
            raise NoEvidence(f"the cell of {self.plan.name} has no records")
        return self._results[index]

    def facts(self, index: int) -> dict[str, Any]:
        """What theory says about a cell."""
        return self.result(index).facts

    def label(self, index: int) -> str:
        """The cell in words."""
        return label(self.plan.cells[index].axis)


@dataclass(frozen=True)
class Gathered:
    """The runs and checks of several folders."""

    runs: tuple[Evidence, ...]
    findings: Mapping[str, Finding]
    checks: tuple[Checked, ...] = ()  # the same findings with their settings, folders as they were given

    @cached_property
    def sweeps(self) -> dict[str, Evidence]:
        """The sweeps by name."""
        return {run.plan.name: run for run in self.runs if run.plan.kind == "sweep"}

    def sweep(self, name: str) -> Evidence:
        """Raises NoEvidence for a sweep that is not among the folders."""
        if name not in self.sweeps:
            raise NoEvidence(f"the sweep {name} was not run")
        return self.sweeps[name]

    def verdict(self, check: str, key: str) -> JudgedStatement:
        """Raises NoEvidence for a check that was not run or has no such verdict."""
        if check not in self.findings:
            raise NoEvidence(f"check {check} was not run")
        for verdict in self.findings[check].verdicts:
            if verdict.key == key:
                return verdict
        raise NoEvidence(f"check {check} gives no verdict {key}")


def gather(folders: list[Path]) -> Gathered:
    """Read the runs in ``folders``. Raises UsageError for a folder that is no run of mtam."""
    plans: list[tuple[Plan, Path]] = []
    checks: list[Checked] = []
    for folder in folders:
        if check_folder.is_finding(folder):
            kept = check_folder.read(folder)
            if kept is None:
                raise UsageError(f"{folder / FINDING} cannot be read; run the check again.")
            drawn = folder if check_folder.is_drawn(kept.finding, folder) else None
            told = kept.check, kept.digest, kept.settings, kept.seconds, kept.finding
            checks.append(Checked(*told, folder=str(folder), drawn=drawn))
            continue
        plans.append((planning.read(folder), folder))
    # All folders are sound, so nothing is refused from here on, and damaged records may be set aside.
    runs = [Evidence(plan, store.read_all(folder, plan.trials), folder) for plan, folder in plans]
    return Gathered(tuple(runs), {check.check: check.finding for check in checks}, tuple(checks))
