"""Valid tables with something done to them: an answer or one sentence, never a traceback, and nothing half written."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtam.base.errors import UsageError
from mtam.runs import fit_rates

WORDS = (
    "", " ", "nan", "inf", "-inf", "0", "-1", "1e-320", "1e308", "1e18", "007", "0,5", "1_000", "0x10", "True", "#",
    "$x_1^2$", '"', "'", ";", "\t", "|", "\u00e4", "\u4e2d", "\U0001f600", "\u2028", "=1+1", "n", "error",
    "failed", "64", "64.0",
)  # fmt: skip
HEADERS = ("n", "error", "seed", "cell", "reference", "status", "N", " error", "", "x")
OPTIONS = (
    fit_rates.Wanted("power", None, False, None),
    fit_rates.Wanted("power", 0.5, True, None),
    fit_rates.Wanted("log-power", 0.3, False, None),
    fit_rates.Wanted("sub-polynomial", 0.01, False, None),
    fit_rates.Wanted("entropy-balance", None, False, None),
    fit_rates.Wanted("power", None, False, None, fit_rates.Columns(seed="x", cell="seed")),
)


def valid(seeds: int, sizes: int, key: int) -> list[list[str]]:
    rng = np.random.default_rng(key)
    rows = [["n", "error", "seed", "cell", "reference"]]
    for cell in ("a", "b"):
        for seed in range(seeds):
            for n in 2 ** np.arange(4, 4 + sizes):
                error = n**-0.5 * np.exp(0.1 * rng.normal())
                rows.append([str(n), f"{error:.6g}", str(seed), cell, f"{n**-0.4:.6g}"])
    return rows


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    rows = valid(draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(0, 9)))
    for _ in range(draw(st.integers(0, 3))):
        what = draw(st.sampled_from(("cell", "drop", "twice", "header", "column", "longer", "shorter", "line", "less")))
        row = draw(st.integers(0, len(rows) - 1))
        column = draw(st.integers(0, max(len(rows[row]) - 1, 0)))
        word = draw(st.sampled_from(WORDS) | st.text(max_size=4))
        if what == "cell" and rows[row]:
            rows[row][column] = word
        elif what == "drop" and len(rows) > 1:
            del rows[row]
        elif what == "twice":
            rows.insert(row, list(rows[row]))
        elif what == "header" and rows[0]:
            rows[0][min(column, len(rows[0]) - 1)] = draw(st.sampled_from(HEADERS))
        elif what == "column":
            rows = [[*each[:column], *each[column + 1 :]] for each in rows]
        elif what == "longer":
            rows[row].append(word)
        elif what == "shorter":
            rows[row] = rows[row][:column]
        elif what == "line":
            rows.insert(row, [word])
        else:
            rows = rows[: row + 1]
    separator = draw(st.sampled_from((",", ",", ",", ";", "\t", "|")))
    content = (
        draw(st.sampled_from(("\n", "\r\n")))
        .join(separator.join(each) for each in rows)
        .encode("utf-8", "surrogatepass")
    )
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.binary(max_size=3)) + content[place + draw(st.integers(0, 5)) :]
    return content


def said(path: Path, wanted: fit_rates.Wanted, out: Path | None = None) -> str | None:
    """The sentence of a refusal; None for an answer. Anything else is a failure."""
    try:
        fit_rates.rates(path, wanted, out, as_json=out is None, quiet=True)
    except UsageError as error:
        return str(error)
    return None


def is_a_sentence(told: str) -> bool:
    return "\n" not in told and told.endswith(".")


@settings(max_examples=150)
@given(mutated(), st.sampled_from(OPTIONS))
def test_a_mutated_table_gets_an_answer_or_one_sentence(content: bytes, wanted: fit_rates.Wanted) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "table.csv").write_bytes(content)
        told = said(folder / "table.csv", wanted)
        assert told is None or is_a_sentence(told)
        assert os.listdir(folder) == ["table.csv"]


@settings(max_examples=8)
@given(mutated(), st.sampled_from(OPTIONS[:2]))
def test_files_are_left_by_an_answer_and_none_by_a_sentence(content: bytes, wanted: fit_rates.Wanted) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "table.csv").write_bytes(content)
        if said(folder / "table.csv", wanted, folder / "out") is None:
            assert sorted(os.listdir(folder / "out")) == sorted(fit_rates.MINE)
        else:
            assert not (folder / "out").exists()


def test_a_damaged_parquet_table_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "table.parquet").write_bytes(b"PAR1 and then nothing of the kind")
    with pytest.raises(UsageError, match="parquet"):
        fit_rates.rates(tmp_path / "table.parquet", OPTIONS[0], None, as_json=True, quiet=True)


@settings(max_examples=25)
@given(st.data())
def test_parquet_tables_too(data: st.DataObject) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd

    rows = valid(2, 4, 0)
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    for name in data.draw(st.sets(st.sampled_from(("n", "error", "reference")), min_size=2)):
        frame[name] = frame[name].astype(float)
    for _ in range(data.draw(st.integers(0, 2))):
        name = data.draw(st.sampled_from(rows[0]))
        column = frame[name].astype(object)
        column[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.sampled_from((None, "x", "1", "0,5")))
        frame[name] = column.map(lambda value: None if value is None else str(value))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        frame.to_parquet(path)
        told = said(path, OPTIONS[0])
        assert told is None or is_a_sentence(told)
