"""The verdict on a law and its rivals from one curve: for tables, claims and the readings of the papers alike."""

from collections.abc import Mapping, Sequence

import numpy as np

from mtam.rates.compare import FIRST, NEITHER, OPEN, SECOND, Comparison, compare, floored_power
from mtam.rates.curve import Curve
from mtam.rates.fitting.gamma import at_border, gamma_interval
from mtam.rates.goodness_of_fit import LEVEL
from mtam.rates.laws import Law, PowerLaw
from mtam.rates.verdict import Judgement, Verdict

TOO_FEW = "too few sizes or seeds to compare laws"
OPEN_VERDICT = "these sizes cannot tell"


def compared(law: Law, rivals: Sequence[Law], points: Curve, *, floor: bool = False) -> list[Comparison]:
    """``law`` against each of its ``rivals`` on one curve; empty for fewer than four sizes or no logarithms."""
    if not points.positive or len(points.sizes) < 4:
        return []
    return [compare(law, rival, points.sizes, points.errors, floor=floor, single=points.partial) for rival in rivals]


def judgement(found: Sequence[Comparison], points: Curve) -> Judgement | None:
    """Whether the first comparison decides for its law, with the interval of the curve's own gamma.

    A gamma at the border of its search is no estimate, which is said and changes no verdict. What undoes a preference
    over a power of n is a power of n with a floor that explains the curve (``floored_power``); where AICc and the seeds
    agree on that one against the law, it contradicts the law. None where there is nothing to compare.
    """
    if not found or found[0].answer is None:
        return None
    free, reason = gamma_interval(points.sizes, points.errors), verdict(found[:1])
    border = free is not None and at_border(free.value)
    if free is not None and border:
        reason += f"; the curve's own γ ends at {free.value:g}, as far as is searched, which is no estimate"
    elif free is None or not np.isfinite([free.low, free.high]).all():
        reason += "; the interval of γ is open"
    said = {FIRST: Verdict.SUPPORTED, SECOND: Verdict.CONTRADICTED}.get(found[0].answer, Verdict.UNDECIDED)
    if said is Verdict.SUPPORTED and isinstance(found[0].rival, PowerLaw):
        floored = floored_power(found[0].law, points.sizes, points.errors)
        if floored is not None and floored.undoes(bends_most=border):
            said = Verdict.CONTRADICTED if floored.answer == SECOND else Verdict.UNDECIDED
            return Judgement(said, free, f"{reason}; but {floored}")
    return Judgement(said, free, reason)


def verdict(
    found: Sequence[Comparison], misfits: Mapping[str, float | None] | None = None, *, formulas: bool = False
) -> str:
    """One sentence about a law against its rivals, which are called by their ``formulas`` if there are several.

    Where the ``misfits``, the p of the lack of fit of each law by its formula, reject all laws, that is the sentence.
    """
    if not formulas and len(found) == 1:
        return _words(found[0].answer, "theory's law", "a power law")
    if found[0].answer is None:
        return TOO_FEW
    laws = [found[0].law, *(one.rival for one in found)]
    poor = [p for law in laws if (p := (misfits or {}).get(str(law))) is not None and p < LEVEL]
    if len(poor) == len(laws):
        many = "neither law fits" if len(laws) == 2 else f"none of the {len(laws)} laws fits"
        return f"{many}: {', '.join(map(str, laws))} (lack of fit, p {at_most(max(poor))})"
    return "; ".join(_words(one.answer, str(one.law), str(one.rival)) + _named(one) for one in found)


def at_most(p: float) -> str:
    """A p as it is told: = 0.012, < 0.001."""
    return "< 0.001" if p < 0.001 else f"= {p:.2g}"


def _words(answer: int | None, law: str, rival: str) -> str:
    answers = {FIRST: f"{law} fits better", SECOND: f"{rival} fits better", NEITHER: "neither law fits"}
    return TOO_FEW if answer is None else answers.get(answer, OPEN_VERDICT)


def _named(found: Comparison) -> str:
    """What the words lack to name both laws."""
    ends = {FIRST: f" than {found.rival}", SECOND: f" than {found.law}", NEITHER: f": {found.law}, {found.rival}"}
    return ends.get(found.answer or OPEN, f" {found.law} from {found.rival}")
