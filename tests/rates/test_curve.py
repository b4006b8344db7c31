"""Curves from tables: seeds that lack a size are left out and counted."""

import numpy as np
import pandas as pd
import pytest

from mtam.rates.curve import curve
from mtam.rates.laws import PowerLaw


def rows(seeds: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        [{"n": n, "seed": seed, "error": (1 + seed) / n} for seed in range(seeds) for n in (128, 64, 256)]
    )


def test_sizes_and_seeds_are_sorted() -> None:
    found = curve(rows().sample(frac=1, random_state=0))
    assert found.sizes.tolist() == [64, 128, 256]
    assert found.seeds == (0, 1, 2)
    assert found.mean == pytest.approx([2 / 64, 2 / 128, 2 / 256])
    assert found.standard_error == pytest.approx([1 / 3**0.5 / n for n in (64, 128, 256)])


@pytest.mark.parametrize("bad", [np.nan, 0.0, -1.0, np.inf])
def test_a_bad_error_drops_its_seed(bad: float) -> None:
    table = rows()
    table.loc[4, "error"] = bad
    found = curve(table)
    assert found.seeds == (0, 2)
    assert found.dropped == (1,)


def test_a_difference_keeps_its_negative_seeds() -> None:
    """Dropping them would bias the mean of a part that is a difference of errors."""
    table = rows()
    table.loc[4, "error"] = -1.0
    found = curve(table, signed=True)
    assert found.seeds == (0, 1, 2)
    assert found.mean == pytest.approx(table.groupby("n")["error"].mean().to_numpy())
    assert found.fit(PowerLaw()) is None


def test_a_missing_row_drops_its_seed() -> None:
    assert curve(rows().drop(index=0)).dropped == (0,)


def test_no_complete_seed() -> None:
    found = curve(rows(1).drop(index=0).assign(seed=[0, 1]))
    assert found.seeds == ()
    assert found.fit(PowerLaw()) is None


def test_one_seed_has_no_standard_error() -> None:
    assert np.isnan(curve(rows(1)).standard_error).all()


def test_the_convergence_table() -> None:
    table = curve(rows()).table()
    assert list(table.columns) == ["n", "error", "standard_error", "log_n", "log_error", "local_slope"]
    assert table["local_slope"].tolist()[1:] == pytest.approx([-1.0, -1.0])
