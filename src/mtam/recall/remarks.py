"""The tables that recall itself adds to a sweep, from its finished trials."""

from collections.abc import Sequence

from mtam.recall import anchors, answers, beside, borders, verdicts
from mtam.recall.cells import Numbers, cells
from mtam.recall.spec import RecallTrial
from mtam.remark import Remark


def remarks(trials: Sequence[RecallTrial], numbers: Sequence[Numbers]) -> list[Remark]:
    """Bayes rule and bounds, verdicts, borders, answers; for protocol=reported the anchors of the paper."""
    if not trials:
        return []
    if trials[0].protocol == "reported":
        return anchors.remarks(trials, numbers)
    found = cells(trials, numbers)
    return [remark for part in (beside, verdicts, borders, answers) for remark in part.table(found)]
