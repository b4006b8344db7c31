"""The table of claims on the terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from mtam.report.format import counts
from mtam.report.terminal import number

INK = {"supported": "green", "contradicted": "bold red"}


def screen(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """The claims that these runs speak to, with counts; those that live in other runs are counted alone."""
    here = seen(rows)
    if here:
        yield _grid(here)
        yield Text("; ".join(counts([row["verdict"] for row in here])))
    if len(here) < len(rows):
        yield Text(f"{len(rows) - len(here)} further claims live in runs that are not here.")


def seen(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The claims that these runs speak to."""
    return [row for row in rows if row["cell"] or row["verdict"] in INK or row["value"] is not None]


def _grid(rows: Sequence[Mapping[str, Any]]) -> Table:
    grid = Table(title="Claims", title_justify="left", show_lines=True, expand=True)
    for heading, ratio in (
        ("claim", 10),
        ("source", 4),
        ("reported", 3),
        ("theory", 5),
        ("this run", 5),
        ("verdict", 8),
    ):
        grid.add_column(heading, ratio=ratio)
    for row in rows:
        verdict = Text(row["verdict"], style=INK.get(row["verdict"], "yellow"))
        if row["because"]:
            verdict.append(f": {row['because']}", style="not bold default")
        told = (row["claim"], row["source"], row["reported"], row["theory"], measured(row))
        grid.add_row(*(Text(text) for text in told), verdict)
    return grid


def measured(row: Mapping[str, Any]) -> str:
    """The figure of this run with its interval, e.g. ``-0.83 [-0.91, -0.75]``; an open side is infinite."""
    if row["value"] is None:
        return ""
    if row["low"] is None and row["high"] is None:
        return number(row["value"])
    low = "-∞" if row["low"] is None else number(row["low"])
    high = "∞" if row["high"] is None else number(row["high"])
    return f"{number(row['value'])} [{low}, {high}]"
