"""Runs with two resources from a table: what is read, and one sentence for what is not."""

from pathlib import Path

import pandas as pd
import pytest

from mtam.rates.files.resource_table import read_runs
from mtam.rates.files.table_rows import TableError

GOOD = pd.DataFrame({"N": range(1, 10), "D": range(11, 20), "loss": [1.5] * 9})


def written(frame: pd.DataFrame, tmp_path: Path) -> Path:
    frame.to_csv(tmp_path / "runs.csv", index=False)
    return tmp_path / "runs.csv"


def test_columns_and_runs_that_did_not_end(tmp_path: Path) -> None:
    frame = GOOD.rename(columns={"N": "parameters", "D": "tokens"}).assign(status=["done"] * 8 + ["FAILED"])
    runs, notes = read_runs(written(frame, tmp_path), ("parameters", "tokens"))
    assert runs.first.tolist() == list(range(1, 9))
    assert runs.errors.tolist() == [1.5] * 8
    assert notes == ["Rows left out because their status says that they did not end: 1."]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (GOOD.drop(columns="D"), "no column D; found: N, loss"),
        (GOOD.drop(columns="loss"), "no column error"),
        (GOOD.assign(N=0), "line 2: N = 0 has no logarithm"),
        (GOOD[:5], "5 runs; a law of two resources needs at least 7"),
        (GOOD.assign(D=3), "fewer than three values of D"),
    ],
)
def test_one_sentence(frame: pd.DataFrame, words: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=words):
        read_runs(written(frame, tmp_path))


def test_a_column_twice(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="name the same column"):
        read_runs(written(GOOD, tmp_path), ("N", "D"), "N")
