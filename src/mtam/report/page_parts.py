"""Parts that the page has for sweeps, fits and checks alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from mtam.base.table import Table
from mtam.report.figures.picture import Picture
from mtam.report.tables.cell_text import cell_text, left_out, words


@dataclass(frozen=True)
class Sheet:
    """A table as the page shows it."""

    title: str
    heads: list[str]
    rows: list[list[str]]
    right: list[bool] = field(default_factory=list)  # which columns hold numbers
    more: str = ""  # what is left out


def sheet(table: Table) -> Sheet:
    """A typed table as text; numbers stand right."""
    forms = [table.formats.get(heading, "") for heading in table.headings]
    return Sheet(
        table.title,
        table.headings,
        [[cell_text(cell, form) for cell, form in zip(row, forms, strict=True)] for row in table.rows[: table.shown]],
        [not left for left in words(table)],
        left_out(table),
    )


def link(folder: str, name: str) -> str:
    """The address of a file as the page sees it."""
    return quote(f"{folder}/{name}" if folder else name)


def links(folder: str, names: Sequence[str]) -> list[dict[str, str]]:
    """Files by their names, with their addresses."""
    return [{"name": name, "link": link(folder, name)} for name in names]


def figure(picture: Picture, name: str, links: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """A picture panel by panel; ``name`` is that of its section, ``links`` lead to the files behind it."""
    return {
        "id": f"{name}-{picture.name}",
        "title": picture.title,
        "caption": picture.caption,
        "panels": [
            {"title": panel.title, "width": round(96 * panel.width), "svg": drawn}
            for panel, drawn in zip(picture.panels, picture.inline(f"{name}-"), strict=True)
        ],
        "links": links,
    }
