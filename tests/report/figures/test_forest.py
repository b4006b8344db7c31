"""Slopes against theory: rows, open ends, and limits that one wide interval does not squeeze."""

import numpy as np

from mtam.analysis.cell_results import CellResult
from mtam.rates.curve import Curve
from mtam.rates.laws import Law, PowerLaw, SubPolynomial
from mtam.report.figures import forest
from mtam.report.figures.palette import looks

SIZES = np.array([64.0, 128.0, 256.0, 512.0])


def result(form: Law, d: int = 1, seeds: int = 3) -> CellResult:
    bend = 1 + 0.1 * np.arange(seeds)[:, None] * np.linspace(0, 1, 4)
    errors = np.exp(-0.8 * np.log(SIZES)) * bend
    return CellResult({"data.d": d}, form, Curve(SIZES, tuple(range(seeds)), errors, ()))


def test_a_row_per_cell_with_its_interval_and_theory() -> None:
    cells = [result(PowerLaw(0.8), d) for d in (1, 5)]
    picture = forest.forest(cells, "M")
    assert picture is not None
    assert picture.table["value"].tolist() == [cell.fit.slope.value for cell in cells if cell.fit and cell.fit.slope]
    assert picture.table["theory"].tolist() == [-0.8, -0.8]
    (axis,) = picture.draw().axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["d = 1", "d = 5"]
    assert "d = 5: theory -0.800" in picture.inline("x-")[0]


def test_other_laws_show_the_exponent_that_the_curve_chooses() -> None:
    picture = forest.forest([result(SubPolynomial(0.5))], "n")
    assert picture is not None
    assert picture.table["what"].tolist() == ["gamma"]
    assert picture.table["theory"].tolist() == [0.5]


def test_a_slope_without_an_interval_is_not_shown() -> None:
    assert forest.forest([result(PowerLaw(0.8), seeds=1)], "M") is None


def test_one_wide_interval_does_not_squeeze_the_others() -> None:
    look = looks([{}])[0]
    rows = [forest.Row("a", look, -0.8, -0.9, -0.7, -0.8, None), forest.Row("b", look, -0.7, -9.0, 7.6, -0.8, None)]
    low, high = forest._limits(rows)
    assert -2 < low < -0.9
    assert -0.7 < high < 1


def test_open_ends_are_arrows() -> None:
    look = looks([{}])[0]
    rows = [forest.Row("a", look, 0.5, None, None, 0.33, 0.5)]
    assert "a: 0.500 [open, open]" in rows[0].told
