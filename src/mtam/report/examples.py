"""Trials worth looking into: the largest finished size of a few cells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtam.report.figures.palette import Look, looks
from mtam.sweep import store
from mtam.sweep.planning import Plan, label
from mtam.sweep.store import Record

MOST = 6  # cells that are looked into


@dataclass(frozen=True)
class ExampleTrial:
    """One finished trial, and how its cell is called and drawn."""

    axis: Mapping[str, Any]
    label: str
    look: Look
    n: int
    seed: int
    numbers: Mapping[str, Any]


def example_trials(plan: Plan, records: Mapping[str, Record], name: str) -> list[list[ExampleTrial]]:
    """Per cell the trials of its largest size whose records hold ``name``, by seed; at most MOST cells."""
    found = []
    for (cell, keys), look in zip(
        zip(plan.cells, plan.keys, strict=True), looks([cell.axis for cell in plan.cells]), strict=True
    ):
        seen = [
            ExampleTrial(cell.axis, label(cell.axis), look, trial.n, trial.seed, numbers)
            for trial, numbers in _done(cell.trials, keys, records)
            if name in numbers
        ]
        largest = max((example.n for example in seen), default=0)
        found.append(sorted((example for example in seen if example.n == largest), key=lambda example: example.seed))
    found = [cell for cell in found if cell]
    step = max(1, -(-len(found) // MOST))
    return found[::step]


def _done(trials: Sequence[Any], keys: Sequence[str], records: Mapping[str, Record]) -> Iterator[tuple[Any, Any]]:
    for key, trial in zip(keys, trials, strict=True):
        if key in records and not store.failed(records[key]):
            yield trial, records[key]["numbers"]
