"""Standard output and standard error: closed, full, a pipe that nobody reads, a terminal that is gone."""

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

from mtam.base.errors import RunError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Outlet(io.FileIO):
    """A descriptor whose first failure is told once, after which words go nowhere.

    Python would tell it again when it flushes at its end. Without a name, ``told_as``, failures are not told at
    all, because there is nobody left to tell: a run goes on without its progress.
    """

    def __init__(self, number: int, told_as: str | None) -> None:
        super().__init__(number, "wb", closefd=False)
        self._told_as, self._dead = told_as, False

    def write(self, data: "ReadableBuffer", /) -> int:
        size = memoryview(data).nbytes
        if self._dead:
            return size
        try:
            return super().write(data) or 0
        except OSError as error:
            self._dead = True
            if self._told_as is None:
                return size
            if isinstance(error, BrokenPipeError):
                raise
            raise RunError(f"{self._told_as} cannot be written: {error.strerror or error}.") from None


def prepare() -> None:
    """Make standard output and standard error fail in one sentence, or in silence, whatever they are."""
    for number in range(3):  # a closed one would be given to the next file, and words would end up in a record
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdout = _guarded(sys.stdout, "standard output")
    sys.stderr = _guarded(sys.stderr, None)


def _guarded(stream: TextIO | None, told_as: str | None) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if not isinstance(raw, io.FileIO):
        stream.reconfigure(errors="replace")
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Outlet(raw.fileno(), told_as)),
        encoding=stream.encoding,
        errors="replace",  # a terminal that knows no Greek still shows the numbers
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
