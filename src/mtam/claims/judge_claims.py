"""Judge claims by the runs at hand: one row each, with the interval that the verdict rests on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np

from mtam.claims.claim import (
    Claim,
    Equivalence,
    Exponent,
    FlatRatio,
    Found,
    LawWay,
    LevelWay,
    Ordering,
    Ratio,
    Slope,
    Way,
)
from mtam.claims.evidence import Evidence, Gathered, NoEvidence
from mtam.rates import judge_curves as rates
from mtam.rates.curve import Curve, matched
from mtam.rates.fit import student_interval
from mtam.rates.laws import PowerLaw
from mtam.rates.verdict import Judgement, Verdict

COLUMNS = ("id", "claim", "source", "reported", "theory", "value", "low", "high", "verdict", "because", "sweep", "cell")
IN_FULL = {  # what a table says: why a claim stays open is not the same in every run
    Verdict.UNDECIDED: "undecided at this scale",
    Verdict.OUTSIDE: "outside the theorem's conditions",
}


@dataclass(frozen=True)
class JudgedClaim:
    """A claim, what these runs say of it, and where."""

    claim: Claim
    judgement: Judgement
    expected: float | None = None  # what theory expects of this very run
    cell: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """One line of claims.csv and claims.json (COLUMNS); an open side of the interval is None."""
        interval, claim = self.judgement.interval, self.claim
        return {
            "id": claim.id,
            "claim": claim.claim,
            "source": claim.source,
            "reported": claim.reported,
            "theory": claim.theory.replace("{expected}", "-" if self.expected is None else f"{self.expected:.3g}"),
            "value": _finite(interval.value) if interval else None,
            "low": _finite(interval.low) if interval else None,
            "high": _finite(interval.high) if interval else None,
            "verdict": IN_FULL.get(self.judgement.verdict, self.judgement.verdict.value),
            "because": self.judgement.reason,
            "sweep": claim.place,
            "cell": self.cell,
        }


def judge_all(claims: Iterable[Claim], gathered: Gathered) -> list[JudgedClaim]:
    """Every claim in its order; what was not run is undecided, with the reason."""
    return [judge(claim, gathered) for claim in claims]


def judge(claim: Claim, gathered: Gathered) -> JudgedClaim:
    """One claim judged."""
    cell, outside = "", claim.outside
    try:
        if isinstance(claim.judge, Found):
            statement = gathered.verdict(claim.judge.check, claim.judge.key)
            return _outside(JudgedClaim(claim, statement.judgement, statement.expected), outside)
        evidence = gathered.sweep(claim.sweep or "")
        index = _index(claim, evidence)
        cell = "all" if index is None else evidence.label(index)
        judgement, expected = _judge(claim.judge, evidence, index)
        outside = outside or _broken_need(claim, evidence, index)
    except (NoEvidence, ValueError) as reason:  # ValueError: curves that cannot be compared
        return JudgedClaim(claim, Judgement(Verdict.UNDECIDED, None, str(reason)), cell=cell)
    return _outside(JudgedClaim(claim, judgement, expected, cell), outside)


def _outside(judged: JudgedClaim, why: str) -> JudgedClaim:
    """The same with the verdict "outside", where there is an assumption that does not hold here."""
    if not why:
        return judged
    reason = "; ".join(text for text in (why, judged.judgement.reason) if text)
    return replace(judged, judgement=replace(judged.judgement, verdict=Verdict.OUTSIDE, reason=reason))


def _broken_need(claim: Claim, evidence: Evidence, index: int | None) -> str:
    """The fact that the claim needs and the cell lacks, in words, with the size that theory needs where it is told."""
    if not claim.needs or index is None:
        return ""
    facts = evidence.facts(index)
    if claim.needs not in facts:
        raise NoEvidence(f"nothing is known of {claim.needs} in this cell of {evidence.plan.name}")
    if facts[claim.needs]:
        return ""
    size = facts.get("theorem_needs_M")
    return f"{claim.needs} does not hold here" + ("" if size is None else f": theory needs M = {size:.1g}")


def _index(claim: Claim, evidence: Evidence) -> int | None:
    """The claim's cell; None for claims about several cells."""
    return None if isinstance(claim.judge, Ordering | Equivalence) else evidence.cell(claim.at)


