"""What a sweep of recall answers, in lines for who reads nothing else."""

from collections.abc import Sequence

from mtam.recall.reading import capacity, flat_ratios, linear_and_frozen, open_questions
from mtam.recall.reading.recall_cells import Numbers, cells
from mtam.recall.recall_spec import RecallTrial


def lines(trials: Sequence[RecallTrial], numbers: Sequence[Numbers]) -> list[str]:
    """A line for everything that is compared, with its interval over seeds; nothing where the sweep asks nothing."""
    if not trials or trials[0].protocol == "reported":
        return []
    found = cells(trials, numbers)
    varied = set(found[0].varied)
    if varied == {"tags", "name"}:
        return linear_and_frozen.short(found)
    if varied == {"components", "tag_dim"}:
        return capacity.short(found)
    rows = [row for _, _, table in open_questions.table(found) for row in table]
    if varied == {"alpha"} and not rows:
        return flat_ratios.short(found)
    return [f"{_numbered(question)} {words}: {figure}" for question, words, figure in rows]


def _numbered(question: str) -> str:
    """``1: what ..`` is one of the open questions of paper A."""
    return f"open question {question}" if question[0].isdigit() else question
