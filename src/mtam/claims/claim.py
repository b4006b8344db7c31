"""A claim: a sentence of a paper, the figures it comes with, where it can be seen, and how it is judged.

The files conf/claims/*.yaml hold them. A way to judge is a name and its numbers; names are looked up, so a file of
claims cannot run code.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.base.spec import Frozen
from mtam.problems.registry import Problem
from mtam.rates.judge_curves import NEARLY, WIDEST, WIDEST_DIFFERENCE
from mtam.sweep.settings import validate

Value = float | str | bool
Cell = dict[str, Value]


class LawWay(Frozen):
    """Theory's law against a power law on one column, decided by AICc and the seeds."""

    way: Literal["law"]
    column: str = "error"


class Slope(Frozen):
    """The log-log slope of a column contains a figure, or the slope of another column, as a forecast has."""

    way: Literal["slope"]
    column: str = "error"
    expected: float | None = None
    of: str | None = None  # the column whose slope is expected
    tolerance: float = Field(0.0, ge=0)
    widest: float = Field(WIDEST, gt=0)  # an interval wider than this on a side supports nothing
    rival: float | None = None  # an interval that holds this figure as well does not support the expected one

    @model_validator(mode="after")
    def _one_expectation(self) -> Self:
        if (self.expected is None) == (self.of is None):
            raise ValueError("a slope is judged against either a figure (expected) or a column (of)")
        return self


class AtLeastAsFast(Frozen):
    """The log-log slope of a column is ``expected`` or less, within a margin: what an upper bound says."""

    way: Literal["at_least_as_fast"]
    column: str = "error"
    expected: float
    margin: float = Field(gt=0)


class SlopeNear(Frozen):
    """The log-log slope of a column is ``expected`` within a margin, by two one-sided tests."""

    way: Literal["slope_near"]
    column: str = "error"
    expected: float
    margin: float = Field(NEARLY, gt=0)


class Exponent(Frozen):
    """The exponent of a column that may be negative, as a difference of errors is: column ~ n^exponent."""

    way: Literal["exponent"]
    column: str
    from_n: int = 0
    expected: float
    tolerance: float = Field(0.0, ge=0)
    widest: float = Field(WIDEST_DIFFERENCE, gt=0)


class LevelWay(Frozen):
    """A number at the largest size lies in a range."""

    way: Literal["level"]
    column: str
    low: float = float("-inf")
    high: float = float("inf")

    model_config = Frozen.model_config | {"allow_inf_nan": True}


class _Beside(Frozen):
    """A column beside another one of the same cell, or beside the same of another cell."""

    way: str
    column: str = "error"
    to: str | None = None  # a column of the same cell
    rival: Cell | None = None  # or settings that name another cell

    @model_validator(mode="after")
    def _one_rival(self) -> Self:
        if (self.to is None) == (self.rival is None):
            raise ValueError(f"a {self.way.replace('_', ' ')} is taken to either a column (to) or a cell (rival)")
        return self


class Ratio(_Beside):
    """A column is between ``low`` and ``high`` times another column, or the same of another cell, at every size."""

    way: Literal["ratio"]
    low: float = 0.0
    high: float = float("inf")
    from_n: int = 0
    largest: bool = False  # at the largest size alone

    model_config = Frozen.model_config | {"allow_inf_nan": True}


class MedianRatio(_Beside):
    """The median over seeds of a column over another one, or over that of another cell, at the largest size.

    By order alone: for ratios of which some are thousands, as where training has collapsed, and whose logarithms have
    no mean to speak of; six seeds are the fewest.
    """

    way: Literal["median_ratio"]
    low: float = 0.0
    high: float = float("inf")
    given_below: float = float("inf")  # over the seeds alone whose column is below this

    model_config = Frozen.model_config | {"allow_inf_nan": True}


class Share(Frozen):
    """The chance that a column is below ``below`` at the largest size: the interval of Clopper and Pearson."""

    way: Literal["share"]
    column: str = "error"
    below: float
    low: float = Field(0.0, ge=0, le=1)
    high: float = Field(1.0, ge=0, le=1)


class ClusteredShare(Frozen):
    """The chance of what a column tells the share of, among as many trials as column ``of`` says, at the largest size.

    Trials of one seed share their data: the interval is Korn and Graubard's.
    """

    way: Literal["clustered_share"]
    column: str
    of: str
    low: float = Field(0.0, ge=0, le=1)
    high: float = Field(1.0, ge=0, le=1)


class AxisExponent(Frozen):
    """A column grows as a power of an axis: the median over seeds of the log-log slope, at the largest size."""

    way: Literal["axis_exponent"]
    axis: str
    values: list[float] = Field(min_length=2)
    column: str
    low: float = float("-inf")
    high: float = float("inf")

    model_config = Frozen.model_config | {"allow_inf_nan": True}


class FlatRatio(_Beside):
    """A column over another one, or over that of another cell, is flat in n: the log ratio's slope lies in a margin."""

    way: Literal["flat_ratio"]
    from_n: int = 0
    margin: float = Field(gt=0)


class Ordering(Frozen):
    """Errors rise along these values of an axis, at every size."""

    way: Literal["ordering"]
    axis: str
    values: list[Value] = Field(min_length=2)
    column: str = "error"


class Equivalence(Frozen):
    """Log-log slopes of a column are equal along these values of an axis, within a margin."""

    way: Literal["equivalence"]
    axis: str
    values: list[Value] = Field(min_length=2)
    column: str = "error"
    margin: float = Field(NEARLY, gt=0)


class Growth(Frozen):
    """At the largest size a column grows along these values of an axis as its forecast does, by two one-sided tests.

    Judged is the slope of ln(column / forecast) on the logarithm of the values, seed by seed.
    """

    way: Literal["growth"]
    axis: str
    values: list[float] = Field(min_length=2)
    column: str = "error"
    forecast: str
    margin: float = Field(NEARLY, gt=0)


