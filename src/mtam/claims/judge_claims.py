"""Judge claims by the runs at hand: one row each, with the interval that the verdict rests on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np

from mtam.analysis.run import LEVEL, NoEvidence, Run
from mtam.base.table import Cell, Table
from mtam.claims.claim import (
    AllOf,
    AtLeastAsFast,
    AxisExponent,
    Claim,
    ClusteredShare,
    Equivalence,
    Exponent,
    FlatRatio,
    Found,
    Growth,
    LawWay,
    LevelWay,
    MedianRatio,
    Ordering,
    Ratio,
    Share,
    Slope,
    SlopeNear,
    Way,
)
from mtam.claims.conditions import Without, from_size, promised
from mtam.claims.evidence import Gathered
from mtam.rates import clustered_shares, judge_curves, law_judgement, sign_test
from mtam.rates.curve import Curve, matched
from mtam.rates.fitting.fit import student_interval
from mtam.rates.intervals import Interval
from mtam.rates.laws import PowerLaw, SubPolynomial
from mtam.rates.verdict import Judgement, Verdict, joined

COLUMNS = (
    "id",
    "claim",
    "source",
    "reported",
    "theory",
    "value",
    "low",
    "high",
    "verdict",
    "because",
    "sweep",
    "cell",
    "sealed",
    "nature",
)
UNEXPLAINED, CONTROL = "unexplained", "negative-control"
SEALED, CHANGED, WRITTEN_LATER = "before the run", "changed after the run", "written after the run"


@dataclass(frozen=True)
class JudgedClaim:
    """A claim, what these runs say of it, and where."""

    claim: Claim
    judgement: Judgement
    expected: float | None = None  # what theory expects of this very run
    cell: str = ""
    seal: str = ""  # whether the way to judge stood before the run; nothing is known of runs of older versions

    @property
    def theory(self) -> str:
        """The figure of theory in words."""
        return self.claim.theory.replace("{expected}", "-" if self.expected is None else f"{self.expected:.3g}")

    @property
    def measured(self) -> Interval | float | None:
        """The figure of this run with its interval."""
        interval = self.judgement.interval
        if interval is None or np.isfinite([interval.low, interval.high]).any():
            return interval
        return _finite(interval.value)

    @property
    def where(self) -> str:
        """The sweep or check with its cell, and whether the way to judge was sealed there before the run."""
        place = f"{self.claim.place}: {self.cell}" if self.cell else self.claim.place
        return f"{place}; judged as sealed {SEALED}" if self.seal == SEALED else place

    @property
    def nature(self) -> str:
        """What the contradiction of a claim says (``Contradiction``); "unexplained" where nobody has said it."""
        if self.judgement.verdict is not Verdict.CONTRADICTED:
            return ""
        return self.claim.if_contradicted.nature if self.claim.if_contradicted else UNEXPLAINED

    @property
    def passed_control(self) -> bool:
        """Whether it is a negative control that these runs support: then they would support anything."""
        told = self.claim.if_contradicted
        control = told is not None and told.nature == CONTROL
        return control and self.judgement.verdict is Verdict.SUPPORTED

    @property
    def here(self) -> bool:
        """Whether these runs speak to the claim; others live in runs that are not here."""
        decided = self.judgement.verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED)
        return bool(self.cell) or decided or self.judgement.value is not None

    @property
    def row(self) -> dict[str, Any]:
        """One line of claims.csv and claims.json (COLUMNS); an open side of the interval is None."""
        interval, claim = self.judgement.interval, self.claim
        return {
            "id": claim.id,
            "claim": claim.claim,
            "source": claim.source,
            "reported": claim.reported,
            "theory": self.theory,
            "value": _finite(interval.value) if interval else None,
            "low": _finite(interval.low) if interval else None,
            "high": _finite(interval.high) if interval else None,
            "verdict": self.judgement.verdict.in_full,
            "because": self.judgement.reason,
            "sweep": claim.place,
            "cell": self.cell,
            "sealed": self.seal,
            "nature": self.nature,
        }


def claims_table(judged: Iterable[JudgedClaim]) -> Table:
    """Claims beside what these runs say of them."""
    rows: list[list[Cell]] = [
        [one.claim.claim, one.claim.source, one.claim.reported, one.theory, one.measured, one.judgement, one.where]
        for one in judged
    ]
    headings = ["claim", "source", "reported", "theory", "this run", "verdict", "where"]
    return Table(name="claims", title="Claims", headings=headings, rows=rows, formats={"this run": "#3"})


def judge_all(claims: Iterable[Claim], gathered: Gathered) -> list[JudgedClaim]:
    """Every claim in its order; what was not run is undecided, with the reason.

    What a check would say is computed where a claim on a sweep at hand rests on it, it needs no data and takes seconds.
    """
    claims = list(claims)
    needed = {
        part
        for claim in claims
        if isinstance(claim.judge, AllOf) and claim.sweep in gathered.sweeps
        for part in claim.judge.claims
    }
    single = {
        claim.id: judge(claim, gathered, computed=claim.id in needed)
        for claim in claims
        if not isinstance(claim.judge, AllOf)
    }
    return [single.get(claim.id) or judge(claim, gathered, single) for claim in claims]


def judge(
    claim: Claim, gathered: Gathered, others: Mapping[str, JudgedClaim] | None = None, *, computed: bool = False
) -> JudgedClaim:
    """One claim judged; ``others`` are the judged claims that one of way = all_of rests on.

    ``computed``: what a check would say within seconds is computed where the check was not run.
    """
    cell, outside, seal = "", claim.outside, ""
    try:
        if isinstance(claim.judge, AllOf):
            return _all_of(claim, claim.judge, gathered, others or {})
        if isinstance(claim.judge, Found):
            statement = gathered.verdict(claim.judge.check, claim.judge.key, computed=computed)
            return _outside(JudgedClaim(claim, statement.judgement, statement.expected), outside)
        run = gathered.sweep(claim.sweep or "")
        seal = _seal(claim, run)
        index = _index(claim, run)
        cell = "all" if isinstance(index, list) else run.label(index)
        run, without = promised(run, index, claim.needs) if claim.needs else (run, Without())
        judgement, expected = _judge(claim.judge, run, index)
        judgement = without.told(judgement)
        outside = outside or without.everything
    except (NoEvidence, ValueError) as reason:  # ValueError: curves that cannot be compared
        return JudgedClaim(claim, Judgement(Verdict.UNDECIDED, None, str(reason)), cell=cell, seal=seal)
    judgement = _told(_of_look(judgement, claim.judge, run), seal)
    return _outside(JudgedClaim(claim, judgement, expected, cell, seal), outside)


def _seal(claim: Claim, run: Run) -> str:
    """Whether the manifest of the run holds the claim as it is judged now."""
    seals = run.plan.seals
    if not seals:
        return ""
    return WRITTEN_LATER if claim.id not in seals else SEALED if seals[claim.id] == claim.seal else CHANGED


def _of_look(judgement: Judgement, way: Way, run: Run) -> Judgement:
    """The same, saying at which level intervals are where the run is one of several looks at its seeds."""
    if run.look is None:
        return judgement
    if isinstance(way, LawWay):
        note = f"look {run.look} of a sequence, for which AICc makes no allowance"
        return replace(judgement, reason=f"{judgement.reason}; {note}")
    level = run.level if judgement.level == LEVEL else judgement.level  # two one-sided tests have one of their own
    note = f"look {run.look} of a sequence: intervals at {run.level:.2%}"
    return replace(judgement, reason=f"{judgement.reason}; {note}", level=round(level, 9))


def _told(judgement: Judgement, seal: str) -> Judgement:
    """The same, saying so where the way to judge is younger than the run."""
    if seal in ("", SEALED):
        return judgement
    note = f"the way to judge was {seal}"
    return replace(judgement, reason=f"{judgement.reason}; {note}" if judgement.reason else note)


def _all_of(claim: Claim, way: AllOf, gathered: Gathered, others: Mapping[str, JudgedClaim]) -> JudgedClaim:
    """The claim by the verdicts on the claims that it rests on, in their order."""
    run = gathered.sweep(claim.sweep or "")
    index = run.index(claim.at)
    parts = {part: others[part].judgement for part in way.claims if part in others}
    lacking = [part for part in way.claims if part not in others]
    if lacking:
        raise NoEvidence(f"not judged: {', '.join(lacking)}")
    seal = _seal(claim, run)
    judgement = _told(joined(parts, shown=way.claims[-1]), seal)
    return _outside(JudgedClaim(claim, judgement, None, run.label(index), seal), claim.outside)


def _outside(judged: JudgedClaim, why: str) -> JudgedClaim:
    """The same with the verdict "outside", where there is an assumption that does not hold here."""
    if not why:
        return judged
    reason = "; ".join(text for text in (why, judged.judgement.reason) if text)
    return replace(judged, judgement=replace(judged.judgement, verdict=Verdict.OUTSIDE, reason=reason))


def _index(claim: Claim, run: Run) -> int | list[int]:
    """The claim's cell in the plan, or its cells along an axis."""
    way = claim.judge
    if isinstance(way, Ordering | Equivalence | AxisExponent | Growth):
        return [run.index({**claim.at, way.axis: value}) for value in way.values]
    return run.index(claim.at)


