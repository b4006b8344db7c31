"""Which attention recalls on which tags, against softmax on the same samples, and why (paper A, Remark 3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtam.base.columns import ATTENTION_MASS
from mtam.base.table import Cell, SweepAnswer
from mtam.rates.fitting.fit import student_interval
from mtam.rates.intervals import Interval
from mtam.rates.judge_curves import ratio, within
from mtam.rates.verdict import Judgement, Verdict
from mtam.recall.reading.question import OpenQuestion
from mtam.recall.reading.recall_cells import RecallCell, by_seed, common
from mtam.recall.reading.thresholds import AS_GOOD
from mtam.recall.recall_models import TrainedModel
from mtam.recall.simulate.tags import gram

LINEAR = ("linear", "linear_elu")
FIXED = ("orthonormal", "simplex", "equicorrelated", "cross_polytope")  # tags whose products are known


@dataclass(frozen=True)
class Compared:
    """Softmax on one kind of tags, and what its rivals' risks are of its own, seed by seed."""

    softmax: RecallCell
    rivals: Mapping[str, Interval | None]  # the better linear variant, then the frozen kernel


def questions(cells: Sequence[RecallCell]) -> list[OpenQuestion]:
    """For every kind of tags the better linear variant, and the frozen kernel: whether it recalls, and why."""
    n, seeds = common(cells)
    found = []
    for one in _compared(cells, n, seeds):
        for name, gap in one.rivals.items():
            linear = name in LINEAR
            said = as_good(gap)
            why = (_affine if linear else _frozen)(one.softmax, said.verdict)
            asked = "can linear attention recall?" if linear else "can a kernel that learns nothing?"
            answer = "; ".join(text for text in (f"on {one.softmax.trial.data.tags} tags: {words(said)}", why) if text)
            found.append(OpenQuestion(asked, answer, f"risk {name} / softmax", gap, n, said.verdict))
    return found


def answers(cells: Sequence[RecallCell]) -> list[SweepAnswer]:
    """A line for every kind of tags: its rivals' risks against softmax, and whether softmax itself is one-hot there."""
    n, seeds = common(cells)
    lines = []
    for one in _compared(cells, n, seeds):
        tags = one.softmax.trial.data.tags
        figures: dict[str, Cell] = {}
        parts = []
        for name, gap in one.rivals.items():
            said = as_good(gap)
            figures |= {name: said, f"{name}_risk": gap}
            parts.append(f"{name}: {words(said)} (risk x {{{name}_risk:.3g}})")
        figures["softmax_mass"] = student_interval(one.softmax.values(ATTENTION_MASS, n))
        sentence = f"{tags} tags, n = {n}: {'; '.join(parts)}; softmax's attention mass {{softmax_mass:.3g}}"
        lines.append(SweepAnswer(key=f"rivals_{tags}", sentence=sentence, figures=figures))
    return lines


def _compared(cells: Sequence[RecallCell], n: int, seeds: Sequence[int]) -> Iterator[Compared]:
    """For every kind of tags that softmax was tried on; nothing for a single seed."""
    errors = by_seed(cells, "error", n, seeds)
    at: dict[tuple[str, str], int] = {(c.trial.data.tags, c.trial.model.name): k for k, c in enumerate(cells)}
    for tags in dict.fromkeys(cell.trial.data.tags for cell in cells):
        if (tags, "softmax") not in at or len(seeds) < 2:
            continue
        columns = {name: errors[:, k] for (kind, name), k in at.items() if kind == tags}
        linear = [name for name in LINEAR if name in columns]
        best = [min(linear, key=lambda name: float(np.log(columns[name]).mean()))] if linear else []
        names = [*best, *(["frozen_rbf"] if "frozen_rbf" in columns else [])]
        yield Compared(cells[at[tags, "softmax"]], {name: ratio(columns[name], columns["softmax"]) for name in names})


def as_good(gap: Interval | None) -> Judgement:
    """Whether a risk of so many times that of softmax is at most AS_GOOD times as large."""
    return within(gap, high=AS_GOOD)


def words(said: Judgement) -> str:
    """The answer to whether a rival recalls as well as softmax."""
    if said.interval is not None and said.interval.high < 1:
        return "better than softmax"
    return {Verdict.SUPPORTED: "as well as softmax", Verdict.CONTRADICTED: "no"}.get(said.verdict, "undecided")


def _affine(cell: RecallCell, said: Verdict) -> str:
    """One-hot selection is affine in the products with the query's tag iff the others take one value."""
    data = cell.trial.data
    single = False
    if data.tags in FIXED:
        products = gram(data.tags, data.components, data.correlation)
        single = bool(np.ptp(products[~np.eye(data.components, dtype=bool)]) < 1e-9)
    if single:
        reason = "the other tags' products with the query's take one value, so selecting is an affine function of them"
        return f"{reason}, which was not learned" if said is Verdict.CONTRADICTED else reason
    return "the other tags' products with the query's take several values, and no affine function sends all to zero"


def _frozen(cell: RecallCell, said: Verdict) -> str:
    if said is Verdict.UNDECIDED:
        return ""
    if said is Verdict.SUPPORTED:
        return "a narrow kernel is one-hot on tags that lie apart"
    if cell.trial.data.tags == "nuisance":
        return "it cannot learn which dimensions are noise, at no bandwidth"
    model = cell.trial.model
    one = isinstance(model, TrainedModel) and model.kernel_bandwidth() is not None
    return "its one bandwidth does not select" if one else "no bandwidth selects"
