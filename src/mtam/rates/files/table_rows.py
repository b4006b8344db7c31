"""The rows of a table that somebody brings, as text with the line of each in the file: CSV of any dialect, or parquet.

Commas, semicolons, tabs or bars separate the columns; lines that begin with # are comments. Nothing is guessed that
could be read in two ways: then one sentence says what would be valid.
"""

import bz2
import csv
import gzip
import lzma
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

FORM = "a CSV table with columns n and error, and optionally cell, seed, reference"
LARGEST = 2**30  # bytes of text
SEPARATORS = (",", ";", "\t", "|")
OPENERS: dict[bytes, Callable[[Path, str], IO[bytes]]] = {  # by the first bytes of the file
    b"\x1f\x8b": gzip.open,  # type: ignore[dict-item]
    b"BZh": bz2.open,  # type: ignore[dict-item]
    b"\xfd7zXZ": lzma.open,  # type: ignore[dict-item]
}
ARCHIVES = {b"PK\x03\x04": "a zip archive", b"\x28\xb5\x2f\xfd": "compressed by zstd", b"7z\xbc\xaf": "a 7z archive"}
TAR = slice(257, 262)  # where b"ustar" stands
DECIMAL = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # what no figure and no XML can hold


class TableError(ValueError):
    """A table that holds no learning curves, with one sentence why."""


@dataclass(frozen=True)
class Rows:
    """Columns of text (numbers in parquet), the place of every row, and what was done to read them."""

    frame: pd.DataFrame
    places: "pd.Series[int]"  # line of the file, or row of a parquet table
    unit: str = "line"
    notes: tuple[str, ...] = ()

    def place(self, wrong: "pd.Series[bool]") -> str:
        """Where the first row is that is wrong, e.g. ``line 7``."""
        return f"{self.unit} {first(self.places, wrong)}"


def first(values: "pd.Series[Any]", wrong: "pd.Series[bool]") -> Any:
    """The value in the first row that is wrong."""
    return values.to_numpy()[int(wrong.to_numpy().argmax())]


def load(path: Path) -> Rows:
    """The table in ``path``; raises TableError where there is none."""
    head = _head(path)
    if head.startswith(b"PAR1"):
        return _parquet(path)
    for start, name in ARCHIVES.items():
        if head.startswith(start):
            raise TableError(f"{path} is {name}; unpack it first. Valid: {FORM}.")
    if head[TAR] == b"ustar":
        raise TableError(f"{path} is a tar archive; unpack it first. Valid: {FORM}.")
    return _csv(_text(path, head), path)


def _head(path: Path) -> bytes:
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise TableError(f"{path} is a folder; valid: {FORM}.")
        if not stat.S_ISREG(kind):  # a pipe may never end
            raise TableError(f"{path} is a pipe or a device, not a regular file; write the table to a file first.")
        with path.open("rb") as stream:
            return stream.read(512)
    except FileNotFoundError:
        raise TableError(f"{path}: there is no such file; valid: {FORM}.") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL byte, or a TableError
        if isinstance(error, TableError):
            raise
        raise TableError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None


def _text(path: Path, head: bytes) -> str:
    opener = next((opener for start, opener in OPENERS.items() if head.startswith(start)), None)
    try:
        with path.open("rb") if opener is None else opener(path, "rb") as stream:
            content = stream.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise TableError(f"{path} holds more than {LARGEST >> 20} MB of text; leave out rows or columns.")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableError(f"{path} is not UTF-8 text; valid: {FORM}, encoded as UTF-8.") from None
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise TableError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None


def _csv(text: str, path: Path) -> Rows:
    if "\0" in text:
        raise TableError(f"{path} is not a CSV table (it holds NUL bytes); valid: {FORM}.")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), None)
    if start is None:
        raise TableError(f"{path} is empty; valid: {FORM}.")
    separator = next((one for one in SEPARATORS if one in lines[start]), ",")
    names: list[str] = []
    rows, places, comments = [], [], sum(line.lstrip().startswith("#") for line in lines[:start])
    for line, row in _records(lines[start:], separator, path):
        place = line + start
        if not names:
            names = [name.strip() for name in row]
        elif row[0].lstrip().startswith("#") and len(row) != len(names):
            comments += 1
        elif len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
            told = f"line {place} has {len(row)} columns, the header {len(names)}"
            raise TableError(f"{path} is not a CSV table: {told}; it has rows longer than its header. Valid: {FORM}.")
        elif any(cell.strip() for cell in row):
            rows.append((row + [""] * len(names))[: len(names)])
            places.append(place)
    frame = pd.DataFrame(rows, columns=range(len(names)), dtype=object)
    frame = frame.apply(lambda column: column.str.strip() if len(column) else column)
    frame.columns = pd.Index(names, dtype=object)
    notes = [f"{comments} comment line{'s' * (comments != 1)} (#) left out."] if comments else []
    if separator != ",":
        name = {";": "semicolons", "\t": "tabs", "|": "bars"}[separator]
        notes.append(f"Columns are separated by {name}; a comma in a number is a decimal comma.")
    return Rows(frame, pd.Series(places, dtype="int64"), "line", tuple(notes))


