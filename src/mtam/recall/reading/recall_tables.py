"""The tables that recall itself adds to a sweep, from its finished trials."""

from collections.abc import Sequence

from mtam.base.table import Table
from mtam.rates.trial_numbers import Numbers
from mtam.recall.reading import bayes_and_bounds, capacity, diagnosis, law_legs, open_questions, published_toy
from mtam.recall.reading.questions import effective_axes, growing_capacity
from mtam.recall.reading.recall_cells import recall_cells
from mtam.recall.recall_spec import RecallTrial


def tables(trials: Sequence[RecallTrial], numbers: Sequence[Numbers]) -> list[Table]:
    """The law, Bayes rule and bounds, diagnoses, borders, answers; for protocol=reported the anchors of the paper."""
    if not trials:
        return []
    if trials[0].protocol == "reported":
        return published_toy.tables(trials, numbers)
    cells = recall_cells(trials, numbers)
    if growing_capacity.applies(cells):
        return growing_capacity.tables(cells)
    parts = (law_legs, bayes_and_bounds, diagnosis, effective_axes, capacity, open_questions)
    return [table for part in parts for table in part.tables(cells)]
