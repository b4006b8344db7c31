"""Laws fitted to a data frame: the numbers of the command, and its sentences."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mtam
from mtam.base.errors import UsageError
from tests.conftest import Mtam as Command


def frame() -> pd.DataFrame:
    """Two cells of n^-1/2 with noise between seeds."""
    rng = np.random.default_rng(5)
    rows = [
        {"cell": cell, "n": n, "seed": seed, "error": level * n**-0.5 * float(np.exp(0.1 * rng.standard_normal()))}
        for cell, level in (("a", 1.0), ("b", 3.0))
        for seed in range(6)
        for n in (32, 64, 128, 256, 512)
    ]
    return pd.DataFrame(rows)


def test_a_frame_is_fitted_as_the_same_table_in_a_file(mtam: Command, here: Path) -> None:
    import mtam as python

    found = python.fit_rates(frame(), gamma=0.5)
    frame().to_csv(here / "table.csv", index=False)
    cells = json.loads(mtam("rates", "table.csv", "--gamma", "0.5", "--json", "--quiet").out)["cells"]
    assert found.rates["slope"].tolist() == pytest.approx([cell["slope"] for cell in cells], rel=1e-12)
    assert found.rates["slope_low"].tolist() == pytest.approx([cell["slope_ci"][0] for cell in cells], rel=1e-12)
    assert all(low < -0.5 < high for low, high in zip(found.rates["slope_low"], found.rates["slope_high"], strict=True))
    assert found.curves.groupby("cell")["n"].count().tolist() == [5, 5]
    assert set(found.judgements["verdict"]) <= {"supported", "contradicted", "undecided"}
    assert len(found.figure().axes) >= 2
    assert "<table" in found._repr_html_()
    assert repr(found) == "<2 fitted curves>"


def test_columns_may_have_other_names() -> None:
    given = frame().rename(columns={"n": "tokens", "error": "loss", "seed": "run", "cell": "arm"})
    found = mtam.fit_rates(given, n="tokens", error="loss", seed="run", cell="arm")
    assert found.rates["slope"].tolist() == mtam.fit_rates(frame()).rates["slope"].tolist()


@pytest.mark.parametrize(
    ("given", "law", "sentence"),
    [
        (frame().drop(columns="error"), "power", "^the frame has no column error; found: cell, n, seed; valid: "),
        (frame().assign(error=-1.0), "power", "^the frame, row 1: error = -1 has no logarithm; valid: "),
        (frame(), "magic", "magic is unknown; valid: power, "),
        (frame(), "sub-polynomial", "needs its gamma"),
        ([1, 2], "power", "^a table is a pandas DataFrame, not list; "),
    ],
)
def test_what_is_no_curve_is_a_sentence(given: pd.DataFrame, law: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        mtam.fit_rates(given, law)
