"""The tables that recall itself adds to a sweep, from its finished trials."""

from collections.abc import Sequence

from mtam.base.remark import Remark
from mtam.recall.reading import bayes_and_bounds, capacity, diagnosis, open_questions, published_toy
from mtam.recall.reading.recall_cells import Numbers, cells
from mtam.recall.recall_spec import RecallTrial


def remarks(trials: Sequence[RecallTrial], numbers: Sequence[Numbers]) -> list[Remark]:
    """Bayes rule and bounds, verdicts, borders, answers; for protocol=reported the anchors of the paper."""
    if not trials:
        return []
    if trials[0].protocol == "reported":
        return published_toy.remarks(trials, numbers)
    found = cells(trials, numbers)
    return [remark for part in (bayes_and_bounds, diagnosis, capacity, open_questions) for remark in part.table(found)]
