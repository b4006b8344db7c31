"""What a sweep of recall answers, in lines for who reads nothing else."""

from collections.abc import Sequence

from mtam.recall import answers, borders, rivals
from mtam.recall.cells import Numbers, cells
from mtam.recall.spec import RecallTrial


def lines(trials: Sequence[RecallTrial], numbers: Sequence[Numbers]) -> list[str]:
    """A line for everything that is compared, with its interval over seeds; nothing where the sweep asks nothing."""
    if not trials or trials[0].protocol == "reported":
        return []
    found = cells(trials, numbers)
    varied = set(found[0].varied)
    if varied == {"tags", "name"}:
        return rivals.short(found)
    if varied == {"components", "tag_dim"}:
        return borders.short(found)
    rows = [row for _, _, table in answers.table(found) for row in table]
    return [f"{_numbered(question)} {words}: {figure}" for question, words, figure in rows]


def _numbered(question: str) -> str:
    """``1: what ..`` is one of the open questions of paper A."""
    return f"open question {question}" if question[0].isdigit() else question
