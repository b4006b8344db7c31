"""The axes of a sweep's own ``curve.csv``, whose cells are numbered: columns cell, AXES, n, seed, status, error, ..."""

from collections.abc import Mapping

from mtam.rates.files.table_rows import Rows

LAST = ["n", "seed", "status", "error"]


def axes_of_cells(rows: Rows) -> dict[str, dict[str, str]]:
    """By the text of its cell, the place on the axes; empty for a table that no sweep has written.

    A table is that of a sweep where the columns stand in its order, cells are numbers, every cell has one place and no
    two share one; the only cell of a sweep without axes has the empty place.
    """
    names = [str(name) for name in rows.frame.columns]
    if names[:1] != ["cell"] or "n" not in names or len(set(names)) < len(names):
        return {}
    end = names.index("n")
    axes = names[1:end]
    if names[end : end + len(LAST)] != LAST:
        return {}
    places = rows.frame[["cell", *axes]].astype(str).apply(lambda column: column.str.strip()).drop_duplicates()
    cells = {str(row[0]): dict(zip(axes, map(str, row[1:]), strict=True)) for row in places.to_numpy()}
    if not all(cell.isdigit() for cell in cells):
        return {}
    distinct = {tuple(place.values()) for place in cells.values()}
    return cells if len(cells) == len(places) == len(distinct) else {}


def in_words(place: Mapping[str, str]) -> str:
    """A place on the axes as a sweep's own tables have it, e.g. ``alpha = 0.5``."""
    leaves = [key.rpartition(".")[2] for key in place]
    names = leaves if len(set(leaves)) == len(leaves) else list(place)
    return ", ".join(f"{name} = {value}" for name, value in zip(names, place.values(), strict=True))
