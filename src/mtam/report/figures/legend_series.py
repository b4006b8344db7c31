"""Which marks of a drawing belong to which entry of its legend, so that a page can hide and show them.

What ``member_of`` was told belongs to that entry; anything else that has no label belongs to the entry of its colour,
where one entry alone has that colour. Entries that stand for nothing drawn, such as a line style, are left alone.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Tree

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.container import Container
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

MEMBER = "_member of "  # begins the label of what belongs to an entry; labels with a dash in front are in no legend
SERIES, LEGEND, END = "series:", "legend:", ";"  # begin an id of a group; end the number in it


def member_of(label: str | None, *artists: Artist | None) -> None:
    """Say that these belong to the entry ``label`` of the legend."""
    for artist in artists:
        if label is not None and artist is not None:
            artist.set_label(MEMBER + label)


def mark(figure: Figure) -> None:
    """Number the entries of all legends of a figure, and what belongs to them, in the ids of their groups."""
    number = 0
    for axis in figure.axes:
        legend = axis.get_legend()
        handles, labels = axis.get_legend_handles_labels()
        if legend is None or labels != [text.get_text() for text in legend.get_texts()]:
            continue
        for text, artists in zip(legend.get_texts(), _entries(axis, handles, labels), strict=True):
            if not artists:
                continue
            text.set_gid(f"{LEGEND}{number}{END}{_spoken(text.get_text())}")
            for artist in artists:
                artist.set_gid(f"{SERIES}{number}{END}{artist.get_gid() or ''}")
            number += 1


def _spoken(text: str) -> str:
    """The words of an entry, whose letters are outlines in the drawing, without the signs of mathematics."""
    return " ".join(re.sub(r"[\\${}]", " ", text).split())


def _entries(axis: Axes, handles: Sequence[Any], labels: Sequence[str]) -> list[list[Artist]]:
    """The drawn artists of every entry."""
    entries = [[part for part in _parts(handle) if _is_drawn(part)] for handle in handles]
    colours = [_colour(parts[0]) if parts else None for parts in entries]
    often = Counter(colours)
    own = {id(part) for parts in entries for part in parts}
    for artist in (*axis.lines, *axis.collections, *axis.patches):
        label, colour = str(artist.get_label()), _colour(artist)
        if id(artist) in own or not _is_drawn(artist):
            continue
        if label.startswith(MEMBER):
            at = [index for index, name in enumerate(labels) if name == label.removeprefix(MEMBER)]
        else:
            at = [index for index, name in enumerate(colours) if name == colour and often[colour] == 1]
        if at and colour is not None:
            entries[at[0]].append(artist)
    return entries


def _parts(handle: Any) -> list[Artist]:
    return list(handle.get_children()) if isinstance(handle, Container) else [handle]


def _is_drawn(artist: Artist) -> bool:
    """Whether there is anything to see: a legend may have entries for lines without points."""
    if isinstance(artist, Line2D):
        return np.size(artist.get_xdata(orig=False)) > 0
    return not isinstance(artist, Collection) or any(np.size(path.vertices) for path in artist.get_paths())


def _colour(artist: Artist) -> str | None:
    if isinstance(artist, Line2D):
        return to_hex(artist.get_color())
    if isinstance(artist, Collection):
        for paints in (artist.get_edgecolor(), artist.get_facecolor()):
            rows = np.reshape(np.asarray(paints, dtype=float), (-1, 4))
            if len(rows):
                return to_hex(tuple(rows[0, :3].tolist()))
    return to_hex(artist.get_facecolor()) if isinstance(artist, Patch) else None


def tell(root: Tree.Element) -> None:
    """Turn the numbers in ids into ``data-series`` and ``data-legend``, the words of entries into ``data-name``."""
    for group in root.iter():
        for start, name in ((SERIES, "data-series"), (LEGEND, "data-legend")):
            given = group.get("id", "")
            if given.startswith(start):
                number, _, rest = given.removeprefix(start).partition(END)
                group.set(name, number)
                del group.attrib["id"]
                if rest:
                    group.set("data-name" if start == LEGEND else "id", rest)
