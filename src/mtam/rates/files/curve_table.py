"""Learning curves from a table that somebody brings: columns n and error, and if there are any cell, seed, reference.

Whatever is wrong with the table is said in one sentence: what, where, and what would be valid.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mtam.rates.curve import Curve, curve
from mtam.rates.laws import EntropyBalance, Floats

FORM = "a CSV table with columns n and error, and optionally cell, seed, reference"
LARGEST = 10**15  # sizes are whole numbers that double precision holds exactly
GREATEST = 1e100  # errors beyond it, or below its inverse, overflow or vanish when they are multiplied


class TableError(ValueError):
    """A table that holds no learning curves, with one sentence why."""


@dataclass(frozen=True)
class Brought:
    """The cells of a table, in the order of their first rows."""

    curves: dict[str, Curve]  # by the text of the cell; "" without a column of cells
    references: dict[str, Floats]  # where there is a column reference, its values at the curve's sizes
    failed: int  # rows left out because their status says that they failed
    seeded: bool


def read(path: Path) -> Brought:
    """The curves of ``path``; raises TableError for everything in it that is no curve."""
    rows = _load(path)
    missing = [name for name in ("n", "error") if name not in rows]
    if missing:
        found = ", ".join(map(str, rows.columns)) or "nothing"
        raise TableError(f"{path} has no column {missing[0]}; found: {found}; valid: {FORM}.")
    failed = rows["status"].eq("failed") if "status" in rows else pd.Series(False, index=rows.index)
    lost, rows = int(failed.sum()), rows[~failed]
    if rows.empty:
        raise TableError(f"{path} has no rows; valid: {FORM}.")
    seeded = "seed" in rows
    clean = pd.DataFrame({"line": rows.index + 2, "n": _sizes(rows["n"], path), "error": _errors(rows["error"], path)})
    clean["seed"] = _whole(rows["seed"], "seed", path, 0) if seeded else 0
    clean["cell"] = rows["cell"].astype(str).str.strip() if "cell" in rows else ""
    if "cell" in rows and rows["cell"].isna().any():
        raise TableError(f"{path}, line {_line(rows['cell'].isna())}: the cell is empty; valid: a name in every row.")
    if "reference" in rows:
        clean["reference"] = _errors(rows["reference"], path, "reference")
    _unique(clean, seeded, path)
    curves, references = {}, {}
    for cell, own in clean.groupby("cell", sort=False):
        name = str(cell)
        curves[name] = _curve(own, name, path)
        if "reference" in clean:
            references[name] = _reference(own, curves[name], name, path)
    return Brought(curves, references, lost, seeded)


def reference(path: Path) -> EntropyBalance:
    """The reference curve in ``path``: columns n and reference, or n and error; raises TableError."""
    rows = _load(path)
    value = next((name for name in ("reference", "error") if name in rows), None)
    if "n" not in rows or value is None:
        found = ", ".join(map(str, rows.columns)) or "nothing"
        raise TableError(f"{path} is no reference curve; found: {found}; valid: columns n and reference.")
    pairs = pd.DataFrame({"n": _sizes(rows["n"], path), "value": _errors(rows[value], path, value)})
    pairs = pairs.drop_duplicates().sort_values("n")
    if pairs["n"].duplicated().any():
        n = int(pairs.loc[pairs["n"].duplicated(), "n"].iloc[0])
        raise TableError(f"{path} has two different values of the reference at n = {n}; valid: one at every n.")
    try:
        return EntropyBalance(tuple(pairs["n"].astype(float)), tuple(pairs["value"]))
    except ValueError as error:
        raise TableError(f"{path}: {error}.") from None


def _load(path: Path) -> pd.DataFrame:
    if path.is_dir():
        raise TableError(f"{path} is a folder; valid: {FORM}.")
    if not path.exists():
        raise TableError(f"{path}: there is no such file; valid: {FORM}.")
    try:
        rows = pd.read_csv(path, skipinitialspace=True, encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise TableError(f"{path} is not UTF-8 text; valid: {FORM}, encoded as UTF-8.") from None
    except pd.errors.EmptyDataError:
        raise TableError(f"{path} is empty; valid: {FORM}.") from None
    except (pd.errors.ParserError, ValueError) as error:
        told = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        raise TableError(f"{path} is not a CSV table ({told}); valid: {FORM}.") from None
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}.") from None
    rows.columns = [str(name).strip() for name in rows.columns]
    if not rows.index.equals(pd.RangeIndex(len(rows))):  # pandas took the first column for labels
        raise TableError(f"{path} has rows longer than its header; valid: {FORM}.")
    return rows


def _line(wrong: "pd.Series[bool]") -> int:
    """The line in the file of the first row that is wrong; the header is line 1."""
    return int(wrong[wrong].index[0]) + 2


def _numbers(values: "pd.Series[str]", name: str, path: Path) -> "pd.Series[float]":
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    empty = values.isna() | values.astype(str).str.strip().str.lower().isin(["", "nan"])
    if empty.any():
        raise TableError(f"{path}, line {_line(empty)}: {name} is empty or NaN; valid: a number in every row.")
    if numbers.isna().any():
        line = _line(numbers.isna())
        raise TableError(f"{path}, line {line}: {name} = {values.loc[line - 2]!r} is not a number.")
    return numbers


def _whole(values: "pd.Series[str]", name: str, path: Path, least: int) -> "pd.Series[int]":
    numbers = _numbers(values, name, path)
    wrong = (numbers != numbers.round()) | (numbers < least) | (numbers > LARGEST)
    if wrong.any():
        line = _line(wrong)
        raise TableError(
            f"{path}, line {line}: {name} = {numbers.loc[line - 2]:g}; valid: whole numbers from {least} to 1e15."
        )
    return numbers.astype("int64")


def _sizes(values: "pd.Series[str]", path: Path) -> "pd.Series[int]":
    return _whole(values, "n", path, 1)


def _errors(values: "pd.Series[str]", path: Path, name: str = "error") -> "pd.Series[float]":
    numbers = _numbers(values, name, path)
    wrong = ~(numbers > 0) | np.isinf(numbers)
    far = ~wrong & ((numbers < 1 / GREATEST) | (numbers > GREATEST))
    if far.any() and not wrong.any():
        line = _line(far)
        raise TableError(
            f"{path}, line {line}: {name} = {numbers.loc[line - 2]:g}; valid: 1e-100 to 1e100, rescale it."
        )
    if wrong.any():
        line = _line(wrong)
        raise TableError(
            f"{path}, line {line}: {name} = {numbers.loc[line - 2]:g} has no logarithm; valid: finite numbers above 0."
        )
    return numbers


def _unique(rows: pd.DataFrame, seeded: bool, path: Path) -> None:
    twice = rows.duplicated(["cell", "seed", "n"])
    if twice.any():
        row = rows[twice].iloc[0]
        where = f" in cell {row['cell']}" if row["cell"] else ""
        if not seeded:
            raise TableError(f"{path} has n = {row['n']} twice{where}; add a column seed that tells the rows apart.")
        raise TableError(
            f"{path}, line {row['line']}: n = {row['n']} with seed {row['seed']}{where} is there already; "
            "valid: every cell, seed and n once."
        )


def _curve(rows: pd.DataFrame, cell: str, path: Path) -> Curve:
    where = f"cell {cell}" if cell else "the table"
    if rows["n"].nunique() < 2:
        raise TableError(f"{path}: {where} has one size only, n = {rows['n'].iloc[0]}; a curve needs at least two.")
    found = curve(rows)
    if not found.seeds:
        raise TableError(
            f"{path}: no seed of {where} has all {rows['n'].nunique()} sizes; valid: the same n in a seed."
        )
    return found


def _reference(rows: pd.DataFrame, points: Curve, cell: str, path: Path) -> Floats:
    each = rows.groupby("n")["reference"]
    if (each.nunique() > 1).any():
        n = int(str(each.nunique().idxmax()))
        where = f" of cell {cell}" if cell else ""
        raise TableError(f"{path}: the reference{where} has several values at n = {n}; valid: one at every n.")
    return np.asarray(each.first().loc[points.sizes.astype(int)], dtype=float)
