"""Tokens and responses from a long table: one row per token with columns sample, token, x0, ..., x{d-1}, y."""

from pathlib import Path
from typing import Any

import numpy as np

from mtam.interaction.files.validate_arrays import numbers


def read(file: Path) -> tuple[object, object]:
    """X and Y of a parquet file; ValueError, in one sentence, for one that is no such table."""
    try:
        import pandas
    except ImportError:
        raise ValueError(f"{file}: reading parquet needs pandas; valid without it: FILE.npz, FILE_X.npy") from None
    try:
        frame = pandas.read_parquet(file)
    except ImportError:
        raise ValueError(
            f"{file}: reading parquet needs pyarrow or fastparquet (mtam[parquet]); or use FILE.npz"
        ) from None
    except Exception:
        raise ValueError(f"{file} is not a readable parquet table") from None
    return wide(frame, file)


def _plain(labels: Any) -> bool:
    """Whether labels can be compared with each other."""
    return labels.dtype.kind != "O" or all(isinstance(label, str) or label is None for label in labels)


def wide(frame: Any, file: Path) -> tuple[object, object]:
    """The long table as arrays, samples and tokens in the order of their labels  # (M, N, d), (M, N)."""
    columns = [str(name) for name in frame.columns]
    d = sum(name[:1] == "x" and name[1:].isdigit() for name in columns)
    coordinates = [f"x{k}" for k in range(max(d, 1))]
    missing = [name for name in ("sample", "token", *coordinates, "y") if name not in columns]
    if missing:
        found = ", ".join(columns) or "nothing"
        raise ValueError(f"{file} has no column {missing[0]}; found: {found}; valid: sample, token, x0, x1, ..., y")
    if twice := [name for name in ("sample", "token", *coordinates, "y") if columns.count(name) > 1]:
        raise ValueError(f"{file} has the column {twice[0]} {columns.count(twice[0])} times; valid: once")
    if strange := [name for name in ("sample", "token") if not _plain(frame[name])]:
        raise ValueError(f"{file} has labels in column {strange[0]} that are neither all numbers nor all text")
    if frame[["sample", "token"]].isna().any(axis=None) or frame.duplicated(["sample", "token"]).any():
        raise ValueError(f"{file} has missing or repeated (sample, token) labels; valid: each once")
    sizes = frame.groupby("sample").size()
    if len(sizes) == 0 or sizes.min() != sizes.max():
        raise ValueError(f"{file} has samples of different numbers of tokens; valid: the same N in every sample")
    ordered = frame.sort_values(["sample", "token"])
    parts = [numbers(ordered[name].to_numpy(), f"column {name} in {file}") for name in (*coordinates, "y")]
    shape = (len(sizes), int(sizes.iloc[0]))
    return np.stack(parts[:-1], axis=1).reshape(*shape, len(coordinates)), parts[-1].reshape(shape)
