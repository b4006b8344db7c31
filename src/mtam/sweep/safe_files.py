"""Reading what lies in a folder, whatever that is: a file of some size is read, anything else refused, nothing waits.

A folder may have been copied by halves, edited, or filled by another program. A FIFO would be waited for, a device
never ends.
"""

import errno
import os
import stat
from pathlib import Path
from typing import Any

from pydantic_core import from_json

MOST = 2**28  # bytes of a file that is read; the largest records, fits to own data with d in the thousands, have 2**27


class Damaged(ValueError):
    """What lies there is not what was written; the message says what it is, without the path."""


def read_bytes(path: Path | str, most: int = MOST) -> bytes:
    """The content. Raises FileNotFoundError, OSError where it cannot be read, Damaged for anything but a file."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.ENODEV):  # links in a ring, a socket
            raise Damaged("it is not a file") from None
        raise
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise Damaged("it is not a file")
        if about.st_size > most:
            raise Damaged(f"it has {about.st_size:.1e} bytes; valid: at most {most:.1e}")
        return _all(handle, about.st_size)
    finally:
        os.close(handle)


def _all(handle: int, size: int) -> bytes:
    """What the system gives at a time may be less than all."""
    content = os.read(handle, size + 1)
    while len(content) < size and (more := os.read(handle, size - len(content))):
        content += more
    return content


def read_json(path: Path, most: int = MOST) -> Any:
    """The content as JSON. Raises as ``read_bytes``; Damaged for anything else."""
    return parse(read_bytes(path, most))


def parse(content: bytes) -> Any:
    """The value of a JSON text in UTF-8, at most 200 levels deep, without NaN; Damaged where it is none.

    pydantic's parser takes a third of the time of Python's, and reads every number to the same bits.

    >>> parse(b'{"error": 0.5}')
    {'error': 0.5}
    >>> parse(b'{"error": NaN}')
    Traceback (most recent call last):
    mtam.sweep.safe_files.Damaged: it is not JSON: expected value at line 1 column 11
    """
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise Damaged(f"it is not JSON: {error}") from None
