"""Rows of a long count, kept line by line so that it can go on after an interruption, and the table made of them."""

import json
from pathlib import Path
from typing import Any

import pandas as pd


def read(path: Path) -> list[dict[str, Any]]:
    """The rows so far; a line cut short by an interruption does not count."""
    rows = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def show(table: pd.DataFrame, path: Path) -> None:
    """Write the table and print all of it."""
    table.to_csv(path, index=False, lineterminator="\n")
    with pd.option_context("display.width", 240, "display.max_rows", None, "display.max_columns", None):
        print(table.to_string(index=False))
