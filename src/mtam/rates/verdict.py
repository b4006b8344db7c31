"""The one vocabulary of verdicts: what numbers say of a statement, with the interval that the verdict rests on.

Curves, claims and checks all use these four words. "Supported" needs evidence as much as "contradicted" does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from mtam.rates.intervals import Interval


class Verdict(StrEnum):
    """What these numbers say of a statement."""

    SUPPORTED = "supported"  # they decide for it
    CONTRADICTED = "contradicted"  # they decide against it
    UNDECIDED = "undecided"  # the uncertainty is too large to say
    OUTSIDE = "outside"  # an assumption of the statement does not hold here: they neither help nor harm it

    @property
    def in_full(self) -> str:
        """As a table of claims says it: why a claim stays open is not the same in every run."""
        return {"undecided": "undecided at this scale", "outside": "outside the theorem's conditions"}.get(
            self.value, self.value
        )

    @property
    def contrary(self) -> "Verdict":
        """What the same numbers say of the opposite statement."""
        return {Verdict.SUPPORTED: Verdict.CONTRADICTED, Verdict.CONTRADICTED: Verdict.SUPPORTED}.get(self, self)


def of_all(verdicts: Iterable[Verdict]) -> Verdict:
    """What is said of a statement about every case: one case contradicts it, and every one is needed to support it."""
    words = set(verdicts)
    if Verdict.CONTRADICTED in words:
        return Verdict.CONTRADICTED
    return Verdict.SUPPORTED if words == {Verdict.SUPPORTED} else Verdict.UNDECIDED


@dataclass(frozen=True)
class Judgement:
    """A verdict with the interval it rests on, and why, in a few words."""

    verdict: Verdict
    interval: Interval | None
    reason: str
    level: float = 0.95  # of the interval
    numbers: Verdict | None = None  # what the numbers alone say, where an assumption puts the statement outside

    @property
    def value(self) -> float | None:
        """The estimate that was judged; None where there was nothing to estimate."""
        return None if self.interval is None else self.interval.value

    @property
    def outside(self) -> "Judgement":
        """The same where an assumption of the statement does not hold: the numbers' own verdict is kept beside it."""
        return replace(self, verdict=Verdict.OUTSIDE, numbers=self.verdict)


def joined(parts: Mapping[str, Judgement], shown: str | None = None) -> Judgement:
    """What is said of a statement that needs every part, by the parts' names; the interval is that of ``shown``.

    Supported only when each part is, for which no correction is due (an intersection-union test); one part that is
    contradicted contradicts it. Raises ValueError where there is no part.
    """
    if not parts:
        raise ValueError("a statement needs at least one part to be judged by")
    verdict = of_all(part.verdict for part in parts.values())
    told = "; ".join(f"{name} {part.verdict}: {part.reason}" for name, part in parts.items())
    interval = None if shown is None else parts[shown].interval
    return Judgement(verdict, interval, told)
