"""Runs with two resources from a table that somebody brings: two columns of resources and one of errors."""

from pathlib import Path

import pandas as pd

from mtam.rates.files.curve_table import finished, positive
from mtam.rates.files.table_rows import TableError, load
from mtam.rates.fitting.two_resources import FEWEST, Runs

RESOURCES = ("N", "D")


def read_runs(path: Path, columns: tuple[str, str] = RESOURCES, error: str | None = None) -> tuple[Runs, list[str]]:
    """The runs in ``path`` and how it was read; raises TableError for everything in it that is no run."""
    rows = load(path)
    present = list(rows.frame.columns)
    name = error or next((each for each in ("error", "loss") if each in present), "error")
    if len({*columns, name}) < 3:
        raise TableError(f"--columns {','.join(columns)} and --error {name} name the same column.")
    for each in (*columns, name):
        if present.count(each) != 1:
            told = f"{present.count(each)} columns named" if each in present else "no column"
            shown = ", ".join(map(str, present[:20]))[:300]
            raise TableError(
                f"{path} has {told} {each}; found: {shown}; valid: columns of two resources (--columns N,D) and error."
            )
    rows, lost = finished(rows, path)
    clean = pd.DataFrame({each: positive(rows, each, path) for each in (*columns, name)})
    if len(clean) < FEWEST:
        raise TableError(f"{path} has {len(clean)} runs; a law of two resources needs at least {FEWEST}.")
    for each in columns:
        if clean[each].nunique() < 3:
            raise TableError(f"{path} has fewer than three values of {each}; valid: three of either resource.")
    notes = list(rows.notes)
    if lost:
        notes.append(f"Rows left out because their status says that they did not end: {lost}.")
    return Runs(*(clean[each].to_numpy(dtype=float) for each in (*columns, name))), notes
