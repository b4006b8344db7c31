"""The base of every check's settings."""

from pydantic import Field

from mtam.spec import Frozen


class CheckSettings(Frozen):
    """Settings of a check; subclasses add sizes, laws and levels. Lists are lists, never axes."""

    seed: int = Field(0, ge=0)
