"""One answer to a question that a sweep of paper A's open questions asks."""

from dataclasses import dataclass

from mtam.base.table import Cell
from mtam.rates.verdict import Verdict


@dataclass(frozen=True)
class OpenQuestion:
    """A question, its answer, and the figure that the answer rests on."""

    question: str  # as asked; those of paper A begin with their number
    answer: str
    name: str  # of the figure
    figure: Cell
    n: int | None = None  # the sample size at which it was measured; None: it is over all sizes
    verdict: Verdict | None = None  # where the question is one of yes or no
    digits: int = 3  # of the figure

    @property
    def asked(self) -> str:
        """The question as a line begins: ``1: what ..`` is one of the open questions of paper A."""
        return f"open question {self.question}" if self.question[0].isdigit() else self.question

    @property
    def measured(self) -> str:
        """The figure in a sentence, with a hole ``figure`` for its number."""
        where = "" if self.n is None else f" at n = {self.n}"
        return f"{self.name} {{figure:.{self.digits}g}}{where}".lstrip()
