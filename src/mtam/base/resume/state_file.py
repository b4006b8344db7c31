"""The file in which work in progress keeps its state, so that a killed run goes on where it was.

A state is a courtesy: where none can be written (a full disk; another process that computes the same has ended and
cleared the folder) the work goes on without, and one that was torn is not believed.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

EVERY = 10.0  # seconds of work that a kill may cost, unless the environment says otherwise
VARIABLE = "MTAM_CHECKPOINT_SECONDS"


class StateFile:
    """One file ``name`` in a folder that is the caller's; None: nothing is kept."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self._path = None if folder is None else folder / name
        self._saved = time.monotonic()
        try:
            self._every = float(os.environ.get(VARIABLE, EVERY))
        except ValueError:
            self._every = EVERY

    def present(self) -> Path | None:
        """The file, if there is one; a pipe would be waited for."""
        return self._path if self._path is not None and self._path.is_file() else None

    def due(self) -> bool:
        """Whether the last state is so old that a new one is wanted."""
        return self._path is not None and time.monotonic() - self._saved >= self._every

    def save(self, write: Callable[[BinaryIO], None]) -> None:
        """Puts a state in the place of the one before, in one step that survives a crash."""
        if self._path is None:
            return
        self._saved = time.monotonic()
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            for folder in (self._path.parent.parent, self._path.parent):  # and no more: the run may have been removed
                folder.mkdir(exist_ok=True)
            with draft.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except (OSError, RuntimeError):  # torch's writer raises the latter
            pass
        finally:  # no half of a state is left: on a disk that is full the records would miss its room
            with suppress(OSError):
                draft.unlink(missing_ok=True)
