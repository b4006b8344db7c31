"""Learning curves of a finished sweep, cell by cell, with the slope of every seed: what verdicts are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.interaction.interaction_spec import InteractionTrial
from mtam.rates.curve import Curve
from mtam.rates.fit import weighted_slopes

Array = npt.NDArray[np.float64]
Numbers = Mapping[str, Any]
WORDS = {"degree": "P", "tokens": "N", "rank": "r", "noise": "sigma"}


@dataclass(frozen=True)
class InteractionCell:
    """All trials that differ in sample size and seed only, of the seeds that have every size."""

    label: str
    trial: InteractionTrial  # one of the largest size
    sizes: Array  # (sizes,)
    seeds: tuple[int, ...]
    records: tuple[tuple[Numbers, ...], ...]  # seeds x sizes

    def values(self, name: str) -> Array | None:
        """One number of every record  # (seeds, sizes); None where one lacks it."""
        if not self.seeds or any(name not in record for row in self.records for record in row):
            return None
        return np.array([[float(record[name]) for record in row] for row in self.records])

    def slopes(self, name: str, axis: Array | None = None) -> Array | None:
        """The slope of ln of one number on ln M, or on ``axis``, by seed and weighted as in ``mtam.rates.fit``.

        None unless all numbers are positive.
        """
        values = self.values(name)
        if values is None or len(self.sizes) < 2 or values.min() <= 0:
            return None
        logs = np.log(values)
        return weighted_slopes(np.log(self.sizes) if axis is None else axis, self.sizes, logs)

    def curve(self, name: str) -> Curve | None:
        """One number of every record as a curve; None where a record lacks it. Differences may be negative."""
        values = self.values(name)
        return None if values is None else Curve(self.sizes, self.seeds, values, ())


def interaction_cells(trials: Sequence[InteractionTrial], numbers: Sequence[Numbers]) -> list[InteractionCell]:
    """The cells in the order of the trials; P and d are always named, other settings where they differ."""
    groups: dict[str, dict[tuple[int, int], tuple[InteractionTrial, Numbers]]] = {}
    for trial, record in zip(trials, numbers, strict=True):
        name = trial.model_copy(update={"n": 1, "seed": 0}).model_dump_json()
        groups.setdefault(name, {})[trial.seed, trial.n] = (trial, record)
    firsts = [next(iter(group.values()))[0] for group in groups.values()]
    return [_cell(group, label) for group, label in zip(groups.values(), _labels(firsts), strict=True)]


def _cell(group: Mapping[tuple[int, int], tuple[InteractionTrial, Numbers]], label: str) -> InteractionCell:
    sizes = sorted({n for _, n in group})
    seeds = tuple(s for s in sorted({seed for seed, _ in group}) if all((s, n) in group for n in sizes))
    records = tuple(tuple(group[seed, n][1] for n in sizes) for seed in seeds)
    largest = next(trial for (_, n), (trial, _) in group.items() if n == sizes[-1])
    return InteractionCell(label, largest, np.array(sizes, dtype=float), seeds, records)


def _labels(trials: Sequence[InteractionTrial]) -> list[str]:
    flat = [{**trial.model.model_dump(), **trial.data.model_dump()} for trial in trials]
    differing = [key for key in flat[0] if len({str(one[key]) for one in flat}) > 1]
    shown = list(dict.fromkeys(["degree", "d", *differing]))
    return [", ".join(f"{WORDS.get(key, key)} = {one[key]}" for key in shown) for one in flat]
