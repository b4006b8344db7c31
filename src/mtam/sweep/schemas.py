"""The shape of everything that a run reads back from its folder, checked when it is read and before it is written.

What has another shape is damaged: a record is set aside and computed again, a manifest refused in a sentence, a
heartbeat not heard. Fields that are not named here may be there: a later version may know more.
"""

from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, create_model, model_validator

from mtam.base.spec import Numbers, Shape
from mtam.problems.problem_card import Card

Seconds = Annotated[float, Field(ge=0, le=1e12)]  # also Unix times
Share = Annotated[float, Field(ge=0, le=1)]
Word = Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=200)]
Plain = Annotated[str, Field(pattern=r"^[^\x00-\x1f]*$", max_length=4000)]
ONE_ANSWER = "a record has either numbers or a failure"
DEEPEST = 12  # levels of a configuration or of a summary


class Environment(Shape):
    """Versions and machine of a record."""

    python: str = ""
    platform: str = ""
    cpu: str = ""
    packages: dict[str, str] = Field(default_factory=dict)
    revision: str | None = None


class _Recorded(Shape):
    """What stands in every record beside its numbers."""

    schema_: Literal[2, 3] = Field(alias="schema")  # READABLE
    key: str
    checksum: str
    spec: dict[str, Any] = Field(default_factory=dict)
    seconds: Seconds = 0.0
    pack_seconds: Seconds = 0.0
    pack_members: int = Field(1, ge=1)
    ended: Seconds = 0.0
    resumed_at: Share = 0.0
    device: str = ""
    environment: Environment = Environment()
    failure: str = ""
    traceback: str | None = None
    cause: str = ""


class Record(_Recorded):
    """One trial's record; its numbers are checked by their problem."""

    numbers: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _one_answer(cls, body: Any) -> Any:
        if isinstance(body, dict) and ("numbers" in body) == ("failure" in body):
            raise ValueError(ONE_ANSWER)
        return body


class Glance(_Recorded):
    """The same, numbers included, in one pass over the text: for who looks at thousands and keeps none."""

    model_config = Shape.model_config | ConfigDict(extra="ignore")

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if ("numbers" in self.model_fields_set) == self.failed:
            raise ValueError(ONE_ANSWER)
        return self

    @property
    def failed(self) -> bool:
        """Whether the record tells of a failure instead of numbers."""
        return "failure" in self.model_fields_set


@cache
def glance_at(numbers: type[Numbers]) -> type[Glance]:
    """The glance at records whose numbers have this shape."""
    return create_model("GlanceAtNumbers", __base__=Glance, numbers=(numbers, None))


class BeatShape(Shape):
    """A heartbeat."""

    fraction: Share
    resumed: Share = 0.0
    started: Seconds | None = None
    time: Seconds
    host: str = ""
    pid: int | None = Field(None, ge=1, lt=2**31)
    parent: int | None = Field(None, ge=0, lt=2**31)


class CellShape(Shape):
    """One cell of a manifest."""

    axis: dict[Annotated[str, Field(pattern=r"^\w+(\.\w+)*$")], Any]
    keys: list[str] = Field(min_length=1)


class Option(Shape):
    """A group of a configuration."""

    name: Word = "none"


class Axes(Shape):
    """The settings of a sweep."""

    axes: dict[str, list[Any]] = Field(default_factory=dict)


class Config(Shape):
    """A configuration, as far as anybody looks into it."""

    data: Option = Option()
    model: Option = Option()
    launcher: Option = Option()
    logger: Option = Option()
    sweep: Axes = Axes()


class Manifest(Shape):
    """A manifest; its trials are checked by their problem."""

    kind: Literal["sweep", "fit"]
    name: Word
    problem: str
    digest: str
    config: dict[str, Any]
    cells: list[CellShape] = Field(min_length=1)
    trials: dict[str, dict[str, Any]]
    packs: list[Annotated[list[str], Field(min_length=1)]]
    schema_: Literal[2, 3] = Field(3, alias="schema")  # READABLE
    aliases: dict[str, str] = Field(default_factory=dict)  # of keys, where a record goes by an older one
    declared: Card | None = None  # of a problem that is not built in
    claims: dict[str, str] = Field(default_factory=dict)  # seals: a claim and the digest of how it was to be judged

    @model_validator(mode="after")
    def _parts(self) -> "Manifest":
        if len({tuple(sorted(cell.axis)) for cell in self.cells}) > 1:
            raise ValueError("its cells lie on different axes")
        bounded(self.config)
        if self.declared is not None:
            bounded(self.declared.model_dump())
        Config.model_validate(self.config)
        return self


class Submission(Shape):
    """What is kept of a job array: which task has which packs."""

    job: Annotated[str, Field(pattern=r"^\d+$")]
    tasks: list[list[list[str]]]


class Jobs(Shape):
    """The runs of a reproduction."""

    jobs: list[Plain]


class Summary(Shape):
    """The summary of a run with what it was built from."""

    stamp: str
    checksum: str
    files: list[Word]
    summary: dict[str, Any]


def bounded(tree: Any, left: int = DEEPEST) -> None:
    """Raise ValueError for a tree that is nested deeper than any that the program writes."""
    if not isinstance(tree, dict | list):
        return
    if not left:
        raise ValueError("it is nested too deeply")
    for part in tree.values() if isinstance(tree, dict) else tree:
        bounded(part, left - 1)


def first(error: ValidationError) -> str:
    """Where the first thing of another shape is, and what it should be."""
    found = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, found["loc"]))
    message = found["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
