"""Components and tag dimension that grow with the sample size, as paper A lets them: recall and risk along the way."""

from collections.abc import Sequence

import numpy as np

from mtam.base.columns import ATTENTION_MASS, BAYES_ERROR
from mtam.base.table import Cell, SweepAnswer, Table
from mtam.rates.fitting.fit import slopes, student_interval
from mtam.rates.judge_curves import ratio
from mtam.recall.reading.recall_cells import RecallCell


def applies(cells: Sequence[RecallCell]) -> bool:
    """Whether the components grow with n: every size has a number of its own."""
    sizes = [n for cell in cells for n in cell.sizes]
    return len(cells) > 1 and "components" in cells[0].varied and len(set(sizes)) == len(sizes)


def tables(cells: Sequence[RecallCell]) -> list[Table]:
    """A row for every size."""
    rows: list[list[Cell]] = []
    for n, cell in _by_size(cells):
        data = cell.trial.data
        errors, bayes = cell.values("error", n), cell.values(BAYES_ERROR, n)
        known = bool(np.isfinite(bayes).all())
        mass = student_interval(cell.values(ATTENTION_MASS, n))
        risk = float(np.exp(np.log(errors).mean()))
        rows.append([n, data.components, data.tag_dim, mass, risk, ratio(errors, bayes) if known else None])
    headings = ["n", "I", "d1", "attention mass", "risk", "risk / Bayes"]
    title = "Components that grow with n: is recall kept, and the rate? Intervals over seeds"
    formats = {"attention mass": ".3f", "risk": ".3g", "risk / Bayes": ".3g"}
    return [Table(name="growing_capacity", title=title, headings=headings, rows=rows, formats=formats)]


def answers(cells: Sequence[RecallCell]) -> list[SweepAnswer]:
    """The slope of ln(risk / Bayes) on ln n along the growth, and the attention mass at its end."""
    by_size = _by_size(cells)
    first, last = by_size[0], by_size[-1]
    counts = (
        f"I = {first[1].trial.data.components} at n = {first[0]} to {last[1].trial.data.components} at n = {last[0]}"
    )
    mass = student_interval(last[1].values(ATTENTION_MASS, last[0]))
    found = [
        SweepAnswer(
            key="growing_mass",
            sentence=f"with {counts} the attention mass at the end is {{mass:.3g}}",
            figures={"mass": mass},
        )
    ]
    seeds = sorted(set.intersection(*(set(cell.seeds(n)) for n, cell in by_size)))
    known = [(n, cell) for n, cell in by_size if np.isfinite(cell.values(BAYES_ERROR, n)).all()]
    if len(known) > 1 and seeds:
        logs = np.array([
            [np.log(cell.numbers[n, seed]["error"] / cell.numbers[n, seed][BAYES_ERROR]) for n, cell in known]
            for seed in seeds
        ])  # fmt: skip
        slope = student_interval(slopes(np.log([n for n, _ in known]), logs))
        sentence = f"slope of ln(risk / Bayes) on ln n from n = {known[0][0]} on, 0 is flat: {{slope:.2g}}"
        found.append(SweepAnswer(key="growing_ratio", sentence=sentence, figures={"slope": slope}))
    return found


def _by_size(cells: Sequence[RecallCell]) -> list[tuple[int, RecallCell]]:
    return sorted(((n, cell) for cell in cells for n in cell.sizes), key=lambda pair: pair[0])
