"""What the sweeps of the open questions answer, each with an interval over seeds.

A sweep asks a question by the setting that it varies: the spectrum (open question 1), the basis (2), the tokens per
context, the separation of the tags, their rotation, the width of the keys, the start of the attention, rivals of
softmax attention.
"""

from collections.abc import Callable, Sequence

import numpy as np

from mtam.base.columns import ATTENTION_MASS
from mtam.base.table import Cell, SweepAnswer, Table
from mtam.rates.fitting.fit import slopes, student_interval
from mtam.rates.intervals import Interval
from mtam.rates.judge_curves import NOTHING, ratio, within
from mtam.rates.verdict import Verdict
from mtam.recall.reading import linear_and_frozen
from mtam.recall.reading.question import OpenQuestion
from mtam.recall.reading.questions import learned_attention, open_rates
from mtam.recall.reading.recall_cells import RecallCell, by_seed, common, crossing
from mtam.recall.reading.thresholds import LOST, PLATEAU, RECALLED

_BASIS = "2: does the smoothness of the eigenfunctions matter?"
_SEPARATION = "must tags have products of at most 0 (Assumption 2)?"
_SEPARATION_RATE = "3: does the rate degrade as tags come closer?"
_LENGTH = "how many tokens must a context have?"
_ROTATION = "can linear attention recall?"
_KEYS = "are keys narrower than the tags a bottleneck?"
_TOO_FEW = "too few seeds to say"
_RATES = ("slower than", "faster than", "not distinguishable from")


def questions(cells: Sequence[RecallCell]) -> list[OpenQuestion]:
    """The answers that this sweep can give; nothing where it varies none of these settings."""
    if len(cells) < 2:
        return []
    varied = set(cells[0].varied)
    return [one for keys, answer in _QUESTIONS for one in (answer(cells) if keys == varied else [])]


def tables(cells: Sequence[RecallCell]) -> list[Table]:
    """The same as a table."""
    rows: list[list[Cell]] = [
        [one.question, one.answer, one.verdict, one.name, one.figure, one.n] for one in questions(cells)
    ]
    title = "What this sweep answers; figures with 95% intervals over seeds"
    headings = ["question", "answer", "verdict", "figure", "value", "n"]
    table = Table(name="open_questions", title=title, headings=headings, rows=rows, formats={"value": ".3g"})
    return [table] if rows else []


def answers(cells: Sequence[RecallCell]) -> list[SweepAnswer]:
    """The same in sentences."""
    return [
        SweepAnswer(
            key=f"question_{at}",
            sentence=f"{one.asked} {one.answer}: {one.measured}",
            figures={"figure": one.figure, "verdict": one.verdict},
        )
        for at, one in enumerate(questions(cells), start=1)
    ]


def _side(found: Interval | None, figure: float, words: tuple[str, str, str]) -> str:
    """Which of three ``words`` holds: the whole interval above the figure, below it, or neither."""
    if found is None:
        return _TOO_FEW
    return words[0] if found.low > figure else words[1] if found.high < figure else words[2]


def _basis(cells: Sequence[RecallCell]) -> list[OpenQuestion]:
    n, seeds = common(cells)
    names = [str(cell.trial.data.basis) for cell in cells]
    if "cosine" not in names:
        return []
    errors = by_seed(cells, "error", n, seeds)
    found = []
    for k, name in enumerate(names):
        if name == "cosine":
            continue
        gap = ratio(errors[:, k], errors[:, names.index("cosine")])
        sides = ("larger than", "smaller than", "not distinguishable from")
        words = [f"with {name} eigenfunctions the risk is {side} that with cosines" for side in sides]
        answer = _side(gap, 1.0, (words[0], words[1], words[2]))
        found.append(OpenQuestion(_BASIS, answer, f"risk {name} / cosine", gap, n))
        words = [f"with {name} eigenfunctions the rate is {side} that with cosines" for side in _RATES]
        slope = open_rates.ratio_slope(cells[k], cells[names.index("cosine")])
        if slope is not None:
            answer = _side(slope, 0.0, (words[0], words[1], words[2]))
            found.append(OpenQuestion(_BASIS, answer, f"slope of ln(risk {name} / cosine) on ln n", slope))
    return found


def _spectrum(cells: Sequence[RecallCell]) -> list[OpenQuestion]:
    found = []
    for cell in cells:
        data = cell.trial.data
        seeds = sorted(set.intersection(*(set(cell.seeds(n)) for n in cell.sizes)))
        if data.spectrum != "polynomial" or len(cell.sizes) < 3:
            continue
        axis = np.log(np.log(np.array(cell.sizes, dtype=float)))
        logs = np.log(np.array([[float(cell.numbers[n, seed]["error"]) for n in cell.sizes] for seed in seeds]))
        exponent = student_interval(-slopes(axis, logs))
        expected = 2 * data.alpha - 1
        form = "a power of ln n; at these sizes its exponent is {} that of the best cover, " + f"{expected:g}"
        answer = _side(exponent, expected, (form.format("above"), form.format("below"), form.format("no other than")))
        question = f"1: what replaces the law for eigenvalues j^-{2 * data.alpha:g}?"
        found.append(OpenQuestion(question, answer, "exponent of ln n", exponent))
    return found


