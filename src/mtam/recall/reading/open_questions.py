"""What the sweeps of the open questions answer, each in a sentence with an interval over seeds.

A sweep asks a question by the setting that it varies: the spectrum (open question 1), the basis (2), the tokens per
context, the separation of the tags, their rotation, the width of the keys, rivals of softmax attention.
"""

from collections.abc import Callable, Sequence

import numpy as np

from mtam.base.remark import Remark
from mtam.rates.fit import slopes, student_interval
from mtam.rates.judge_curves import ratio
from mtam.recall.reading import linear_and_frozen
from mtam.recall.reading.diagnosis import RECALLED
from mtam.recall.reading.recall_cells import RecallCell, by_seed, common, crossing, told

HALF = 0.5  # attention mass at which recall counts as lost
_BASIS = "2: does the smoothness of the eigenfunctions matter?"
_TOO_FEW = "too few seeds to say"
CONSTANT = 0.9  # risks above it are those of a constant answer; a slope there says nothing
Answer = list[list[str]]  # question, answer in words, interval


def table(found: Sequence[RecallCell]) -> list[Remark]:
    """The answers that this sweep can give; nothing where it varies none of these settings."""
    if len(found) < 2:
        return []
    varied = set(found[0].varied)
    rows = [row for keys, answer in _QUESTIONS for row in (answer(found) if keys == varied else [])]
    heads = ["question", "answer", "figure, with its 95% interval over seeds"]
    return [("What this sweep answers", heads, rows)] if rows else []


def _basis(found: Sequence[RecallCell]) -> Answer:
    n, seeds = common(found)
    names = [str(cell.trial.data.basis) for cell in found]
    if "cosine" not in names:
        return []
    errors = by_seed(found, "error", n, seeds)
    rows = []
    for k, name in enumerate(names):
        if name == "cosine":
            continue
        gap = ratio(errors[:, k], errors[:, names.index("cosine")])
        words = _TOO_FEW
        if gap is not None:
            side = "larger than" if gap.low > 1 else "smaller than" if gap.high < 1 else "not distinguishable from"
            words = f"with {name} eigenfunctions the risk is {side} that with cosines"
        rows.append([_BASIS, words, f"risk {name} / cosine {told(gap)} at n = {n}"])
    return rows


def _spectrum(found: Sequence[RecallCell]) -> Answer:
    rows = []
    for cell in found:
        data = cell.trial.data
        seeds = sorted(set.intersection(*(set(cell.seeds(n)) for n in cell.sizes)))
        if data.spectrum != "polynomial" or len(cell.sizes) < 3:
            continue
        axis = np.log(np.log(np.array(cell.sizes, dtype=float)))
        logs = np.log(np.array([[float(cell.numbers[n, seed]["error"]) for n in cell.sizes] for seed in seeds]))
        found_slope = student_interval(-slopes(axis, logs))
        expected = 2 * data.alpha - 1
        words = _TOO_FEW
        if found_slope is not None:
            where = (
                "above" if found_slope.low > expected else "below" if found_slope.high < expected else "no other than"
            )
            words = f"a power of ln n; at these sizes its exponent is {where} that of the best cover, {expected:g}"
        question = f"1: what replaces the law for eigenvalues j^-{2 * data.alpha:g}?"
        rows.append([question, words, f"exponent of ln n {told(found_slope)}"])
    return rows


def _separation(found: Sequence[RecallCell]) -> Answer:
    """Where the mass falls below one half and where the risk has doubled, interpolated in ln(1 - rho), by seed."""
    n, seeds = common(found)
    ordered = sorted(found, key=lambda cell: cell.trial.data.correlation)
    axis = -np.log1p(-np.array([cell.trial.data.correlation for cell in ordered]))
    errors = by_seed(ordered, "error", n, seeds)
    curves = (
        (f"attention mass is one half at n = {n} where", by_seed(ordered, "attention_mass", n, seeds), HALF),
        (f"its risk is twice that at the smallest rho at n = {n} where", -errors / errors[:, :1], -2.0),
    )
    rows = []
    for words, curve, level in curves:
        if np.isnan(curve).any():  # the mass of a rival without attention
            continue
        where = [crossing(axis, row, level) for row in curve]
        known = np.array([x for x in where if x is not None])
        lost = student_interval(known) if len(known) == len(seeds) else None
        figure = f"not within rho = {ordered[-1].trial.data.correlation:g} in {len(seeds) - len(known)} seeds"
        if lost is not None:
            figure = f"rho {told(lost.mapped(lambda x: float(-np.expm1(-x))), 4)}"
        rows.append([_SEPARATION, f"no: recall survives positive products rho and is lost gradually; {words}", figure])
    return rows