def _finite(number: float) -> float | None:
    """An open side of an interval has no number."""
    return float(number) if np.isfinite(number) else None


Judged = tuple[Judgement, float | None]  # and what theory expects of this very run


@singledispatch
def _judge(way: Way, run: Run, index: int | list[int]) -> Judged:
    raise NotImplementedError(type(way).__name__)


@_judge.register
def _law(way: LawWay, run: Run, index: int) -> Judged:
    points, law = run.curve(index, way.column), run.cell(index).law
    found = law_judgement.judgement(law_judgement.compared(law, (PowerLaw(),), points), points)
    if found is None:
        raise NoEvidence(law_judgement.TOO_FEW)
    return found, law.gamma if isinstance(law, SubPolynomial) else None


@_judge.register
def _slope(way: Slope, run: Run, index: int) -> Judged:
    points = run.curve(index, way.column)
    if way.of is not None:
        return judge_curves.follows(
            points, run.curve(index, way.of), tolerance=way.tolerance, widest=way.widest, level=run.level
        )
    assert way.expected is not None
    found = judge_curves.slope(PowerLaw(), points.sizes, points.errors, run.level)
    said = judge_curves.contains(found, way.expected, tolerance=way.tolerance, widest=way.widest, rival=way.rival)
    return said, way.expected


