"""Which attention recalls on which tags, against softmax on the same samples, and why (paper A, Remark 3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtam.rates.fit import student_interval
from mtam.rates.intervals import Interval
from mtam.rates.judge_curves import ratio
from mtam.recall.reading.recall_cells import RecallCell, by_seed, common, told
from mtam.recall.recall_models import TrainedModel
from mtam.recall.simulate.tags import gram

LINEAR = ("linear", "linear_elu")
AS_GOOD = 1.5  # times the risk of softmax
FIXED = ("orthonormal", "simplex", "equicorrelated", "cross_polytope")  # tags whose products are known


@dataclass(frozen=True)
class Compared:
    """Softmax on one kind of tags, and what its rivals' risks are of its own, seed by seed."""

    softmax: RecallCell
    rivals: Mapping[str, Interval | None]  # the better linear variant, then the frozen kernel


def answer(found: Sequence[RecallCell]) -> list[list[str]]:
    """For every kind of tags the better linear variant, and the frozen kernel: question, answer and why, figure."""
    n, seeds = common(found)
    rows = []
    for one in _compared(found, n, seeds):
        for name, gap in one.rivals.items():
            question = "can linear attention recall?" if name in LINEAR else "can a kernel that learns nothing?"
            why = (_affine if name in LINEAR else _frozen)(one.softmax, good(gap))
            words = f"on {one.softmax.trial.data.tags} tags: {_verdict(gap)}; {why}"
            rows.append([question, words, f"risk {name} / softmax {told(gap)} at n = {n}"])
    return rows


def short(found: Sequence[RecallCell]) -> list[str]:
    """A line for every kind of tags: its rivals' risks against softmax, and whether softmax itself is one-hot there."""
    n, seeds = common(found)
    lines = []
    for one in _compared(found, n, seeds):
        words = [f"{name}: {_verdict(gap)} (risk x {told(gap)})" for name, gap in one.rivals.items()]
        mass = told(student_interval(one.softmax.values("attention_mass", n)))
        tags = one.softmax.trial.data.tags
        lines.append(f"{tags} tags, n = {n}: {'; '.join(words)}; softmax's attention mass {mass}")
    return lines


def _compared(found: Sequence[RecallCell], n: int, seeds: Sequence[int]) -> Iterator[Compared]:
    """For every kind of tags that softmax was tried on; nothing for a single seed."""
    errors = by_seed(found, "error", n, seeds)
    at: dict[tuple[str, str], int] = {(c.trial.data.tags, c.trial.model.name): k for k, c in enumerate(found)}
    for tags in dict.fromkeys(cell.trial.data.tags for cell in found):
        if (tags, "softmax") not in at or len(seeds) < 2:
            continue
        columns = {name: errors[:, k] for (kind, name), k in at.items() if kind == tags}
        linear = [name for name in LINEAR if name in columns]
        best = [min(linear, key=lambda name: float(np.log(columns[name]).mean()))] if linear else []
        names = [*best, *(["frozen_rbf"] if "frozen_rbf" in columns else [])]
        yield Compared(found[at[tags, "softmax"]], {name: ratio(columns[name], columns["softmax"]) for name in names})


def good(gap: Interval | None) -> bool:
    """Whether a risk of so many times that of softmax counts as recall."""
    return gap is not None and gap.value < AS_GOOD


def _verdict(gap: Interval | None) -> str:
    if gap is not None and gap.high < 1:
        return "better than softmax"
    return "as well as softmax" if good(gap) else "no"


def _affine(cell: RecallCell, learned: bool) -> str:
    """One-hot selection is affine in the products with the query's tag iff the others take one value."""
    data = cell.trial.data
    single = False
    if data.tags in FIXED:
        products = gram(data.tags, data.components, data.correlation)
        single = bool(np.ptp(products[~np.eye(data.components, dtype=bool)]) < 1e-9)
    if single:
        reason = "the other tags' products with the query's take one value, so selecting is an affine function of them"
        return reason if learned else f"{reason}, which was not learned"
    return "the other tags' products with the query's take several values, and no affine function sends all to zero"


def _frozen(cell: RecallCell, selects: bool) -> str:
    if selects:
        return "a narrow kernel is one-hot on tags that lie apart"
    if cell.trial.data.tags == "nuisance":
        return "it cannot learn which dimensions are noise, at no bandwidth"
    model = cell.trial.model
    one = isinstance(model, TrainedModel) and model.kernel_bandwidth() is not None
    return "its one bandwidth does not select" if one else "no bandwidth selects"