def _separation(cells: Sequence[RecallCell]) -> list[OpenQuestion]:
    """Where the mass falls below one half and where the risk has doubled, interpolated in ln(1 - rho), by seed."""
    n, seeds = common(cells)
    ordered = sorted(cells, key=lambda cell: cell.trial.data.correlation)
    axis = -np.log1p(-np.array([cell.trial.data.correlation for cell in ordered]))
    errors = by_seed(ordered, "error", n, seeds)
    curves = (
        (f"attention mass is one half at n = {n} where", by_seed(ordered, ATTENTION_MASS, n, seeds), LOST),
        (f"its risk is twice that at the smallest rho at n = {n} where", -errors / errors[:, :1], -2.0),
    )
    found = []
    for words, curve, level in curves:
        if np.isnan(curve).any():  # the mass of a rival without attention
            continue
        where = [crossing(axis, row, level) for row in curve]
        known = np.array([x for x in where if x is not None])
        answer = f"no: recall survives positive products rho and is lost gradually; {words}"
        lost: Interval | float
        if len(known) < len(seeds):
            name = f"in {len(seeds) - len(known)} seeds rho"
            lost = Interval.above(float(ordered[-1].trial.data.correlation))
        else:
            mean = student_interval(known)
            name, lost = "rho", _from_log(float(known.mean())) if mean is None else mean.mapped(_from_log)
        found.append(OpenQuestion(_SEPARATION, answer, name, lost, digits=4))
    return found + _separation_rates(ordered)


def _separation_rates(ordered: Sequence[RecallCell]) -> list[OpenQuestion]:
    """Open question 3 as rates: how the critical product moves with n, and the rate at every rho against the first."""
    found = []
    moved = open_rates.critical_exponent(ordered)
    if moved is not None:
        answer = "the separation 1 - rho at which attention mass is one half shrinks with n, as a power"
        found.append(OpenQuestion(_SEPARATION_RATE, answer, "exponent of n in 1 - rho", moved))
    first = ordered[0]
    for cell in ordered[1:]:
        slope = open_rates.ratio_slope(cell, first)
        if slope is None:
            continue
        here, least = cell.trial.data.correlation, first.trial.data.correlation
        words = [f"at rho = {here:g} the rate is {side} that at rho = {least:g}" for side in _RATES]
        answer = _side(slope, 0.0, (words[0], words[1], words[2]))
        found.append(OpenQuestion(_SEPARATION_RATE, answer, "slope of the ln ratio of risks on ln n", slope))
    return found


def _from_log(x: float) -> float:
    """rho from -ln(1 - rho)."""
    return float(-np.expm1(-x))


def _length(cells: Sequence[RecallCell]) -> list[OpenQuestion]:
    n, seeds = common(cells)
    pairs = sorted((cell.trial.data.length or 0, k) for k, cell in enumerate(cells))
    lengths = np.array([length for length, _ in pairs if length], dtype=float)
    errors = by_seed([cells[k] for length, k in pairs if length], "error", n, seeds)
    falling = errors.mean(0) < 1 - PLATEAU  # a slope of what is no better than a constant answer says nothing
    found = []
    if falling.sum() >= 3:
        slope = student_interval(slopes(np.log(lengths[falling]), np.log(errors[:, falling])))
        first, last = lengths[falling][[0, -1]]
        answer = f"the risk falls steadily with L, from L = {first:.0f} to {last:.0f}"
        found.append(OpenQuestion(_LENGTH, answer, "d ln risk / d ln L", slope, n))
    where = [crossing(np.log(lengths), row, LOST) for row in errors]
    known = np.array([x for x in where if x is not None])
    if len(known) == len(seeds) and (half := student_interval(known)) is not None:
        length = half.mapped(lambda x: float(np.exp(x)))
        found.append(OpenQuestion(_LENGTH, "half of the variance is explained from L on", "L", length))
    return found


def _rotation(cells: Sequence[RecallCell]) -> list[OpenQuestion]:
    n, seeds = common(cells)
    at = {(cell.trial.data.rotate, cell.trial.model.name): k for k, cell in enumerate(cells)}
    errors = by_seed(cells, "error", n, seeds)
    found = []
    for rotate, words in ((True, "tags drawn afresh for every context"), (False, "one fixed set of tags")):
        linear, softmax = at.get((rotate, "linear")), at.get((rotate, "softmax"))
        if linear is None or softmax is None:
            continue
        gap = ratio(errors[:, linear], errors[:, softmax])
        said = linear_and_frozen.as_good(gap)
        answer = f"with {words}: {linear_and_frozen.words(said)}"
        found.append(OpenQuestion(_ROTATION, answer, "risk linear / softmax", gap, n, said.verdict))
    return found


def _keys(cells: Sequence[RecallCell]) -> list[OpenQuestion]:
    """Whether recall is complete at every width of the keys; the risk stands beside it."""
    n, _ = common(cells)
    words = {Verdict.SUPPORTED: "holds", Verdict.CONTRADICTED: "breaks"}
    found = []
    for cell in cells:
        mass, width = student_interval(cell.values(ATTENTION_MASS, n)), getattr(cell.trial.model, "key_dim", None)
        said = NOTHING if mass is None else within(mass, low=RECALLED)
        dim, recall = cell.trial.data.seen_dim(), words.get(said.verdict, "may hold" if mass else f"({_TOO_FEW})")
        keys = f"with keys of {width or dim} of {dim} dimensions, {cell.trial.data.components} components"
        risk = student_interval(cell.values("error", n))
        found += [
            OpenQuestion(_KEYS, f"{keys}: recall {recall}", "attention mass", mass, n, said.verdict),
            OpenQuestion(_KEYS, keys, "risk", risk, n),
        ]
    return found


_QUESTIONS: tuple[tuple[set[str], Callable[[Sequence[RecallCell]], list[OpenQuestion]]], ...] = (
    ({"spectrum", "alpha"}, _spectrum),
    ({"alpha"}, _spectrum),
    ({"basis"}, _basis),
    ({"correlation"}, _separation),
    ({"length"}, _length),
    ({"rotate", "name"}, _rotation),
    ({"key_dim"}, _keys),
    ({"init"}, learned_attention.questions),
    ({"tags", "name"}, linear_and_frozen.questions),
)