def _records(lines: list[str], separator: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The line on which every record begins, and its cells; lines are counted as an editor does."""
    reader, before = csv.reader((f"{line}\n" for line in lines), delimiter=separator, skipinitialspace=True), 0
    try:
        for row in reader:
            if row:
                yield before + 1, row
            before = reader.line_num
    except csv.Error as error:
        raise TableError(f"{path} is not a CSV table (line {before + 1}: {error}); valid: {FORM}.") from None


def _parquet(path: Path) -> Rows:
    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise TableError(
            f"{path}: parquet needs pyarrow or fastparquet (mtam[parquet]); or write a CSV table."
        ) from None
    except Exception:  # whatever a library says of a damaged file
        raise TableError(f"{path} is not a readable parquet table; valid: {FORM}.") from None
    return of_frame(frame)


def of_frame(frame: pd.DataFrame) -> Rows:
    """The rows of a data frame, counted from 1; an index with a name is a column. Raises TableError for no frame."""
    if not isinstance(frame, pd.DataFrame):
        raise TableError(f"a table is a pandas DataFrame, not {type(frame).__name__}; valid: {FORM}.")
    frame = frame.reset_index(drop=not any(frame.index.names))
    frame.columns = pd.Index([str(name).strip() for name in frame.columns], dtype=object)
    return Rows(frame, pd.Series(np.arange(1, len(frame) + 1)), "row")


def numbers(rows: Rows, name: str, path: Path) -> "pd.Series[float]":
    """The column ``name`` as numbers; raises TableError with the line of the first cell that holds none."""
    values = rows.frame[name]
    try:
        found = pd.to_numeric(values, errors="coerce").astype(float)
        if not found.isna().any():
            return values.astype(float)  # to_numeric is off by a rounding in some versions of pandas
    except (TypeError, ValueError):  # lists and the like in parquet
        found = pd.Series(np.nan, index=values.index)
    text = values.astype(str).str.strip()
    empty = values.isna() | text.str.lower().isin(["", "nan", "na", "none", "null", "<na>"])
    if empty.any():
        raise TableError(f"{path}, {rows.place(empty)}: {name} is empty or NaN; valid: a number in every row.")
    rest = text[found.isna()]
    commas = rest.str.fullmatch(DECIMAL)
    if commas.all() and any("semicolons" in note or "tabs" in note or "bars" in note for note in rows.notes):
        _one_mark(rows, name, found.isna(), path)
        return pd.to_numeric(text.str.replace(",", ".", regex=False)).astype(float)
    wrong = found.isna()
    told = f"{path}, {rows.place(wrong)}: {name} = {str(first(values, wrong))[:40]!r} is not a number"
    if "," in str(first(values, wrong)):
        told += "; valid: a decimal point, or semicolons between columns with decimal commas"
    raise TableError(f"{told}.")


def _one_mark(rows: Rows, name: str, commas: "pd.Series[bool]", path: Path) -> None:
    """Raises TableError where numbers have decimal points beside the decimal commas of the column ``name``."""
    for other in {name, *("n", "error", "reference")} & set(rows.frame):
        points = rows.frame[other].astype(str).str.contains(".", regex=False)
        if points.any():
            raise TableError(
                f"{path} has decimal commas ({name}, {rows.place(commas)}) and decimal points ({other}, "
                f"{rows.place(points)}); valid: one of them, and nothing between thousands."
            )


def names(rows: Rows, name: str, path: Path) -> "pd.Series[str]":
    """The column ``name`` as text, every row with some; 007 and 7 are two names. Raises TableError."""
    values = rows.frame[name]
    text = values.astype(str).str.strip()
    empty = values.isna() | (text == "")
    if empty.any():
        raise TableError(f"{path}, {rows.place(empty)}: the {name} is empty; valid: a name in every row.")
    odd = text.map({each: bool(CONTROL.search(each)) for each in text.unique()}).astype(bool)
    if odd.any():
        raise TableError(f"{path}, {rows.place(odd)}: the {name} holds a control character; valid: one line of text.")
    return text
