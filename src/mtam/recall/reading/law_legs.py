"""The verdict on paper A's law, cell by cell, from the three legs that it stands on.

1. The exact minimax risk of the problem that remains when the context is recalled takes on the exponent
   alpha / (alpha + 1) (``mtam.recall.theory.spectral_case``): theory at every n, without data.
2. The Bayes risk averaged over the prior, measured without the noise of targets, follows exp(-C (ln n)^gamma) and no
   power of n at the sizes that were run.
3. The trained transformer's risk over the Bayes rule's on the same contexts is flat in n.

The law is supported when every leg is, and contradicted when one is contradicted. A transformer that stops improving
breaks the third leg, a problem that is learned at a power of n or down to a floor the second.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from mtam.base.columns import AVERAGE_BAYES_ERROR, BAYES_ERROR, ERROR
from mtam.base.table import Cell, SweepAnswer, Table
from mtam.rates.curve import Curve, curve
from mtam.rates.judge_curves import flat_ratio
from mtam.rates.law_judgement import TOO_FEW, compared, judgement
from mtam.rates.laws import PowerLaw, SubPolynomial
from mtam.rates.verdict import Judgement, Verdict, joined
from mtam.recall.reading.recall_cells import RecallCell
from mtam.recall.reading.thresholds import FLAT
from mtam.recall.recall_spec import BENCHMARK_FROM
from mtam.recall.recall_variants import OF_BOX_PRIOR
from mtam.recall.theory.spectral_case import MinimaxSpectrum, minimax_exponent

MINIMAX, AVERAGE, RATIO = "exact minimax risk", "average Bayes risk", "risk / Bayes"
MEANS = {
    MINIMAX: "local exponent at the last n",
    AVERAGE: "γ of the curve",
    RATIO: f"slope on ln n from {BENCHMARK_FROM}",
}


def legs(cell: RecallCell) -> dict[str, Judgement]:
    """What each leg says of the law of a cell; empty for spectra of another law and where nothing of Bayes is known."""
    data = cell.trial.data
    # Of a prior whose spectrum is known there is no rule on the contexts, but its average at every n.
    rule = AVERAGE_BAYES_ERROR if data.target in OF_BOX_PRIOR else BAYES_ERROR
    average, ours, theirs = (
        _curve(cell, name, beside) for name, beside in
        ((AVERAGE_BAYES_ERROR, AVERAGE_BAYES_ERROR), (ERROR, rule), (rule, rule))
    )  # fmt: skip
    if data.spectrum != "exponential" or data.noise == 0 or (average is None and theirs is None):
        return {}
    return {
        MINIMAX: _minimax(data.alpha, data.decay, data.noise),
        AVERAGE: _no_power(average, data.alpha),
        RATIO: _flat(ours, theirs),
    }


@lru_cache(maxsize=64)
def _minimax(alpha: float, decay: float, noise: float) -> Judgement:
    return minimax_exponent(MinimaxSpectrum("exponential", alpha, decay, noise)).judgement


def _no_power(points: Curve | None, alpha: float) -> Judgement:
    if points is None:
        return Judgement(Verdict.UNDECIDED, None, "these records hold none: model.average_bayes is false")
    found = judgement(compared(SubPolynomial(alpha / (alpha + 1)), (PowerLaw(),), points), points)
    return found or Judgement(Verdict.UNDECIDED, None, TOO_FEW)


def _flat(ours: Curve | None, theirs: Curve | None) -> Judgement:
    if ours is None or theirs is None:
        return Judgement(Verdict.UNDECIDED, None, f"no Bayes rule: it is there from n = {BENCHMARK_FROM} on")
    return flat_ratio(ours, theirs, FLAT, from_size=BENCHMARK_FROM)


def _curve(cell: RecallCell, name: str, beside: str) -> Curve | None:
    """A number of the cell at the sizes that hold another one, by size and seed."""
    rows = [
        {"n": n, "seed": seed, "error": float(numbers[name])}
        for (n, seed), numbers in cell.numbers.items()
        if beside in numbers and name in numbers
    ]
    if not rows:
        return None
    drawn = curve(pd.DataFrame(rows))
    return drawn if drawn.seeds and np.isfinite(drawn.errors).all() else None


def answers(cells: Sequence[RecallCell]) -> list[SweepAnswer]:
    """The verdict on the law, one sentence per cell, with what it rests on; nothing where a cell has no legs."""
    found = [legs(cell) for cell in cells]
    if not all(found):
        return []
    return [_answer(index, cell, parts) for index, (cell, parts) in enumerate(zip(cells, found, strict=True))]


def _answer(index: int, cell: RecallCell, parts: dict[str, Judgement]) -> SweepAnswer:
    alpha = cell.trial.data.alpha
    keys = ("minimax", "average", "ratio")
    figures: dict[str, Cell] = {"law": joined(parts, shown=RATIO)}
    rests = []
    for key, (name, part) in zip(keys, parts.items(), strict=True):
        figures |= {key: part, f"{key}_because": part.reason}
        rests.append(f"{name} {{{key}}} ({{{key}_because}}" + (f", {{{key}_figure:.3f}})" if part.interval else ")"))
        if part.interval is not None:
            figures[f"{key}_figure"] = part.interval.value if key == "minimax" else part.interval
    where = cell.label if cell.varied else f"alpha = {alpha:g}"
    sentence = f"{where}: exp(-C (ln n)^{alpha / (alpha + 1):.2f}) is {{law}}, resting on: {'; '.join(rests)}"
    return SweepAnswer(key=f"law_{index}", sentence=sentence, figures=figures, law=True)


def tables(cells: Sequence[RecallCell]) -> list[Table]:
    """One row per cell and leg, and one for the law itself; nothing where no cell has legs."""
    rows: list[list[Cell]] = []
    for cell in cells:
        parts = legs(cell)
        for name, part in parts.items():
            figure: Cell = part.interval
            if name == MINIMAX and part.interval is not None:
                figure = part.interval.value  # exact: without an interval
            rows.append([cell.label, name, MEANS[name], figure, part, part.reason])
        if parts:
            rows.append([cell.label, "the law", "", None, joined(parts), "every leg is needed, one contradicts"])
    title = "Does the risk fall as exp(-C (ln n)^(α/(α+1)))? What the verdict rests on"
    headings = ["cell", "rests on", "figure", "value", "verdict", "because"]
    return [Table(name="law", title=title, headings=headings, rows=rows, formats={"value": ".3f"})] if rows else []
