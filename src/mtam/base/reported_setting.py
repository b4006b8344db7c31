"""Settings of a reported experiment, and where each comes from: the paper, an assumption, or arithmetic."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from mtam.base.table import Table

Source = Literal["reported", "assumed", "derived"]


class Setting(NamedTuple):
    """One setting of a reported experiment; ``key`` is what overrides an assumption, if anything does."""

    name: str
    value: str
    source: Source
    note: str
    key: str | None = None


def provenance(settings: Iterable[Setting]) -> Table:
    """The table that every result under protocol=reported carries."""
    return Table(
        name="provenance",
        title="Provenance of the settings",
        headings=["setting", "value", "source", "note", "changed by"],
        rows=[[one.name, one.value, one.source, one.note, one.key or ""] for one in settings],
    )
