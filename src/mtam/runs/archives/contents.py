"""What an archive of a run holds, as its own first file tells it: every file with its size and its SHA-256."""

import hashlib
import re
from typing import Annotated, Literal

from pydantic import Field

from mtam.base.spec import Shape

CONTENTS, ENVIRONMENT = "contents.json", "environment.json"
MOST_FILES = 2 * 10**6
NAME = re.compile(r"[^\x00-\x1f\x7f\\/]{1,255}")  # of a file or of a folder


class FileSeal(Shape):
    """Size and SHA-256 of one file."""

    size: Annotated[int, Field(ge=0, le=2**28)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Contents(Shape):
    """The files of an archive, and which folder of it is the run, the check or the reproduction."""

    format_: Literal[1] = Field(alias="format")
    holds: Literal["sweep", "fit", "check", "reproduction"]
    name: str
    start: Annotated[str, Field(max_length=255)]  # "." where the archive is one folder
    files: Annotated[dict[str, FileSeal], Field(max_length=MOST_FILES)]


def seal(content: bytes) -> FileSeal:
    """Size and SHA-256 of ``content``."""
    return FileSeal(size=len(content), sha256=hashlib.sha256(content).hexdigest())


def is_plain(name: str) -> bool:
    """Whether ``name`` is a path inside an archive: relative, without dots at the beginning of any of its parts.

    >>> [is_plain(name) for name in ("records/a.json", "/etc/passwd", "a/../../b", ".ssh/config", "a//b", "")]
    [True, False, False, False, False, False]
    """
    parts = name.split("/")
    return len(name) <= 1000 and all(NAME.fullmatch(part) and not part.startswith(".") for part in parts)