@_judge.register
def _at_least_as_fast(way: AtLeastAsFast, run: Run, index: int) -> Judged:
    points = run.curve(index, way.column)
    return judge_curves.at_least_as_fast(points, way.expected, way.margin, level=run.level), way.expected


@_judge.register
def _slope_near(way: SlopeNear, run: Run, index: int) -> Judged:
    points = run.curve(index, way.column)
    return judge_curves.slope_near(points, way.expected, way.margin, level=run.level), way.expected


@_judge.register
def _exponent(way: Exponent, run: Run, index: int) -> Judged:
    points = from_size(run.curve(index, way.column, signed=True), way.from_n)
    margins = {"tolerance": way.tolerance, "widest": way.widest}
    return judge_curves.exponent(points, way.expected, **margins, level=run.level), way.expected


@_judge.register
def _level(way: LevelWay, run: Run, index: int) -> Judged:
    points = run.curve(index, way.column, signed=True)
    return judge_curves.within(student_interval(points.errors[:, -1], run.level), way.low, way.high), None


@_judge.register
def _ratio(way: Ratio, run: Run, index: int) -> Judged:
    ours, theirs = matched(_beside(way, run, index))
    chosen = [k for k, n in enumerate(ours.sizes) if n >= way.from_n][-1 if way.largest else 0 :]
    if not chosen:
        raise NoEvidence(f"no size reaches {way.from_n}")

    def at(k: int, level: float) -> Judgement:
        return judge_curves.ratio_within(ours.errors[:, k], theirs.errors[:, k], way.low, way.high, level=level)

    return _each(chosen, at, run.level), None


