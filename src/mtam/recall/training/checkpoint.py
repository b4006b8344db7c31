"""State of a training in progress, so that a killed pack goes on where it was and ends with the same bits.

Everything random in training follows from (seed, pass), so the state is the step, the parameters, the optimiser's
averages and the best parameters so far. The folder is the caller's; whoever deletes it deletes the state with it.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

EVERY = 10.0  # seconds of work that a kill may cost, unless the environment says otherwise
VARIABLE = "MTAM_CHECKPOINT_SECONDS"
STATE = "training.pt"


class Keeper:
    """Keeps the state of one pack, which is known by the keys of its trials, in a folder; None: keeps nothing."""

    def __init__(self, folder: Path | None, identity: Sequence[str]) -> None:
        self._path = None if folder is None else folder / STATE
        self._identity = list(identity)
        self._saved = time.monotonic()
        try:
            self._every = float(os.environ.get(VARIABLE, EVERY))
        except ValueError:
            self._every = EVERY

    def load(self) -> dict[str, Any] | None:
        """The state, or None if there is none, it is damaged, or it belongs to other trials."""
        if self._path is None:
            return None
        try:
            state = torch.load(self._path, weights_only=True, map_location="cpu")
        except Exception:  # a torn file may fail anywhere in the reader; the work is then done again
            return None
        if not isinstance(state, dict) or state.get("identity") != self._identity:
            return None
        return state

    def due(self) -> bool:
        """Whether the last state is so old that a new one is wanted; asked at every block of steps."""
        return self._path is not None and time.monotonic() - self._saved >= self._every

    def save(self, state: dict[str, Any]) -> None:
        """Puts a state in the place of the one before, in one step that survives a crash.

        A state is a courtesy: where none can be written (a full disk; another process that computes the same pack has
        ended and cleared the folder) the training goes on without.
        """
        if self._path is None:
            return
        self._saved = time.monotonic()
        draft = self._path.with_name(f".{STATE}.{os.getpid()}.tmp")
        try:
            for folder in (self._path.parent.parent, self._path.parent):  # and no more: the run may have been removed
                folder.mkdir(exist_ok=True)
            with draft.open("wb") as file:
                torch.save({"identity": self._identity, **state}, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except (OSError, RuntimeError):  # torch's writer raises the latter
            pass
        finally:  # no half of a state is left: on a disk that is full the records would miss its room
            with suppress(OSError):
                draft.unlink(missing_ok=True)
