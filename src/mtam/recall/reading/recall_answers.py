"""What a sweep of recall answers, for who reads nothing else."""

from collections.abc import Sequence

from mtam.base.table import SweepAnswer
from mtam.rates.trial_numbers import Numbers
from mtam.recall.reading import capacity, law_legs, linear_and_frozen, open_questions
from mtam.recall.reading.questions import effective_axes, growing_capacity
from mtam.recall.reading.recall_cells import recall_cells
from mtam.recall.recall_spec import RecallTrial


def answers(trials: Sequence[RecallTrial], numbers: Sequence[Numbers]) -> list[SweepAnswer]:
    """An answer for everything that is compared, with its interval over seeds; none where the sweep asks nothing."""
    if not trials or trials[0].protocol == "reported":
        return []
    cells = recall_cells(trials, numbers)
    varied = set(cells[0].varied)
    if growing_capacity.applies(cells):
        return growing_capacity.answers(cells)
    if varied == {"tags", "name"}:
        return linear_and_frozen.answers(cells)
    if varied == capacity.ABOUT:
        return capacity.answers(cells)
    asked = open_questions.answers(cells)
    if asked:
        return asked
    return [*law_legs.answers(cells), *effective_axes.answers(cells)] if varied <= {"alpha"} else []
