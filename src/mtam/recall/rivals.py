"""Which attention recalls on which tags, against softmax on the same samples, and why (paper A, Remark 3)."""

from collections.abc import Sequence

import numpy as np

from mtam.rates.fit import student_interval
from mtam.rates.judge import ratio
from mtam.recall.cells import Array, Cell, by_seed, common, told
from mtam.recall.tags import gram

LINEAR = ("linear", "linear_elu")
AS_GOOD = 1.5  # times the risk of softmax
FIXED = ("orthonormal", "simplex", "equicorrelated", "cross_polytope")  # tags whose products are known


def answer(found: Sequence[Cell]) -> list[list[str]]:
    """For every kind of tags the better linear variant, and the frozen kernel: question, answer and why, figure."""
    n, seeds = common(found)
    errors = by_seed(found, "error", n, seeds)
    at: dict[tuple[str, str], int] = {(c.trial.data.tags, c.trial.model.name): k for k, c in enumerate(found)}
    rows = []
    for tags in dict.fromkeys(cell.trial.data.tags for cell in found):
        if (tags, "softmax") not in at or len(seeds) < 2:
            continue
        cell, own = found[at[tags, "softmax"]], errors[:, at[tags, "softmax"]]
        linear = [name for name in LINEAR if (tags, name) in at]
        if linear:
            best = min(linear, key=lambda name: float(np.log(errors[:, at[tags, name]]).mean()))
            why = _affine(cell, errors[:, at[tags, best]], own)
            rows.append(_row("can linear attention recall?", cell, best, errors[:, at[tags, best]], own, n, why))
        if (tags, "frozen_rbf") in at:
            theirs = errors[:, at[tags, "frozen_rbf"]]
            why = _frozen(cell, _good(theirs, own))
            rows.append(_row("can a kernel that learns nothing?", cell, "frozen_rbf", theirs, own, n, why))
    return rows


def short(found: Sequence[Cell]) -> list[str]:
    """A line for every kind of tags: its rivals' risks against softmax, and whether softmax itself is one-hot there."""
    n, seeds = common(found)
    errors = by_seed(found, "error", n, seeds)
    at: dict[tuple[str, str], int] = {(c.trial.data.tags, c.trial.model.name): k for k, c in enumerate(found)}
    lines = []
    for tags in dict.fromkeys(cell.trial.data.tags for cell in found):
        if (tags, "softmax") not in at or len(seeds) < 2:
            continue
        own, words = errors[:, at[tags, "softmax"]], []
        linear = [name for name in LINEAR if (tags, name) in at]
        best = [min(linear, key=lambda name: float(np.log(errors[:, at[tags, name]]).mean()))] if linear else []
        for name in (*best, *(["frozen_rbf"] if (tags, "frozen_rbf") in at else [])):
            theirs = errors[:, at[tags, name]]
            verdict = _verdict(theirs, own)
            words.append(f"{name}: {verdict} (risk x {told(ratio(theirs, own))})")
        mass = student_interval(found[at[tags, "softmax"]].values("attention_mass", n))
        lines.append(f"{tags} tags, n = {n}: {'; '.join(words)}; softmax's attention mass {told(mass)}")
    return lines


def _good(errors: Array, own: Array) -> bool:
    found = ratio(errors, own)
    return found is not None and found.value < AS_GOOD


def _verdict(errors: Array, own: Array) -> str:
    found = ratio(errors, own)
    if found is not None and found.high < 1:
        return "better than softmax"
    return "as well as softmax" if _good(errors, own) else "no"


def _row(question: str, cell: Cell, name: str, errors: Array, own: Array, n: int, why: str) -> list[str]:
    verdict = _verdict(errors, own)
    figure = f"risk {name} / softmax {told(ratio(errors, own))} at n = {n}"
    return [question, f"on {cell.trial.data.tags} tags: {verdict}; {why}", figure]


def _affine(cell: Cell, errors: Array, own: Array) -> str:
    """One-hot selection is affine in the products with the query's tag iff the others take one value."""
    data = cell.trial.data
    single = False
    if data.tags in FIXED:
        products = gram(data.tags, data.components, data.correlation)
        single = bool(np.ptp(products[~np.eye(data.components, dtype=bool)]) < 1e-9)
    if single:
        reason = "the other tags' products with the query's take one value, so selecting is an affine function of them"
        return reason if _good(errors, own) else f"{reason}, which was not learned"
    return "the other tags' products with the query's take several values, and no affine function sends all to zero"


def _frozen(cell: Cell, good: bool) -> str:
    if good:
        return "a narrow kernel is one-hot on tags that lie apart"
    if cell.trial.data.tags == "nuisance":
        return "it cannot learn which dimensions are noise, at no bandwidth"
    return "no bandwidth selects" if cell.trial.model.bandwidth is None else "its one bandwidth does not select"
