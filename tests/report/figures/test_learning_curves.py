"""Learning curves are drawn, and drawn again the same; the numbers in them are the numbers of the tables."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from mtam.analysis.cell_results import CellResult
from mtam.rates.curve import Curve
from mtam.rates.laws import Law, PowerLaw, SubPolynomial
from mtam.report.figures import learning_curves
from mtam.report.figures.picture import Picture

SIZES = np.array([64.0, 128.0, 256.0, 512.0])


def result(form: Law, seeds: int = 3, alpha: float = 1.0) -> CellResult:
    errors = np.exp(-1.3 * form.axis(SIZES)) * (1 + 0.1 * np.arange(seeds))[:, None]
    return CellResult({"data.alpha": alpha}, form, Curve(SIZES, tuple(range(seeds)), errors, ()))


def picture(*results: CellResult, size: str = "n") -> Picture:
    found = learning_curves.curves(results, size, {})
    assert found is not None
    return found


def axes(of: Picture) -> list[Axes]:
    return list(of.draw().axes)


def test_two_panels_for_a_law_with_an_axis_of_its_own() -> None:
    straight, loglog = axes(picture(result(SubPolynomial(0.5)), result(SubPolynomial(1 / 3), alpha=0.5)))
    assert [axis.get_xscale() for axis in (straight, loglog)] == ["linear", "log"]
    assert "alpha" in straight.get_xlabel()
    legend = straight.get_legend()
    assert legend is not None
    assert [text.get_text().partition(":")[2].split()[0] for text in legend.get_texts()] == ["-1.30", "-1.30"]


def test_bounds_of_theory_have_a_panel_of_their_own() -> None:
    one = result(SubPolynomial(0.5))
    mean = one.curve.mean
    bounded = replace(one, reference=2 * mean, lower=mean / 50, bayes=np.array([np.nan, np.nan, *mean[2:] / 2]))
    panel = axes(picture(bounded))[2]
    measured, above, below, bayes = (np.asarray(line.get_ydata(), dtype=float) for line in panel.get_lines()[:4])
    np.testing.assert_allclose(measured, mean)
    np.testing.assert_allclose(above, 2 * mean)
    np.testing.assert_allclose(below, mean / 50)
    np.testing.assert_allclose(bayes[2:], mean[2:] / 2)


def test_the_drawn_line_is_the_fitted_law() -> None:
    one = result(SubPolynomial(0.5))
    lines = [line for line in axes(picture(one))[0].get_lines() if len(line.get_xdata()) == 200]  # type: ignore[arg-type]
    x, y = np.asarray(lines[0].get_xdata()), np.asarray(lines[0].get_ydata())
    assert np.diff(np.log(y)) / np.diff(x) == pytest.approx(-1.3)
    assert y[0] == pytest.approx(np.exp(one.curve.mean_log[0]))


def test_one_panel_for_power_laws() -> None:
    (axis,) = axes(picture(result(PowerLaw(0.8)), size="M"))
    assert axis.get_xlabel() == "sample size M"
    assert any("theory" in str(line.get_label()) for line in axis.get_lines())


def test_every_point_has_its_value_as_a_title(tmp_path: Path) -> None:
    one = result(PowerLaw(0.8))
    _, drawing, table = picture(one).save(tmp_path)
    text = drawing.read_text()
    assert text.count("<title>") == 4 * (3 + 1)  # three seeds and their mean
    assert f"alpha = 1.0, n = 64, seed 2: {one.curve.errors[2, 0]:.3g}" in text
    assert f"{np.exp(one.curve.mean_log[0])}" in table.read_text()


def test_one_alpha_has_one_colour_whatever_is_beside_it() -> None:
    both = picture(result(PowerLaw(), alpha=0.5), result(PowerLaw(), alpha=2.0))
    alone = picture(result(PowerLaw(), alpha=2.0))
    assert axes(both)[0].get_lines()[-1].get_color() == axes(alone)[0].get_lines()[-1].get_color()


def test_the_same_bytes_again(tmp_path: Path) -> None:
    found = picture(result(PowerLaw()))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        found.save(tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["curves.csv", "curves.png", "curves.svg"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert found.inline("x-") == found.inline("x-")


def test_one_seed_draws_without_an_interval() -> None:
    found = picture(result(PowerLaw(), seeds=1))
    assert "one seed" in found.caption
    assert found.table["low"].equals(found.table["high"])


def test_nothing_to_draw() -> None:
    assert learning_curves.curves([], "n", {}) is None


def test_a_crowd_of_seeds_has_no_point_for_each_of_them() -> None:
    most = learning_curves.MOST_POINTS // len(SIZES)
    few, many = (picture(result(PowerLaw(), seeds=seeds)) for seeds in (most, most + 1))
    assert "small: single seeds" in few.caption
    assert "single seeds are in curve.csv" in many.caption
    assert len(axes(few)[0].get_lines()) == len(axes(many)[0].get_lines()) + most


def test_a_crowd_of_cells_has_neither_legend_nor_seeds() -> None:
    found = picture(*(result(PowerLaw(), alpha=1 + 0.1 * i) for i in range(20)))
    (axis,) = axes(found)
    assert axis.get_legend() is None
    assert "20 curves" in axis.get_xlabel()
    assert "seed 1" not in found.drawings[0]
    assert "single seeds are in curve.csv" in found.caption
