"""What a theorem asks of sizes: those that do not meet it are left out of a claim, and said."""

from dataclasses import dataclass, replace

import numpy as np

from mtam.analysis.run import NoEvidence, Run
from mtam.rates.curve import Curve
from mtam.rates.verdict import Judgement


@dataclass(frozen=True)
class Without:
    """What a condition takes away, in words; empty for nothing."""

    everything: str = ""  # no size of some cell meets it
    some: str = ""

    def told(self, judgement: Judgement) -> Judgement:
        """The judgement with what was left out added to its reason."""
        return replace(judgement, reason=f"{judgement.reason}; {self.some}") if self.some else judgement


def promised(run: Run, index: int | list[int], fact: str) -> tuple[Run, Without]:
    """The run without the numbers of trials that lack ``fact``; the whole run where a cell has no size left.

    Raises NoEvidence for a fact that trials do not tell.
    """
    kept, words = dict(run.records), []
    for place in index if isinstance(index, list) else [index]:
        cell = run.plan.cells[place]
        facts = [trial.facts() for trial in cell.trials]
        if any(fact not in each for each in facts):
            raise NoEvidence(f"nothing is known of {fact} in this cell of {run.plan.name}")
        inside = {trial.n for trial, each in zip(cell.trials, facts, strict=True) if each[fact]}
        outside = {trial.n for trial in cell.trials} - inside
        needed = facts[-1].get("theorem_needs_M")
        theory = "" if needed is None else f": theory needs M = {needed:.2g}"
        if not inside:
            return run, Without(everything=f"{fact} does not hold here{theory}")
        if outside:
            words.append(
                f"{len(outside)} of {len(inside | outside)} sizes are left out, {fact} does not hold there{theory}"
            )
        for key, trial in zip(run.plan.keys[place], cell.trials, strict=True):
            if trial.n in outside and key in kept:
                kept[key] = {"numbers": {}}  # no part of a curve, whether it was computed or failed
    return (replace(run, records=kept), Without(some="; ".join(words))) if words else (run, Without())


def from_size(points: Curve, size: int) -> Curve:
    """The curve from a size on; raises NoEvidence where none is so large."""
    chosen = np.asarray(points.sizes) >= size
    if not chosen.any():
        raise NoEvidence(f"no size reaches {size}")
    return replace(points, sizes=points.sizes[chosen], errors=points.errors[:, chosen])
