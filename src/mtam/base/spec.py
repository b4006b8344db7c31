"""The base of every specification: frozen, validated, nothing extra, one canonical text.

A trial spec is the identity of a result. Its science fields enter the trial key; where it runs (device, workers,
folders) never does.
"""

import hashlib
import json
import reprlib
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_WHOLE = 2**53  # up to here every integer is a float as well; forecasts of cost and memory are floats
SCHEMA = 2  # raised whenever the meaning of a stored number changes; old records are then computed again


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


class Trial(Frozen):
    """One fit: (problem, estimator, sample size, seed). Subclasses add ``data`` and ``model``."""

    n: int = Field(le=2**26)
    seed: int

    def key(self) -> str:
        """Twenty hexadecimal digits of the SHA-256 of the canonical JSON of all fields and the schema version."""
        text = json.dumps({"schema": SCHEMA, **self.model_dump(mode="json")}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]

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

    def reference(self, sizes: Sequence[int]) -> list[float] | None:
        """The error that theory forecasts at these sizes up to constants, where there is a curve and not just a law."""
        del sizes
        return None

    def lower_bound(self, sizes: Sequence[int]) -> list[float] | None:
        """The error that no estimator can fall below at these sizes, in the units of ``reference``; None if unknown."""
        del sizes
        return None

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read back what ``model_dump_json`` wrote."""
        return cls.model_validate_json(text)
