"""Finished trials of a sweep by cell, and intervals over seeds, for the tables that recall itself has to add."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtam.base.named.named_code import shown
from mtam.rates.trial_numbers import Numbers, TrialNumbers
from mtam.recall.recall_spec import RecallTrial

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RecallCell(TrialNumbers):
    """The trials of one cell with their numbers."""

    trial: RecallTrial  # one of them
    varied: dict[str, Any]  # the settings that differ between the cells of the sweep

    @property
    def label(self) -> str:
        """The cell in words, e.g. ``alpha = 0.5``."""
        words = {"name": "model"}
        return ", ".join(f"{words.get(key, key)} = {shown(value)}" for key, value in self.varied.items()) or "all"


def recall_cells(trials: Sequence[RecallTrial], numbers: Sequence[Numbers]) -> list[RecallCell]:
    """The cells in the order of the trials."""
    groups: dict[str, list[int]] = {}
    for index, trial in enumerate(trials):
        groups.setdefault(trial.data.model_dump_json() + trial.model.model_dump_json(), []).append(index)
    heads = [trials[group[0]] for group in groups.values()]
    settings = [head.data.model_dump() | head.model.model_dump() for head in heads]
    keys = dict.fromkeys(key for each in settings for key in each)
    differing = [key for key in keys if len({repr(each[key]) for each in settings if key in each}) > 1]
    if "name" in differing:  # what else differs between models comes with the name
        own = {key for head in heads for key in type(head.model).model_fields}
        differing = [key for key in differing if key == "name" or key not in own]
    return [
        RecallCell(
            {(trials[i].n, trials[i].seed): numbers[i] for i in group},
            head,
            {key: each[key] for key in differing if key in each},
        )
        for head, each, group in zip(heads, settings, groups.values(), strict=True)
    ]


def common(cells: Sequence[RecallCell]) -> tuple[int, list[int]]:
    """The largest size of all cells, and the seeds that all of them have there."""
    n = min(cell.sizes[-1] for cell in cells)
    return n, sorted(set.intersection(*(set(cell.seeds(n)) for cell in cells)))


def by_seed(cells: Sequence[RecallCell], name: str, n: int, seeds: Sequence[int]) -> Array:
    """One number of every cell at a size; NaN where a record lacks it. (seeds, cells)"""
    return np.array([[float(cell.numbers[n, seed].get(name, np.nan)) for cell in cells] for seed in seeds])


def crossing(x: Array, y: Array, level: float) -> float | None:
    """Where the piecewise linear curve through (x, y) first falls below ``level``; None if it does not."""
    below = np.flatnonzero(y < level)
    if not len(below) or below[0] == 0:
        return None
    k = int(below[0])
    return float(x[k - 1] + (y[k - 1] - level) / (y[k - 1] - y[k]) * (x[k] - x[k - 1]))
