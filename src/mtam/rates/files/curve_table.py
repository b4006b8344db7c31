"""Learning curves from a table that somebody brings: columns n and error, and if there are any cell, seed, reference.

Whatever is wrong with the table is said in one sentence: what, where, and what would be valid. A cell that holds no
curve is left out with its sentence, unless it is the only one.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pandas as pd

from mtam.rates.curve import Curve, curve
from mtam.rates.files.sweep_axes import axes_of_cells, in_words
from mtam.rates.files.table_rows import FORM, Rows, TableError, first, load, names, numbers
from mtam.rates.laws import EntropyBalance, Floats

__all__ = ["Brought", "Columns", "TableError", "read", "reference"]

GREATEST = 1e100  # numbers beyond it, or below its inverse, overflow or vanish when they are multiplied
APART = 1e-9  # sizes that differ by less, relatively, have no slope between them that rounding would leave
MOST = 20_000_000  # seeds x sizes of a cell
UNDONE = ("failed", "crashed", "killed", "cancelled", "canceled", "running", "scheduled")  # words of trackers


@dataclass(frozen=True)
class Columns:
    """What the columns are called in the file; None for the default, which need not be there for cell and seed."""

    n: str | None = None
    error: str | None = None
    seed: str | None = None
    cell: str | None = None


@dataclass(frozen=True)
class Brought:
    """The cells of a table, in the order of their first rows."""

    curves: dict[str, Curve]  # by the text of the cell; "" without a column of cells
    references: dict[str, Floats]  # where there is a column reference, its values at the curve's sizes
    failed: int  # rows left out because their status says that they did not end
    seeded: bool
    left_out: dict[str, str] = field(default_factory=dict)  # why a cell has no curve
    notes: tuple[str, ...] = ()  # how the file was read
    axes: dict[str, dict[str, str]] = field(default_factory=dict)  # of a sweep's cells, their places on its axes


def read(path: Path, columns: Columns | None = None) -> Brought:
    """The curves of ``path``; raises TableError for everything in it that is no curve."""
    return of_rows(load(path), columns or Columns(), path)


def of_rows(rows: Rows, columns: Columns, path: Path) -> Brought:
    """The curves of rows that were read already; ``path`` is what errors call them."""
    places = axes_of_cells(rows) if columns.cell in (None, "cell") else {}
    rows = _renamed(rows, columns, path)
    rows, lost = _ended(rows, path)
    seeded, celled = "seed" in rows.frame, "cell" in rows.frame
    clean = pd.DataFrame({"n": _positive(rows, "n", path), "error": _positive(rows, "error", path)})
    clean["place"] = rows.places
    clean["seed"] = _seeds(rows, path) if seeded else 0
    clean["cell"] = names(rows, "cell", path) if celled else ""
    worded = {cell: in_words(place) for cell, place in places.items()}
    if worded:
        clean["cell"] = clean["cell"].map(worded)
    if "reference" in rows.frame:
        clean["reference"] = _positive(rows, "reference", path)
    _unique(clean, seeded, rows.unit, path)
    curves, references, left_out = {}, {}, {}
    for cell, own in clean.groupby("cell", sort=False):
        name = str(cell)
        try:
            found = _curve(own, name, path)
            if "reference" in clean:
                references[name] = _reference(own, found, name, path)
            curves[name] = found
        except TableError as error:
            left_out[name] = str(error)
    if not curves:
        raise TableError(next(iter(left_out.values())))
    axes = {worded[cell]: place for cell, place in places.items()}
    return Brought(curves, references, lost, seeded, left_out, rows.notes, axes)


def reference(path: Path) -> EntropyBalance:
    """The reference curve in ``path``: columns n and reference, or n and error; raises TableError."""
    rows = load(path)
    value = next((name for name in ("reference", "error") if name in rows.frame), None)
    if "n" not in rows.frame or value is None:
        raise TableError(f"{path} is no reference curve; found: {_found(rows)}; valid: columns n and reference.")
    _once(rows, path, ("n", value))
    if rows.frame.empty:
        raise TableError(f"{path} has no rows; valid: columns n and reference.")
    pairs = pd.DataFrame({"n": _positive(rows, "n", path), "value": _positive(rows, value, path)})
    pairs = pairs.drop_duplicates().sort_values("n")
    if pairs["n"].duplicated().any():
        n = pairs.loc[pairs["n"].duplicated(), "n"].iloc[0]
        raise TableError(f"{path} has two different values of the reference at n = {n:.10g}; valid: one at every n.")
    try:
        return EntropyBalance(tuple(pairs["n"].astype(float)), tuple(pairs["value"]))
    except ValueError as error:
        raise TableError(f"{path}: {error}.") from None


def _found(rows: Rows) -> str:
    told = ", ".join(map(str, rows.frame.columns[:20])) or "nothing"
    return f"{told[:300]}, ..." if len(rows.frame.columns) > 20 or len(told) > 300 else told


def _renamed(rows: Rows, columns: Columns, path: Path) -> Rows:
    """The columns under the names that they have here."""
    asked = {each.name: getattr(columns, each.name) for each in fields(columns)}
    used = {name: given or name for name, given in asked.items()}
    given = [given for given in asked.values() if given is not None]
    if twice := next((name for name in given if given.count(name) > 1), None):
        raise TableError(f"--{' and --'.join(k for k, v in asked.items() if v == twice)} name the same column {twice}.")
    present = list(rows.frame.columns)
    for name, text in used.items():
        if text not in present and (asked[name] is not None or name in ("n", "error")):
            hint = f"; --{name} names another" if asked[name] is None else ""
            raise TableError(f"{path} has no column {text}; found: {_found(rows)}; valid: {FORM}{hint}.")
    wanted = {text: name for name, text in used.items() if text in present}
    wanted |= {name: name for name in ("reference", "status") if name in present and name not in wanted}
    _once(rows, path, tuple(wanted))
    frame = rows.frame[list(wanted)].rename(columns=wanted)
    return Rows(frame, rows.places, rows.unit, rows.notes)


def _once(rows: Rows, path: Path, used: tuple[str, ...]) -> None:
    present = list(rows.frame.columns)
    twice = next((name for name in used if present.count(name) > 1), None)
    if twice is not None:
        raise TableError(
            f"{path} has {present.count(twice)} columns named {twice} (blanks around it apart); valid: one."
        )


def _ended(rows: Rows, path: Path) -> tuple[Rows, int]:
    """Without the rows whose status says that they did not end, and how many these are."""
    if rows.frame.empty:
        raise TableError(f"{path} has no rows; valid: {FORM}.")
    if "status" not in rows.frame:
        return rows, 0
    undone = rows.frame["status"].astype(str).str.strip().str.lower().isin(UNDONE)
    if undone.all():
        raise TableError(f"{path} has no rows but those whose status says that they did not end; valid: {FORM}.")
    return Rows(rows.frame[~undone], rows.places[~undone], rows.unit, rows.notes), int(undone.sum())


def _seeds(rows: Rows, path: Path) -> "pd.Series[str]":
    """Whole numbers where all are written so, else names."""
    text = names(rows, "seed", path)
    whole = text.str.fullmatch(r"0|[1-9]\d{0,17}").all()
    return text.astype("int64") if whole else text  # type: ignore[return-value]


def _positive(rows: Rows, name: str, path: Path) -> "pd.Series[float]":
    found = numbers(rows, name, path)
    wrong = ~(found > 0) | np.isinf(found)
    if wrong.any():
        told = f"{path}, {rows.place(wrong)}: {name} = {first(found, wrong):g}"
        raise TableError(f"{told} has no logarithm; valid: finite numbers above 0.")
    far = (found < 1 / GREATEST) | (found > GREATEST)
    if far.any():
        told = f"{path}, {rows.place(far)}: {name} = {first(found, far):g}"
        raise TableError(f"{told}; valid: 1e-100 to 1e100, rescale it.")
    return found


def _unique(clean: pd.DataFrame, seeded: bool, unit: str, path: Path) -> None:
    twice = clean.duplicated(["cell", "seed", "n"])
    if twice.any():
        row = clean[twice].iloc[0]
        where = f" in cell {row['cell']}" if row["cell"] else ""
        if not seeded:
            raise TableError(
                f"{path} has n = {row['n']:.10g} twice{where}; add a column seed that tells the rows apart."
            )
        raise TableError(
            f"{path}, {unit} {row['place']}: n = {row['n']:.10g} with seed {row['seed']}{where} is there already; "
            "valid: every cell, seed and n once."
        )


def _curve(rows: pd.DataFrame, cell: str, path: Path) -> Curve:
    where = f"cell {cell}" if cell else "the table"
    sizes = np.unique(rows["n"])
    if len(sizes) < 2:
        raise TableError(f"{path}: {where} has one size only, n = {sizes[0]:.10g}; a curve needs at least two.")
    close = np.flatnonzero(np.diff(sizes) < APART * sizes[:-1])
    if len(close):
        a, b = sizes[close[0]], sizes[close[0] + 1]
        raise TableError(
            f"{path}: {where} has n = {a:.17g} and n = {b:.17g}, which differ by less than a billionth; "
            "valid: equal sizes, or sizes farther apart."
        )
    seeds = rows["seed"].nunique()
    if seeds * len(sizes) > MOST:
        raise TableError(
            f"{path}: {where} has {seeds} seeds and {len(sizes)} sizes that they hardly share; "
            "valid: the same sizes in all seeds, or fewer of them."
        )
    found = curve(rows, partial=True)
    if not found.seeds:
        raise TableError(
            f"{path}: no seed of {where} has two sizes, so none has a slope; valid: the same seed at all n."
        )
    return found


def _reference(rows: pd.DataFrame, points: Curve, cell: str, path: Path) -> Floats:
    each = rows.groupby("n")["reference"]
    several = each.nunique()
    if (several > 1).any():
        where = f" of cell {cell}" if cell else ""
        n = float(str(several.idxmax()))
        raise TableError(f"{path}: the reference{where} has several values at n = {n:.10g}; valid: one at every n.")
    return np.asarray(each.first().reindex(pd.Index(points.sizes)).to_numpy(), dtype=np.float64)
