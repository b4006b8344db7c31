"""State of a training in progress, so that a killed pack goes on where it was and ends with the same bits.

Everything random in training follows from (seed, pass), so the state is the step, the parameters, the optimiser's
averages and the best parameters so far. The folder is the caller's; whoever deletes it deletes the state with it.

A state that was torn, or that somebody else has left under this name, is not believed: the work is then done again.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mtam.base.resume.state_file import StateFile

STATE = "training.pt"


class _Kept(BaseModel):
    """What is kept holds tensors, and infinities where nothing was measured yet."""

    model_config = ConfigDict(strict=True, arbitrary_types_allowed=True)


class Best(_Kept):
    """The best parameters so far, by member."""

    best: torch.Tensor  # (M, P)
    step: list[int]
    holdout: list[float]
    train: list[float]
    diverged: list[int | None]
    looked: list[int]
    holdouts: list[list[float]]  # looks x M
    trains: list[list[float]]

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        members = len(self.best) if self.best.ndim == 2 else -1
        looks = (*self.holdouts, *self.trains)
        lengths = {len(self.step), len(self.holdout), len(self.train), len(self.diverged), *map(len, looks)}
        if lengths != {members} or not len(self.looked) == len(self.holdouts) == len(self.trains):
            raise ValueError("its parts are of different numbers of members or looks")
        return self


class State(_Kept):
    """The state of a training after ``step`` steps."""

    identity: list[str]
    step: int = Field(ge=1)
    stepper: Annotated[list[torch.Tensor], Field(min_length=3, max_length=3)]
    record: Best

    def fits(self, flat: torch.Tensor, buffer: torch.Tensor, steps: int) -> bool:
        """Whether a training of so many steps with these parameters (M, P), held in this buffer, can go on from it."""
        tensors = [(self.record.best, flat), *((mine, buffer) for mine in self.stepper)]
        same = all(mine.shape == other.shape and mine.dtype == other.dtype for mine, other in tensors)
        return same and self.step <= steps and self.record.looked[-1:] == [self.step]


class Keeper:
    """Keeps the state of one pack, which is known by the keys of its trials, in a folder; None: keeps nothing."""

    def __init__(self, folder: Path | None, identity: Sequence[str], name: str = STATE) -> None:
        self._file, self._identity = StateFile(folder, name), list(identity)

    def load(self) -> State | None:
        """The state, or None if there is none, it is damaged, or it belongs to other trials."""
        path = self._file.present()
        if path is None:
            return None
        try:
            found = torch.load(path, weights_only=True, map_location="cpu")
        except Exception:  # a torn file may fail anywhere in the reader
            return None
        try:
            state = State.model_validate(found)
        except ValidationError:
            return None
        return state if state.identity == self._identity else None

    def due(self) -> bool:
        """Whether the last state is so old that a new one is wanted; asked at every block of steps."""
        return self._file.due()

    def save(self, state: dict[str, Any]) -> None:
        """Puts a state in the place of the one before, in one step that survives a crash."""
        self._file.save(lambda file: torch.save({"identity": self._identity, **state}, file))
