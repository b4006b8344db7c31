"""A notebook of one's own, a copy of the one that the guide has."""

import re
from pathlib import Path

from mtam import guide
from mtam.base.errors import UsageError, writing

TOUR = Path(guide.__file__).with_name("tour.ipynb")
NAME = re.compile(r"\w[\w.-]*")
EXTENSION = ".ipynb"


def write(name: str) -> Path:
    """NAME.ipynb in this folder; raises UsageError for a name that is none, and where there is such a file."""
    stem = name.removesuffix(EXTENSION)
    if not NAME.fullmatch(stem):
        raise UsageError(f"{name!r} is no name of a notebook; valid: letters, digits, _, - and dots.")
    path = Path(f"{stem}{EXTENSION}")
    if path.exists():
        raise UsageError(f"{path} is there already; give the notebook another name.")
    with writing(Path()):
        path.write_text(TOUR.read_text(encoding="utf-8"), encoding="utf-8")
    return path
