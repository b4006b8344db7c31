"""Judge claims by the runs at hand: one row each, with the interval that the verdict rests on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Literal

import numpy as np

from mtam.claims.claim import Claim, Equivalence, Exponent, Found, Law, Level, Ordering, Ratio, Slope, Way
from mtam.claims.evidence import Evidence, Gathered, NoEvidence
from mtam.rates import judge_curves as rates
from mtam.rates.curve import Curve, matched
from mtam.rates.fit import Interval, student_interval
from mtam.rates.gamma import at_border
from mtam.rates.judge_curves import Judgement
from mtam.rates.laws import PowerLaw

Said = Literal["supported", "contradicted", "undecided at this scale", "outside the theorem's conditions"]
COLUMNS = ("id", "claim", "source", "reported", "theory", "value", "low", "high", "verdict", "because", "sweep", "cell")
UNDECIDED, OUTSIDE = "undecided at this scale", "outside the theorem's conditions"


@dataclass(frozen=True)
class _Found:
    """A judgement, with what theory expects of this very run."""

    judgement: Judgement
    expected: float | None = None


def table(claims: Iterable[Claim], gathered: Gathered) -> list[dict[str, Any]]:
    """One row per claim (COLUMNS), in their order; what was not run is undecided, with the reason."""
    return [row(claim, gathered) for claim in claims]


def row(claim: Claim, gathered: Gathered) -> dict[str, Any]:
    """One claim judged."""
    cell, said, expected, outside = "", Judgement("undecided", None, ""), None, claim.outside
    try:
        if isinstance(claim.judge, Found):
            verdict, said, expected = _of_check(claim.judge, gathered)
            return _row(claim, OUTSIDE if outside else verdict, said, expected, outside=outside)
        evidence = gathered.sweep(claim.sweep or "")
        index = _index(claim, evidence)
        cell = "all" if index is None else evidence.label(index)
        found = _judge(claim.judge, evidence, index)
        said, expected = found.judgement, found.expected
        outside = outside or _broken_need(claim, evidence, index)
    except (NoEvidence, ValueError) as reason:  # ValueError: curves that cannot be compared
        return _row(claim, UNDECIDED, Judgement("undecided", None, str(reason)), None, cell)
    verdict = OUTSIDE if outside else (UNDECIDED if said.verdict == "undecided" else said.verdict)
    return _row(claim, verdict, said, expected, cell, outside)


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


def _row(
    claim: Claim, verdict: str, said: Judgement, expected: float | None, cell: str = "", outside: str = ""
) -> dict[str, Any]:
    interval = said.interval
    theory = claim.theory.replace("{expected}", "-" if expected is None else f"{expected:.3g}")
    return {
        "id": claim.id,
        "claim": claim.claim,
        "source": claim.source,
        "reported": claim.reported,
        "theory": theory,
        "value": _finite(interval.value) if interval else None,
        "low": _finite(interval.low) if interval else None,
        "high": _finite(interval.high) if interval else None,
        "verdict": verdict,
        "because": "; ".join(text for text in (outside, said.reason) if text),
        "sweep": claim.place,
        "cell": cell,
    }


def _finite(number: float) -> float | None:
    """An open side of an interval has no number."""
    return float(number) if np.isfinite(number) else None


def _of_check(way: Found, gathered: Gathered) -> tuple[str, Judgement, float | None]:
    found = gathered.verdict(way.check, way.key)
    verdict = {"undecided": UNDECIDED, "outside": OUTSIDE}.get(found.said, found.said)
    ends = (found.value, found.low, found.high)
    interval = None if found.value is None else Interval(*(float("nan") if end is None else end for end in ends))
    return verdict, Judgement("undecided", interval, found.because), found.expected


@singledispatch
def _judge(way: Way, evidence: Evidence, index: int | None) -> _Found:
    raise NotImplementedError(type(way).__name__)


@_judge.register
def _law(way: Law, evidence: Evidence, index: int) -> _Found:
    del way
    facts = evidence.facts(index)
    if "comparison" not in facts:
        raise NoEvidence("too few sizes or seeds to compare laws")
    told: str = facts["comparison"]
    value = facts.get("free_gamma")
    ends = [facts.get(f"free_gamma_{end}") for end in ("low", "high")]
    interval = (
        None
        if value is None
        else Interval(
            value, *(open_ if end is None else end for end, open_ in zip(ends, (-np.inf, np.inf), strict=True))
        )
    )
    verdicts: dict[str, rates.Verdict] = {
        "theory's law fits better": "supported",
        "a power law fits better": "contradicted",
    }
    bounded = interval is not None and np.isfinite([interval.low, interval.high]).all()
    reason = told if bounded else f"{told}; the interval of γ is open"
    verdict = verdicts.get(told, "undecided")
    if verdict == "supported" and value is not None and at_border(value):
        verdict = "undecided"  # better than a power of n, yet no law with an exponent of its own
        reason = f"{told} than a power of n, but the curve's own γ lies at {value:g}, the end of the range searched"
    return _Found(Judgement(verdict, interval, reason), facts.get("reference_gamma"))


@_judge.register
def _slope(way: Slope, evidence: Evidence, index: int) -> _Found:
    points = evidence.curve(index, way.column)
    if way.of is not None:
        return _Found(*rates.follows(points, evidence.curve(index, way.of), tolerance=way.tolerance, widest=way.widest))
    assert way.expected is not None
    found = rates.slope(PowerLaw(), points.sizes, points.errors)
    said = rates.contains(found, way.expected, tolerance=way.tolerance, widest=way.widest, rival=way.rival)
    return _Found(said, way.expected)


@_judge.register
def _exponent(way: Exponent, evidence: Evidence, index: int) -> _Found:
    points = evidence.curve(index, way.column, signed=True)
    return _Found(rates.exponent(points, way.expected, tolerance=way.tolerance, widest=way.widest), way.expected)


@_judge.register
def _level(way: Level, evidence: Evidence, index: int) -> _Found:
    points = evidence.curve(index, way.column, signed=True)
    return _Found(rates.within(student_interval(points.errors[:, -1]), way.low, way.high))


@_judge.register
def _ratio(way: Ratio, evidence: Evidence, index: int) -> _Found:
    points = evidence.curve(index, way.column)
    other = evidence.curve(index, way.to) if way.to else evidence.curve(evidence.cell(way.rival or {}), way.column)
    ours, theirs = matched([points, other])
    chosen = [k for k, n in enumerate(ours.sizes) if n >= way.from_n][-1 if way.largest else 0 :]
    if not chosen:
        raise NoEvidence(f"no size reaches {way.from_n}")

    def at(k: int, level: float) -> Judgement:
        return rates.ratio_within(ours.errors[:, k], theirs.errors[:, k], way.low, way.high, level=level)

    return _Found(_each(chosen, at))


def _each(sizes: Sequence[int], at: Callable[[int, float], Judgement], level: float = 0.95) -> Judgement:
    """Supported if so at every size; contradicted if at one, at a level that Bonferroni corrects."""
    against = [said for k in sizes if (said := at(k, 1 - (1 - level) / len(sizes))).verdict == "contradicted"]
    if against:
        return against[-1]
    found = [at(k, level) for k in sizes]
    unsure = [said for said in found if said.verdict != "supported"]
    return Judgement("undecided", unsure[-1].interval, unsure[-1].reason) if unsure else found[-1]


@_judge.register
def _ordering(way: Ordering, evidence: Evidence, index: None) -> _Found:
    del index
    return _Found(rates.ordering([each.errors for each in matched(_along(way, evidence))]))


@_judge.register
def _equivalence(way: Equivalence, evidence: Evidence, index: None) -> _Found:
    del index
    axis = way.axis.rpartition(".")[2]
    names = [f"{axis} = {value:g}" if isinstance(value, float) else f"{axis} = {value}" for value in way.values]
    return _Found(rates.same_slope(_along(way, evidence), way.margin, names))


def _along(way: Ordering | Equivalence, evidence: Evidence) -> list[Curve]:
    return [evidence.curve(evidence.cell({way.axis: value}), way.column) for value in way.values]