@_judge.register
def _median_ratio(way: MedianRatio, run: Run, index: int) -> Judged:
    ours, theirs = matched(_beside(way, run, index))
    kept = ours.errors[:, -1] < way.given_below
    ratios = ours.errors[kept, -1] / theirs.errors[kept, -1]
    return sign_test.median_within(ratios, way.low, way.high, level=run.level), None


@_judge.register
def _share(way: Share, run: Run, index: int) -> Judged:
    points = run.curve(index, way.column)
    passed = (points.errors[:, -1] < way.below).tolist()
    return sign_test.share_within(passed, way.low, way.high, level=run.level), None


@_judge.register
def _clustered_share(way: ClusteredShare, run: Run, index: int) -> Judged:
    shares, counts = matched([run.curve(index, name, signed=True) for name in (way.column, way.of)])
    last = shares.errors[:, -1], counts.errors[:, -1]
    return clustered_shares.clustered_share_within(*last, way.low, way.high, level=run.level), None


@_judge.register
def _axis_exponent(way: AxisExponent, run: Run, index: list[int]) -> Judged:
    curves = matched(_along(way, run, index))
    logs = np.log(np.stack([each.errors[:, -1] for each in curves]))  # (values, seeds)
    slopes = np.polyfit(np.log(way.values), logs, 1)[0]
    return sign_test.median_within(slopes, way.low, way.high, level=run.level), None


@_judge.register
def _flat_ratio(way: FlatRatio, run: Run, index: int) -> Judged:
    ours, theirs = _beside(way, run, index)
    return judge_curves.flat_ratio(ours, theirs, way.margin, from_size=way.from_n, level=run.level), 0.0


def _beside(way: Ratio | MedianRatio | FlatRatio, run: Run, index: int) -> tuple[Curve, Curve]:
    """The claim's curve and the one that it is held against, of the same cell or of a rival."""
    points = run.curve(index, way.column)
    return points, run.curve(index, way.to) if way.to else run.curve(run.index(way.rival or {}), way.column)


def _each(sizes: Sequence[int], at: Callable[[int, float], Judgement], level: float = 0.95) -> Judgement:
    """Supported if so at every size; contradicted if at one, at a level that Bonferroni corrects."""
    against = [said for k in sizes if (said := at(k, 1 - (1 - level) / len(sizes))).verdict == Verdict.CONTRADICTED]
    if against:
        return against[-1]
    found = [at(k, level) for k in sizes]
    unsure = [said for said in found if said.verdict != Verdict.SUPPORTED]
    return Judgement(Verdict.UNDECIDED, unsure[-1].interval, unsure[-1].reason) if unsure else found[-1]


@_judge.register
def _ordering(way: Ordering, run: Run, index: list[int]) -> Judged:
    curves = [each.errors for each in matched(_along(way, run, index))]
    return judge_curves.ordering(curves, level=run.level), None


@_judge.register
def _equivalence(way: Equivalence, run: Run, index: list[int]) -> Judged:
    axis = way.axis.rpartition(".")[2]
    names = [f"{axis} = {value:g}" if isinstance(value, float) else f"{axis} = {value}" for value in way.values]
    return judge_curves.same_slope(_along(way, run, index), way.margin, names, level=run.level), None


@_judge.register
def _growth(way: Growth, run: Run, index: list[int]) -> Judged:
    columns = (way.column, way.forecast)
    curves = matched([run.curve(place, column) for column in columns for place in index])
    last = np.stack([each.errors[:, -1] for each in curves], axis=1)  # (seeds, 2 values)
    ours, theirs = (Curve(np.array(way.values), curves[0].seeds, part, ()) for part in np.split(last, 2, axis=1))
    return judge_curves.flat_ratio(ours, theirs, way.margin, level=run.level), 0.0


def _along(way: Ordering | Equivalence | AxisExponent, run: Run, index: list[int]) -> list[Curve]:
    return [run.curve(place, way.column) for place in index]
