"""Space for one square matrix that is kept from one factorisation to the next.

The pages of a fresh matrix cost as much time as what is computed into them: at n = 8192 they are a tenth of a trial.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KEPT = 8192**2  # entries at most, half a gigabyte; a larger matrix is let go after use


class MatrixRoom:
    """A buffer that is lent to one borrower at a time."""

    def __init__(self, kept: int = KEPT) -> None:
        self._most = kept
        self._buffer = np.empty(0)
        self._lock = Lock()

    @contextmanager
    def lent(self, n: int) -> Iterator[Array]:
        """An uninitialised matrix (n, n), which must not be used afterwards.

        A fresh one where the buffer is lent already, or where it would be larger than what is kept.
        """
        if n * n > self._most or not self._lock.acquire(blocking=False):
            yield np.empty((n, n))
            return
        try:
            if self._buffer.size < n * n:
                self._buffer = np.empty(0)  # let go before the larger one is taken
                self._buffer = np.empty(n * n)
            yield self._buffer[: n * n].reshape(n, n)
        finally:
            self._lock.release()


ROOM = MatrixRoom()
