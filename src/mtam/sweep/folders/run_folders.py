"""Which folders below another one hold runs: known by the names of their files, nothing is read."""

import os
from collections.abc import Iterator
from pathlib import Path

from mtam.base.finding import FINDING

MANIFEST = "manifest.json"  # of a sweep or a fit
JOBS = "jobs.json"  # of a reproduction
MARKS = (MANIFEST, FINDING, JOBS)
DEEPEST = 3  # levels below the folder that is looked through
MOST = 20_000  # folders that are looked at, so that a home folder is no hour


def is_run(folder: Path) -> bool:
    """Whether the folder is that of a sweep, a fit, a check or a reproduction, damaged or not."""
    return any(os.path.lexists(folder / mark) for mark in MARKS)


def runs_below(parent: Path) -> Iterator[Path]:
    """The folders of runs in ``parent``, by name, at most DEEPEST levels down; those inside a run are none.

    Links and hidden folders are not followed; folders that may not be entered are passed over.
    """
    looked = 0
    level = [parent]
    for _ in range(DEEPEST):
        deeper = []
        for folder in level:
            for child in _folders(folder):
                looked += 1
                if looked > MOST:
                    return
                if is_run(child):
                    yield child
                else:
                    deeper.append(child)
        level = deeper


def _folders(parent: Path) -> list[Path]:
    try:
        with os.scandir(parent) as entries:
            names = sorted(each.name for each in entries if each.is_dir(follow_symlinks=False))
    except OSError:
        return []
    return [parent / name for name in names if not name.startswith(".")]


def hint(folder: Path) -> str:
    """What to say of a folder that is no run: that it holds some, and how they are listed; "" where it holds none."""
    count = sum(1 for _ in runs_below(folder))
    if not count:
        return ""
    return f"it holds {count} run{'s' * (count > 1)}, and mtam runs {folder} lists them"
