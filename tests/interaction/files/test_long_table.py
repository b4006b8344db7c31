"""Long tables: one row per token, in any order, and one sentence for everything else."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtam.interaction.files.long_table import read, wide
from tests.interaction.files.helpers import long_table, sample

FILE = Path("data.parquet")


def test_a_long_table_is_read_in_any_order() -> None:
    x, y = sample(samples=20, d=11)
    found, responses = wide(long_table(x, y).sample(frac=1, random_state=0), FILE)
    np.testing.assert_array_equal(found, x)
    np.testing.assert_array_equal(responses, y)


def test_samples_and_tokens_come_in_the_order_of_their_labels() -> None:
    """Text labels, too; coordinates by their number, x10 after x9, wherever the columns stand."""
    x, y = sample(samples=3, tokens=2, d=11)
    frame = long_table(x, y).assign(sample=np.repeat(["c", "a", "b"], 2))
    found, responses = wide(frame[sorted(frame.columns)], FILE)
    np.testing.assert_array_equal(found, x[[1, 2, 0]])
    np.testing.assert_array_equal(responses, y[[1, 2, 0]])
    assert np.asarray(found).dtype == np.float64


def test_further_columns_do_not_matter() -> None:
    x, y = sample()
    found, _ = wide(long_table(x, y).assign(note="a", x="b", y2=1.0), FILE)
    np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.drop(columns="y"), "no column y; found: sample, token, x0, x1"),
        (lambda f: f.drop(columns="x0"), "no column x0; found: sample, token, x1, y"),
        (lambda f: f.drop(columns=["sample", "x1"]), "no column sample"),
        (lambda f: f.iloc[:-1], "different numbers of tokens"),
        (lambda f: f.iloc[:0], "different numbers of tokens"),
        (lambda f: pd.concat([f, f.iloc[:3]]), "repeated"),
        (lambda f: f.assign(x1="a"), "column x1 .* type"),
        (lambda f: f.assign(sample=[1, "a"] * 60), "labels in column sample that are neither"),
        (lambda f: f.assign(token=f["token"].astype(float).replace(2.0, np.nan)), "missing or repeated"),
        (lambda f: pd.concat([f, f["y"]], axis=1), "the column y 2 times; valid: once"),
        (lambda f: f.iloc[:, :0], "no column sample; found: nothing"),
    ],
)
def test_tables_of_another_form_are_refused(change: Callable[[pd.DataFrame], pd.DataFrame], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        wide(change(long_table(*sample())), FILE)


def test_parquet_without_pandas_or_engine_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.parquet"
    path.write_bytes(b"no table")
    engine = any(importlib.util.find_spec(name) for name in ("pyarrow", "fastparquet"))
    with pytest.raises(ValueError, match="not a readable parquet" if engine else "needs pyarrow or fastparquet"):
        read(path)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ValueError, match="needs pandas"):
        read(path)
