"""Paths of the command line: ~ is a home folder, and what the system cannot even look up is told at once."""

import os
from pathlib import Path
from typing import overload

from mtam.base.errors import UsageError


@overload
def looked_up(given: str, option: str = "") -> Path: ...
@overload
def looked_up(given: str | None, option: str = "") -> Path | None: ...


def looked_up(given: str | None, option: str = "") -> Path | None:
    """The path ``given``, there or not, with ~ and ~user expanded, which a shell leaves alone in ``--out=~/x``.

    Raises UsageError for no name at all, one that is too long, a loop of links, a folder that may not be entered.
    """
    if given is None:
        return None
    where = f"{option} {given}".strip()
    if not given:
        raise UsageError(f"{option or 'an empty word'} names no folder and no file.")
    path = os.path.expanduser(given)
    if path.startswith("~"):
        raise UsageError(f"{where}: there is no user {given.partition('/')[0][1:]}; ./{given} is a file of that name.")
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass  # of what is missing, whoever needs it knows more to say
    except (OSError, ValueError) as error:
        raise UsageError(f"{where} cannot be looked up: {getattr(error, 'strerror', None) or error}.") from None
    return Path(path)
