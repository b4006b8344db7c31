"""Parts that the page has for sweeps, fits and checks alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from rich.table import Table

from mtam.report.figures.picture import Picture


@dataclass(frozen=True)
class Sheet:
    """A table as the page shows it."""

    title: str
    heads: list[str]
    rows: list[list[str]]
    right: list[bool] = field(default_factory=list)  # which columns hold numbers
    more: str = ""  # what is left out


def sheet(table: Table) -> Sheet:
    """A table of the terminal."""
    columns = table.columns
    cells = [[str(cell) for cell in column.cells] for column in columns]
    return Sheet(
        str(table.title or ""),
        [str(column.header) for column in columns],
        [list(row) for row in zip(*cells, strict=True)],
        [column.justify == "right" for column in columns],
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
