"""Whether training teaches the attention, or its start brings it along: a random form against one at the solution.

The identity is the solution up to its scale: a form of scores W = beta I already puts the most on the matching tag. So
that recall is *learned* shows only where W starts at random, and a random form that is not trained shows what the
start alone is worth.
"""

from collections.abc import Sequence

from mtam.base.columns import ATTENTION_MASS
from mtam.rates.fitting.fit import student_interval
from mtam.rates.judge_curves import NOTHING, ratio, within
from mtam.rates.verdict import Verdict
from mtam.recall.reading.question import OpenQuestion
from mtam.recall.reading.recall_cells import RecallCell, by_seed, common
from mtam.recall.reading.thresholds import RECALLED

_LEARNED = "is attention learned, or does its start bring it along?"
_WORDS = {Verdict.SUPPORTED: "recall is complete", Verdict.CONTRADICTED: "no recall", Verdict.UNDECIDED: "undecided"}
_STARTS = {
    "identity": "from the solution up to scale, beta0 I",
    "random": "from a random form of scores",
    "random_frozen": "with a random form that is not trained",
}


def questions(cells: Sequence[RecallCell]) -> list[OpenQuestion]:
    """For every start the attention mass at the largest size, and the risk against the start at the solution."""
    n, seeds = common(cells)
    starts = [str(cell.varied["init"]) for cell in cells]
    errors, masses = (by_seed(cells, name, n, seeds) for name in ("error", ATTENTION_MASS))
    found = []
    for k, start in enumerate(starts):
        mass = student_interval(masses[:, k])
        said = NOTHING if mass is None else within(mass, low=RECALLED)
        words = _STARTS.get(start, f"with model.init = {start}")
        found.append(
            OpenQuestion(_LEARNED, f"{words}: {_WORDS[said.verdict]}", "attention mass", mass, n, said.verdict)
        )
        if start != "identity" and "identity" in starts:
            gap = ratio(errors[:, k], errors[:, starts.index("identity")])
            found.append(OpenQuestion(_LEARNED, words, "risk over that from the solution", gap, n))
    return found
