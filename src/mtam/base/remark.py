"""What a paper's room tells about a sweep beyond its curves: further tables, and where reported settings come from."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

Remark = tuple[str, list[str], list[list[str]]]  # title, headings, rows
Source = Literal["reported", "assumed", "derived"]


class Setting(NamedTuple):
    """One setting of a reported experiment; ``key`` is what overrides an assumption, if anything does."""

    name: str
    value: str
    source: Source
    note: str
    key: str | None = None


def provenance(settings: Iterable[Setting]) -> Remark:
    """The table that every result under protocol=reported carries."""
    rows = [[one.name, one.value, one.source, one.note, one.key or ""] for one in settings]
    return "Provenance of the settings", ["setting", "value", "source", "note", "changed by"], rows
