"""The effective dimension against n: axes that the model has learned, those of the Bayes rule, and theory's D_eff(n).

An axis counts by the share of its effect that is learned (``mtam.recall.evaluation.axis_gains``), so that the three are
alike: the cover splits an axis or not, the Bayes rule and the model resolve it in part.
"""

from collections.abc import Sequence

from mtam.base.table import Cell, SweepAnswer, Table, mean_figure
from mtam.rates.fitting.fit import student_interval
from mtam.recall.reading.recall_cells import Array, RecallCell

ABOUT = ({"alpha"}, {"spectrum", "alpha"})  # the settings that such a sweep varies
AXES, BAYES_AXES, COVER_AXES = "axes_learned", "bayes_axes_learned", "cover_axes"


def tables(cells: Sequence[RecallCell]) -> list[Table]:
    """A row for every cell and size; nothing for sweeps over other settings, and for records without these numbers."""
    if not cells or set(cells[0].varied) not in ABOUT:
        return []
    rows: list[list[Cell]] = [
        [cell.label, n, *(_mean(cell, name, n) for name in (AXES, BAYES_AXES)), int(cell.values(COVER_AXES, n)[0])]
        for cell in cells
        for n in cell.sizes
        if not any(_lacks(cell, name, n) for name in (AXES, COVER_AXES))
    ]
    headings = ["cell", "n", "axes learned", "axes of the Bayes rule", "D_eff"]
    title = "Effective dimension: coefficients by the share of their effect that the answer has, and D_eff(n) of theory"
    formats = {"axes learned": ".1f", "axes of the Bayes rule": ".1f"}
    return [Table(name="effective_dimension", title=title, headings=headings, rows=rows, formats=formats)] * bool(rows)


def answers(cells: Sequence[RecallCell]) -> list[SweepAnswer]:
    """Axes learned at the largest size beside D_eff, by cell; nothing for records without these numbers."""
    if any(_lacks(cell, name, cell.sizes[-1]) for cell in cells for name in (AXES, COVER_AXES)):
        return []
    parts, figures = [], {}
    for index, cell in enumerate(cells):
        n = cell.sizes[-1]
        figures[f"axes{index}"] = student_interval(cell.values(AXES, n))
        parts.append(f"{{axes{index}:.3g}} at n = {n} ({cell.label}; D_eff = {cell.values(COVER_AXES, n)[0]:.0f})")
    sentence = f"coefficients learned, each by the share of its effect: {', '.join(parts)}"
    return [SweepAnswer(key="effective_dimension", sentence=sentence, figures=dict(figures))]


def _lacks(cell: RecallCell, name: str, n: int) -> bool:
    values: Array = cell.values(name, n)
    return bool((values != values).any())


def _mean(cell: RecallCell, name: str, n: int) -> Cell:
    return None if _lacks(cell, name, n) else mean_figure(cell.values(name, n))
