"""Whether a trained transformer stays within a constant of the Bayes rule: the third leg that paper A's law stands on.

The first two are seen elsewhere: that the Bayes risk is no power of n (sweep bayes), and that its exponent takes on
alpha / (alpha + 1) as n grows (check minimax).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mtam.base.columns import BAYES_ERROR
from mtam.base.table import Cell, SweepAnswer
from mtam.rates.curve import Curve, curve
from mtam.rates.judge_curves import ratio_slope
from mtam.recall.reading.recall_cells import RecallCell
from mtam.recall.recall_spec import BENCHMARK_FROM

LEGS = (
    "that the Bayes risk itself is no power of n: mtam sweep bayes; the exponent's way to α/(α+1): mtam check minimax"
)


def answers(cells: Sequence[RecallCell]) -> list[SweepAnswer]:
    """The slope of ln(risk / Bayes) on ln n, by cell, and where the other legs are; nothing without Bayes rules."""
    slopes: dict[str, Cell] = {}
    for index, cell in enumerate(cells):
        ours, theirs = (_curve(cell, name) for name in ("error", BAYES_ERROR))
        slope = None if ours is None or theirs is None else ratio_slope(ours, theirs)
        if slope is None:
            return []
        slopes[f"slope{index}"] = slope
    each = ", ".join(f"{{slope{index}:.2g}} ({cell.label})" for index, cell in enumerate(cells))
    sentence = f"slope of ln(risk / Bayes) on ln n from n = {BENCHMARK_FROM} on, 0 is flat: {each}"
    return [SweepAnswer(key="flat_ratio", sentence=sentence, figures=slopes), SweepAnswer(key="legs", sentence=LEGS)]


def _curve(cell: RecallCell, name: str) -> Curve | None:
    """A number of the cell at the sizes that have a Bayes rule, by size and seed."""
    rows = [
        {"n": n, "seed": seed, "error": float(numbers[name])}
        for (n, seed), numbers in cell.numbers.items()
        if BAYES_ERROR in numbers and name in numbers
    ]
    if not rows:
        return None
    drawn = curve(pd.DataFrame(rows))
    return drawn if drawn.seeds and np.isfinite(drawn.errors).all() else None
