"""State of a training in progress, so that a killed pack goes on where it was and ends with the same bits.

Where the bytes live is the caller's business. Everything random in training follows from (seed, pass), so the state is
the step, the parameters, the optimiser's averages and the best parameters so far.
"""

import io
from typing import Any, Protocol

import torch


class Keeper(Protocol):
    """Keeps the state of one pack."""

    def load(self) -> bytes | None:
        """What was saved last for this pack, or None."""

    def due(self) -> bool:
        """Whether a state is wanted now; asked at every block of steps."""

    def save(self, state: bytes) -> None:
        """Keeps a state in place of the one before."""


def encode(identity: list[str], state: dict[str, Any]) -> bytes:
    """The state with the keys of the trials that it belongs to."""
    target = io.BytesIO()
    torch.save({"identity": identity, **state}, target)
    return target.getvalue()


def decode(identity: list[str], stored: bytes | None) -> dict[str, Any] | None:
    """The state, or None if there is none, it is damaged, or it belongs to other trials."""
    if stored is None:
        return None
    try:
        state = torch.load(io.BytesIO(stored), weights_only=True)
    except Exception:  # a torn file may fail anywhere in the reader; the work is then done again
        return None
    if not isinstance(state, dict) or state.get("identity") != identity:
        return None
    return state
