"""A finding: what a check of a statement found, as plain data that tables, pictures, JSON and claims are made of."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mtam.base.spec import Frozen, Number, Size
from mtam.base.table import Table
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict

PAPERS = {"paper A": "kawata2026", "paper B": "zucker2025"}  # keys of the bibliography, by how a source begins
FINDING = "finding.json"  # the file of a check that holds it


class JudgedStatement(Frozen):
    """One claim and what these numbers say of it.

    supported: the numbers decide for the claim. contradicted: they decide against it. undecided: the uncertainty is too
    large to say. outside: an assumption of the claim does not hold here, so the numbers neither help nor harm it.
    """

    key: str = Field(pattern=r"^[a-z0-9_]+$")  # names the claim within its check, whatever the settings
    claim: str  # a sentence
    said: Verdict
    because: str  # the numbers in words, with their uncertainty
    expected: Number | None = None  # the figure of theory, where there is one
    value: Number | None = None
    low: Number | None = None  # the interval behind the verdict: 99%, widened for the number of looks
    high: Number | None = None

    @property
    def judgement(self) -> Judgement:
        """The same as curves and claims have it."""
        ends = (self.value, self.low, self.high)
        interval = None if self.value is None else Interval(*(float("nan") if end is None else end for end in ends))
        return Judgement(self.said, interval, self.because, level=0.99)


class Series(Frozen):
    """Points of one panel; x are positions, or indices into the panel's categories."""

    label: str
    x: list[Number]
    y: list[Number]
    se: list[Size] | None = None  # half-length of the error bars
    style: Literal["points", "line", "dashed", "both"] = "both"
    colour: int | None = None  # series of equal number share a colour; None: black

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        if len({len(self.x), len(self.y), len(self.x if self.se is None else self.se)}) > 1:
            raise ValueError(f"series {self.label}: x, y and se differ in length")
        return self


class Panel(Frozen):
    """One pair of axes."""

    title: str
    x_label: str
    y_label: str
    series: list[Series]
    log_x: bool = False
    log_y: bool = False
    categories: list[str] | None = None  # names along x, instead of numbers
    level: Number | None = None  # a horizontal line, such as the bound that must not be crossed
    level_label: str = ""


class Finding(Frozen):
    """All that a check has to say."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")  # of the pictures' files
    title: str
    source: str  # paper and lemma
    statement: str
    assumptions: list[str]
    if_false: str  # what the numbers would look like were the statement false
    verdicts: list[JudgedStatement] = Field(min_length=1)
    tables: list[Table]
    panels: list[Panel] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    @property
    def papers(self) -> tuple[str, ...]:
        """The keys of the papers that the statement is taken from."""
        return tuple(key for name, key in PAPERS.items() if self.source.startswith(name))

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        for what, names in (
            ("tables", [table.name for table in self.tables]),
            ("verdicts", [verdict.key for verdict in self.verdicts]),
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"{what} of {self.name} share a name: {names}")
        return self