def _finite(number: float) -> float | None:
    """An open side of an interval has no number."""
    return float(number) if np.isfinite(number) else None


Judged = tuple[Judgement, float | None]  # and what theory expects of this very run


@singledispatch
def _judge(way: Way, evidence: Evidence, index: int | None) -> Judged:
    raise NotImplementedError(type(way).__name__)


@_judge.register
def _law(way: LawWay, evidence: Evidence, index: int) -> Judged:
    del way
    found = evidence.result(index)
    if found.law_judgement is None:
        raise NoEvidence("too few sizes or seeds to compare laws")
    return found.law_judgement, found.comparison.get("reference_gamma")


@_judge.register
def _slope(way: Slope, evidence: Evidence, index: int) -> Judged:
    points = evidence.curve(index, way.column)
    if way.of is not None:
        return rates.follows(points, evidence.curve(index, way.of), tolerance=way.tolerance, widest=way.widest)
    assert way.expected is not None
    found = rates.slope(PowerLaw(), points.sizes, points.errors)
    said = rates.contains(found, way.expected, tolerance=way.tolerance, widest=way.widest, rival=way.rival)
    return said, way.expected


@_judge.register
def _exponent(way: Exponent, evidence: Evidence, index: int) -> Judged:
    points = evidence.curve(index, way.column, signed=True)
    return rates.exponent(points, way.expected, tolerance=way.tolerance, widest=way.widest), way.expected


@_judge.register
def _level(way: LevelWay, evidence: Evidence, index: int) -> Judged:
    points = evidence.curve(index, way.column, signed=True)
    return rates.within(student_interval(points.errors[:, -1]), way.low, way.high), None


@_judge.register
def _ratio(way: Ratio, evidence: Evidence, index: int) -> Judged:
    points = evidence.curve(index, way.column)
    other = evidence.curve(index, way.to) if way.to else evidence.curve(evidence.cell(way.rival or {}), way.column)
    ours, theirs = matched([points, other])
    chosen = [k for k, n in enumerate(ours.sizes) if n >= way.from_n][-1 if way.largest else 0 :]
    if not chosen:
        raise NoEvidence(f"no size reaches {way.from_n}")

    def at(k: int, level: float) -> Judgement:
        return rates.ratio_within(ours.errors[:, k], theirs.errors[:, k], way.low, way.high, level=level)

    return _each(chosen, at), None


@_judge.register
def _flat_ratio(way: FlatRatio, evidence: Evidence, index: int) -> Judged:
    ours, theirs = (evidence.curve(index, column) for column in (way.column, way.to))
    return rates.flat_ratio(ours, theirs, way.margin, from_size=way.from_n), 0.0


def _each(sizes: Sequence[int], at: Callable[[int, float], Judgement], level: float = 0.95) -> Judgement:
    """Supported if so at every size; contradicted if at one, at a level that Bonferroni corrects."""
    against = [said for k in sizes if (said := at(k, 1 - (1 - level) / len(sizes))).verdict == Verdict.CONTRADICTED]
    if against:
        return against[-1]
    found = [at(k, level) for k in sizes]
    unsure = [said for said in found if said.verdict != Verdict.SUPPORTED]
    return Judgement(Verdict.UNDECIDED, unsure[-1].interval, unsure[-1].reason) if unsure else found[-1]


@_judge.register
def _ordering(way: Ordering, evidence: Evidence, index: None) -> Judged:
    del index
    return rates.ordering([each.errors for each in matched(_along(way, evidence))]), None


@_judge.register
def _equivalence(way: Equivalence, evidence: Evidence, index: None) -> Judged:
    del index
    axis = way.axis.rpartition(".")[2]
    names = [f"{axis} = {value:g}" if isinstance(value, float) else f"{axis} = {value}" for value in way.values]
    return rates.same_slope(_along(way, evidence), way.margin, names), None


def _along(way: Ordering | Equivalence, evidence: Evidence) -> list[Curve]:
    return [evidence.curve(evidence.cell({way.axis: value}), way.column) for value in way.values]
