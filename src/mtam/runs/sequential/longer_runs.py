"""A run with more seeds, in a folder of its own that begins with the records of the shorter one.

The shorter run stays as it is: it is an earlier look, and the command that made it finds it again.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtam.analysis.run import Run
from mtam.base.errors import opening
from mtam.claims import looks
from mtam.rates.spending import seeds_at
from mtam.sweep import planning, store
from mtam.sweep.planning import Plan

Compose = Callable[[list[str]], Plan]  # further settings -> the plan


@dataclass(frozen=True)
class RunSequence:
    """A sweep that may go on: how its plans are composed, and the folder of its first look."""

    compose: Compose
    first: Path
    _plans: dict[int, Plan] = field(default_factory=dict, compare=False)  # by look; to compose one takes a while

    @property
    def name(self) -> str:
        """The name of the sweep."""
        return self.plan(1).name

    def plan(self, look: int) -> Plan:
        """The plan of a look: twice the seeds of the one before."""
        if look not in self._plans:
            further = [] if look == 1 else [f"sweep.seeds={seeds_at(look, self.seeds)}"]
            self._plans[look] = self.compose(further)
        return self._plans[look]

    @property
    def seeds(self) -> int:
        """The seeds of the first look, without those that single cells have more."""
        return int(self.plan(1).config["sweep"]["seeds"])

    def folder(self, look: int) -> Path:
        """Where a look lives: the later ones beside the first."""
        if look == 1:
            return self.first
        plan = self.plan(look)
        return self.first.parent / f"{plan.name}-{plan.digest}"


def replaced(settings: Iterable[str], further: Sequence[str]) -> list[str]:
    """Settings KEY=VALUE of which ``further`` ones replace those with their keys, and come last."""
    keys = {text.partition("=")[0] for text in further}
    return [*(text for text in settings if text.partition("=")[0] not in keys), *further]


def begin(sequence: RunSequence, before: Run, look: int) -> Path:
    """Make the folder of a later look, with the manifest and the records of the run ``before``; safe to do again.

    The packs of ``before`` stay packs, and its claims keep the seals of the first look. Raises UsageError where the
    folder holds something else.
    """
    out = sequence.folder(look)
    plan = planning.extended(before.plan, sequence.plan(look))
    with opening(out):
        plan.write(out)
        looks.write(out, look)
        (out / store.FOLDER).mkdir(exist_ok=True)
        for key in before.records:
            _copy(store.path_of(before.folder, key), store.path_of(out, key))
    return out


def _copy(source: Path, target: Path) -> None:
    """Whole or not at all, as every record is."""
    if os.path.lexists(target):
        return
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.copyfile(source, draft)
    os.replace(draft, target)


def seconds(sequence: RunSequence, run: Run, look: int, workers: int) -> float:
    """The forecast time of a later look, by what the trials of ``run`` took cell by cell and size by size."""
    spent: dict[tuple[int, int], list[float]] = {}
    for at, (keys, cell) in enumerate(zip(run.plan.keys, run.plan.cells, strict=True)):
        for key, trial in zip(keys, cell.trials, strict=True):
            if key in run.records:
                spent.setdefault((at, trial.n), []).append(float(run.records[key].get("seconds", 0.0)))
    further = seeds_at(look, sequence.seeds) - seeds_at(run.look or 1, sequence.seeds)
    return further * sum(sum(each) / len(each) for each in spent.values()) / max(workers, 1)
