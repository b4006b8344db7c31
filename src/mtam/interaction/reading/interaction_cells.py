"""Learning curves of a finished sweep, cell by cell, with the slope of every seed: what verdicts are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.base.named.named_code import shown
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.rates.fitting.fit import weighted_slopes
from mtam.rates.trial_numbers import Numbers, TrialNumbers

Array = npt.NDArray[np.float64]
WORDS = {"fitted_heads": "fitted heads", "degree": "P", "tokens": "N", "rank": "r", "noise": "sigma"}


@dataclass(frozen=True)
class InteractionCell(TrialNumbers):
    """The trials of one cell with their numbers."""

    label: str
    trial: InteractionTrial  # one of the largest size

    def slopes(self, name: str, axis: Array | None = None) -> Array | None:
        """The slope of ln of one number on ln M, or on ``axis``, by seed and weighted as in ``mtam.rates.fitting.fit``.

        None unless all numbers are positive.
        """
        values = self.matrix(name)
        if values is None or len(self.sizes) < 2 or values.min() <= 0:
            return None
        sizes = self.size_axis
        return weighted_slopes(np.log(sizes) if axis is None else axis, sizes, np.log(values))


def interaction_cells(trials: Sequence[InteractionTrial], numbers: Sequence[Numbers]) -> list[InteractionCell]:
    """The cells in the order of the trials; P and d are always named, other settings where they differ."""
    groups: dict[str, dict[tuple[int, int], tuple[InteractionTrial, Numbers]]] = {}
    for trial, record in zip(trials, numbers, strict=True):
        name = trial.model_copy(update={"n": 1, "seed": 0}).model_dump_json()
        groups.setdefault(name, {})[trial.n, trial.seed] = (trial, record)
    firsts = [next(iter(group.values()))[0] for group in groups.values()]
    return [_cell(group, label) for group, label in zip(groups.values(), _labels(firsts), strict=True)]


def _cell(group: Mapping[tuple[int, int], tuple[InteractionTrial, Numbers]], label: str) -> InteractionCell:
    numbers = {place: record for place, (_, record) in group.items()}
    largest = max(n for n, _ in group)
    trial = next(trial for (n, _), (trial, _) in group.items() if n == largest)
    return InteractionCell(numbers, label, trial)


def _fitted(trial: InteractionTrial) -> dict[str, int]:
    """What an estimator may set otherwise than the truth, under a name of its own."""
    return {"fitted_heads": trial.fit_heads()} if trial.model.several else {}


def _labels(trials: Sequence[InteractionTrial]) -> list[str]:
    flat = [{**trial.model.model_dump(), **trial.data.model_dump(), **_fitted(trial)} for trial in trials]
    keys = dict.fromkeys(key for one in flat for key in one)
    differing = [key for key in keys if len({str(one[key]) for one in flat if key in one}) > 1]
    told = list(dict.fromkeys(["degree", "d", *differing]))
    return [", ".join(f"{WORDS.get(key, key)} = {shown(one[key])}" for key in told if key in one) for one in flat]
