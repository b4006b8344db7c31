"""The base of every specification: frozen, validated, nothing extra, one canonical text.

A trial spec is the identity of a result. Its science fields enter the trial key; where it runs (device, workers,
folders) never does.
"""

import hashlib
import json
import reprlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, field_validator, model_validator
from pydantic_core import to_jsonable_python

from mtam.base.variants import choose, models

MOST_WHOLE = 2**53  # up to here every integer is a float as well; forecasts of cost and memory are floats
MOST_SAMPLES = 2**40  # of an estimator that streams them; others allow fewer
SCHEMA = 3  # of the files: manifest and records hold specs in the form of variants
READABLE = (2, 3)  # at schema 2 the settings of all estimators of a problem lay in one bag
KEY_DIGITS = 20  # hexadecimal, of a trial's key
KEYS = 2  # the canonical text behind a trial's key is that of schema 2, so that no key has moved since


class Frozen(BaseModel):
    """An immutable record of settings; unknown fields, NaN, infinities and silent type changes are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _whole_floats_are_integers(cls, values: Any) -> Any:
        """``n_max=1e4`` is parsed as a float by YAML and by Hydra; it means the integer 10000."""
        if not isinstance(values, dict):
            return values
        for key, value in values.items():
            if isinstance(value, int) and not -MOST_WHOLE <= value <= MOST_WHOLE:
                raise ValueError(f"{key} = {reprlib.repr(value)} is too large; valid: whole numbers up to 2^53")
        whole = _integers(cls)
        return {key: cls._whole(value) if key in whole else value for key, value in values.items()}

    @staticmethod
    def _whole(value: Any) -> Any:
        if isinstance(value, list):
            return [Frozen._whole(each) for each in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value


@cache
def _integers(kind: type[Frozen]) -> frozenset[str]:
    """The fields that hold integers; found once, because a manifest may hold thousands of specs."""
    whole = (int, int | None, list[int], list[int] | None)
    return frozenset(name for name, field in kind.model_fields.items() if field.annotation in whole)


class Shape(BaseModel):
    """What is read back from disk: the types that were written, no infinities; further fields may be there."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False, protected_namespaces=())


LARGEST = 1e100  # magnitude of a number in a record; beyond it squares overflow

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Size = Annotated[float, Field(ge=0, le=LARGEST)]  # an error, a density, a share: never negative
Listed = list[Number] | list[bool] | list[str] | list[Number | bool | str | None]
Value = Annotated[Number | bool | Listed | str | None, Field(union_mode="left_to_right")]


class Numbers(Shape):
    """The numbers of a record: scalars, and lists of scalars. A problem's own class names those that tables read."""

    __pydantic_extra__: dict[str, Value]


class EstimatorSettings(Frozen):
    """What one variant of a problem's estimators can be set to; ``name`` is its name in the registry of variants.

    ``legacy`` are the settings, with their defaults, that all variants of a problem shared at schema 2; frozen, because
    they enter every key. ``revision`` is raised when the same settings come to mean other numbers, a changed default of
    a later setting included: older records of this variant alone are then computed again.
    """

    legacy: ClassVar[Mapping[str, Any]] = {}
    revision: ClassVar[int] = 0

    name: str

    def lacks(self) -> str | None:
        """What a person still has to say before trials of it are planned, a clause; None where nothing is missing."""
        return None

    def identity(self) -> dict[str, Any]:
        """What enters the key: the text of schema 2, with the legacy default of every setting that the variant lacks.

        Of later settings, those that differ from their default: an estimator can gain one, and no key moves.
        """
        later = {
            key: value
            for key, value in self.model_dump(mode="json").items()
            if key in self.legacy or value != _default(type(self), key)
        }
        return {**self.legacy, **later, **({"revision": self.revision} if self.revision else {})}


@cache
def _default(kind: type[Frozen], key: str) -> Any:
    """The default of a setting as JSON has it; None where it has to be given."""
    if kind.model_fields[key].is_required():
        return None
    return to_jsonable_python(kind.model_fields[key].get_default(call_default_factory=True))


class Trial(Frozen):
    """One fit: (problem, estimator, sample size, seed). Subclasses add ``data`` and the kinds of ``model``."""

    unhashed: ClassVar[Sequence[tuple[str, str]]] = ()  # fields that name a file whose content is known by its digest

    later: ClassVar[Sequence[tuple[str, str]]] = ()  # settings younger than keys: at their default they enter none

    own: ClassVar[str] = ""  # the paper's own estimator, where none is named
    definition: ClassVar[Any] = None  # the problem that the class was made for; None: the built-in one of its name

    model: SerializeAsAny[EstimatorSettings]
    n: int = Field(le=MOST_SAMPLES)
    seed: int

    @field_validator("model", mode="before")
    @classmethod
    def _by_its_variant(cls, values: Any) -> Any:
        """Settings are validated by the class of the variant that they name; of the paper's own, if none."""
        return choose(models(cls.model_fields["problem"].default), values, cls.own)

    def key(self) -> str:
        """Twenty hexadecimal digits of the SHA-256 of the canonical JSON of all fields."""
        return self.key_of(self.key_fields())

    def key_fields(self) -> dict[str, Any]:
        """What enters the key, in the form of schema 2."""
        fields = {**self.model_dump(mode="json"), "model": self.model.identity()}
        for name, inner in self.later:
            part = getattr(self, name)
            kind: type[Frozen] = type(part)
            if getattr(part, inner) == _default(kind, inner):
                del fields[name][inner]
        return fields

    @classmethod
    def key_of(cls, fields: Mapping[str, Any]) -> str:
        """The key of fields in the form of schema 2."""
        return hashlib.sha256(cls.text_of(fields).encode()).hexdigest()[:KEY_DIGITS]

    @classmethod
    def text_of(cls, fields: Mapping[str, Any]) -> str:
        """The canonical text behind a key."""
        told = {
            name: {inner: each for inner, each in value.items() if (name, inner) not in cls.unhashed}
            if isinstance(value, Mapping)
            else value
            for name, value in fields.items()
        }
        return json.dumps({"schema": KEYS, **told}, sort_keys=True)

    def runner(self) -> str | None:
        """The function (module:name) that answers this trial whatever its estimator; None: the estimator's own."""
        return None

    def shape(self) -> tuple[Any, ...] | None:
        """Trials of equal shape may be computed as one batched program; None: always alone."""
        return None

    def cost(self) -> float:
        """A rough forecast of the seconds on one thread, for scheduling and for remaining time."""
        return 1.0

    def memory(self) -> float:
        """A rough forecast of the bytes that this trial holds at once, to refuse what cannot fit."""
        return 0.0

    def law(self) -> dict[str, Any]:
        """The theoretical form of this cell's curve, by name and parameters, as ``mtam.rates`` knows it."""
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """What theory says about this trial's cell beyond the law, as columns of rates.csv; largest size, last seed."""
        return {}

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read back what ``model_dump_json`` wrote."""
        return cls.model_validate_json(text)
