"""The page of a fit: it says what the record says."""

import re

import numpy as np
import pytest

from mtam.interaction.own_data.fit_summary import WIDTH, summarise
from mtam.interaction.own_data.interaction_regressor import InteractionRegressor
from tests.interaction.simulated import made


@pytest.fixture(scope="module")
def fitted() -> InteractionRegressor:
    return InteractionRegressor(max_starts=10).fit(*made(samples=400))


def test_it_says_what_the_record_says(fitted: InteractionRegressor) -> None:
    text = str(fitted.summary())
    assert re.search(r"Rank, r: +2 \(of 1, 2, 3 by hold-out\)", text)
    assert re.search(r"Samples, M: +400 ", text)
    assert f"{fitted.noise_sd_:.4g}" in text
    assert f"{fitted.explained_:.4f}" in text
    value, error = fitted.A_[1, 2], fitted.A_se_[1, 2]
    (row,) = [line.split() for line in text.splitlines() if line.strip().startswith("A[1, 2]")]
    told = (value, error, value / error, value - 1.959964 * error, value + 1.959964 * error)
    np.testing.assert_allclose([float(cell) for cell in row[2:]], told, rtol=1e-3)
    (row,) = [line.split() for line in text.splitlines() if line.strip().startswith("50%")]
    band = fitted.bands_
    at = int(np.argmin(np.abs(band.grid - float(row[1]))))
    np.testing.assert_allclose(
        [float(c) for c in row[1:5]], [a[at] for a in (band.grid, band.phi, band.low, band.high)], rtol=1e-3
    )
    assert "converged: yes" in text


def test_it_fits_a_page(fitted: InteractionRegressor) -> None:
    summary = fitted.summary()
    assert max(map(len, summary.as_text().splitlines())) <= WIDTH
    assert repr(summary) == summary.as_text()
    assert summary._repr_html_().startswith("<pre>")
    assert "&#x27;" in summary._repr_html_()


def test_what_is_not_so_is_said(fitted: InteractionRegressor) -> None:
    """The same page of other numbers: words, warnings, a rank that was given, a phi that is not penalised."""
    numbers = dict(fitted.numbers_)
    for name in ("freedom", "simultaneous_low", "simultaneous_high"):
        del numbers[name]
    numbers |= {"converged": False, "fits": False, "warnings": ["a sentence"], "rank_tried": [2], "structure_p": 1e-30}
    text = str(summarise(numbers))
    for said in (
        "converged: NO",
        "fits: NO",
        "found: yes",
        "Warning: a sentence",
        "2 (given)",
        "not penalised",
        "< 1e-16",
    ):
        assert said in text
    assert "simult." not in text


def test_many_entries_are_left_out(fitted: InteractionRegressor) -> None:
    numbers = dict(fitted.numbers_) | {"d": 5, "matrix": [0.0] * 25, "matrix_se": [1.0] * 25}
    assert "A[0, 0]" not in str(summarise(numbers))