_SEPARATION = "must tags have products of at most 0 (Assumption 2)?"


def _length(found: Sequence[RecallCell]) -> Answer:
    n, seeds = common(found)
    pairs = sorted((cell.trial.data.length or 0, k) for k, cell in enumerate(found))
    lengths = np.array([length for length, _ in pairs if length], dtype=float)
    errors = by_seed([found[k] for length, k in pairs if length], "error", n, seeds)
    falling = errors.mean(0) < CONSTANT
    rows = []
    if falling.sum() >= 3:
        slope = student_interval(slopes(np.log(lengths[falling]), np.log(errors[:, falling])))
        first, last = lengths[falling][[0, -1]]
        rows.append([
            _LENGTH, f"the risk falls steadily with L, from L = {first:.0f} to {last:.0f}",
            f"d ln risk / d ln L {told(slope)} at n = {n}",
        ])  # fmt: skip
    where = [crossing(np.log(lengths), row, HALF) for row in errors]
    known = np.array([x for x in where if x is not None])
    if len(known) == len(seeds) and (found_log := student_interval(known)) is not None:
        where_half = found_log.mapped(lambda x: float(np.exp(x)))
        rows.append([_LENGTH, "half of the variance is explained from L on", f"L {told(where_half)}"])
    return rows


_LENGTH = "how many tokens must a context have?"


def _rotation(found: Sequence[RecallCell]) -> Answer:
    n, seeds = common(found)
    at = {(cell.trial.data.rotate, cell.trial.model.name): k for k, cell in enumerate(found)}
    errors = by_seed(found, "error", n, seeds)
    rows = []
    for rotate, words in ((True, "tags drawn afresh for every context"), (False, "one fixed set of tags")):
        pair = at.get((rotate, "linear")), at.get((rotate, "softmax"))
        if pair[0] is None or pair[1] is None:
            continue
        gap = ratio(errors[:, pair[0]], errors[:, pair[1]])
        rows.append([
            "can linear attention recall?",
            f"with {words}: {'nearly as well as softmax' if linear_and_frozen.good(gap) else 'no'}",
            f"risk linear / softmax {told(gap)} at n = {n}",
        ])  # fmt: skip
    return rows


def _keys(found: Sequence[RecallCell]) -> Answer:
    n, _ = common(found)
    rows = []
    for cell in found:
        mass, width = student_interval(cell.values("attention_mass", n)), getattr(cell.trial.model, "key_dim", None)
        dim, words = cell.trial.data.seen_dim(), f"({_TOO_FEW})"
        if mass is not None:
            words = "breaks" if mass.high < RECALLED else "holds" if mass.low > RECALLED else "may hold"
        rows.append([
            "are keys narrower than the tags a bottleneck?",
            f"with keys of {width or dim} of {dim} dimensions, {cell.trial.data.components} components: recall {words}",
            f"attention mass {told(mass)}, risk {told(student_interval(cell.values('error', n)))}",
        ])  # fmt: skip
    return rows


_QUESTIONS: tuple[tuple[set[str], Callable[[Sequence[RecallCell]], Answer]], ...] = (
    ({"spectrum", "alpha"}, _spectrum),
    ({"alpha"}, _spectrum),
    ({"basis"}, _basis),
    ({"correlation"}, _separation),
    ({"length"}, _length),
    ({"rotate", "name"}, _rotation),
    ({"key_dim"}, _keys),
    ({"tags", "name"}, linear_and_frozen.answer),
)
