"""The base of every check's settings."""

from collections.abc import Sequence

from pydantic import Field

from mtam.base.spec import Frozen


class CheckSettings(Frozen):
    """Settings of a check; subclasses add sizes, laws and levels. Lists are lists, never axes."""

    seed: int = Field(0, ge=0)


def distinct_within(values: Sequence[int], low: int, high: int) -> None:
    """Raise ValueError unless the values are distinct, at least one, and all lie in [low, high]."""
    if not values or len(set(values)) < len(values) or min(values) < low or max(values) > high:
        raise ValueError(f"must be distinct integers from {low} to {high}, at least one")