class AllOf(Frozen):
    """Every one of these claims: one that is contradicted contradicts it, and all are needed to support it.

    The interval is that of the last one.
    """

    way: Literal["all_of"]
    claims: list[str] = Field(min_length=2)


class Found(Frozen):
    """What a check found: one of its verdicts, by key."""

    way: Literal["found"]
    check: str
    key: str


Way = Annotated[
    LawWay | Slope | AtLeastAsFast | SlopeNear | Exponent | LevelWay | Ratio | MedianRatio | Share
    | ClusteredShare | AxisExponent | FlatRatio | Ordering | Equivalence | Growth | AllOf | Found,
    Field(discriminator="way"),
]  # fmt: skip


Nature = Literal["sentence-false", "assumption-of-tool", "finite-size", "negative-control"]


class Contradiction(Frozen):
    """What a contradiction of a claim says, should a run come to one.

    sentence-false: of the sentence as it stands, under every setting that the paper leaves open. assumption-of-tool: of
    the sentence with a choice of this tool's, such as a training, that another choice may undo. finite-size: of these
    sizes, while the sentence is about large ones. negative-control: of a sentence that is false on purpose, which a
    run has to contradict.
    """

    nature: Nature
    rests_on: list[str] = Field(default_factory=list)  # claims, "sweep NAME" or "check NAME" that say so
    why: str

    @model_validator(mode="after")
    def _rests_on_something(self) -> Self:
        if not self.rests_on and self.nature != "negative-control":
            raise ValueError(f"rests_on is empty; what is {self.nature} needs a claim, sweep or check that says so")
        return self


class _ContradictionOf(Contradiction):
    claim: str  # an id


class Claim(Frozen):
    """One sentence that a run can support or contradict."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    claim: str
    source: str  # paper, and theorem, figure or section
    reported: str = ""  # the paper's figure
    theory: str = ""  # theory's figure; {expected} stands for what the run's own forecast says
    sweep: str | None = None
    at: Cell = Field(default_factory=dict)  # settings that name the cell, or what cells along an axis have in common
    judge: Way
    why: str  # why judged in this way, with these margins
    outside: str = ""  # an assumption of the theorem that this cell breaks, whatever the size
    needs: str | None = None  # a fact of trials (true or false); sizes without it lie outside the theorem
    if_contradicted: Contradiction | None = None

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if (self.sweep is None) == (self.judge.way != "found"):
            raise ValueError("a claim lives in either a sweep or, judged by way = found, in a check")
        return self

    @property
    def place(self) -> str:
        """The sweep or check in which it can be seen."""
        return self.sweep or f"check {getattr(self.judge, 'check', '')}"

    @property
    def seal(self) -> str:
        """Sixteen hexadecimal digits over what a verdict depends on: cell, way, margins, assumptions; not words."""
        tree = self.model_dump(mode="json", include={"sweep", "at", "judge", "outside", "needs"})
        return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()[:16]


class _File(Frozen):
    claims: list[Claim]
    contradictions: list[_ContradictionOf] = Field(default_factory=list)  # apart, as claims inherit from each other

    @model_validator(mode="after")
    def _of_claims(self) -> Self:
        ids = {claim.id for claim in self.claims}
        for each in self.contradictions:
            if each.claim not in ids:
                raise ValueError(f"a contradiction is told of {each.claim}, which is no claim of this file")
        return self


def load() -> list[Claim]:
    """All claims of conf/claims, file by file. Raises UsageError with one sentence for a file that is wrong."""
    found = [claim for name in conf_files.options("claims") for claim in _read(name)]
    seen: set[str] = set()
    for claim in found:
        if claim.id in seen:
            raise UsageError(f"conf/claims: the id {claim.id} is given twice.")
        seen.add(claim.id)
    ways = {claim.id: claim.judge.way for claim in found}
    for claim in found:
        for part in claim.judge.claims if isinstance(claim.judge, AllOf) else ():
            if ways.get(part, "all_of") == "all_of":
                what = "rests on other claims itself" if part in ways else "is no claim"
                raise UsageError(f"conf/claims: {claim.id} rests on {part}, which {what}.")
    return found


def of_problems(problems: Iterable[Problem]) -> list[Claim]:
    """The claims that problems bring along, where they are not built in. Raises UsageError for a claim that is wrong.

    One without a place lives in the sweep that has the problem's name. Two runs of one problem bring the same claims.
    """
    found: dict[str, Claim] = {}
    for problem in problems:
        for claim in problem.claims:
            way = claim.get("judge")
            placed = "sweep" in claim or (isinstance(way, Mapping) and way.get("way") == "found")
            tree = dict(claim) if placed else {"sweep": problem.name, **claim}
            file = problem.source.file if problem.source else problem.name
            (judged,) = validate(_File, {"claims": [tree]}, "", file).claims
            if found.setdefault(judged.id, judged) != judged:
                raise UsageError(f"{file}: the id {judged.id} of a claim is given twice.")
    return list(found.values())


def seals(sweep: str, problem: Problem) -> dict[str, str]:
    """The claims about a sweep with their seals: what its manifest keeps, so that a threshold moved later shows."""
    return {claim.id: claim.seal for claim in (*load(), *of_problems([problem])) if claim.sweep == sweep}


def _read(name: str) -> Iterator[Claim]:
    tree: dict[str, Any] = conf_files.load(f"claims/{name}")
    file = validate(_File, tree, "", f"claims/{name}")
    natures = {each.claim: each for each in file.contradictions}
    for claim in file.claims:
        yield claim.model_copy(update={"if_contradicted": natures.get(claim.id, claim.if_contradicted)})
