"""Flat ratios beside the curves, and a share over a plane with a border."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mtam.analysis.cell_results import CellResult
from mtam.rates.curve import Curve
from mtam.rates.laws import PowerLaw
from mtam.report.figures import learning_curves, ratio_plane

SIZES = np.array([64.0, 128.0, 256.0, 512.0])


def cell(d: int) -> CellResult:
    errors = SIZES**-0.8 * (1 + 0.1 * np.arange(2))[:, None]
    flat = Curve(SIZES, (0, 1), np.array([[0.8, 0.9, 1.0, 1.1], [1.2, 1.1, 1.0, 0.9]]), ())
    plain = CellResult({"data.d": d}, PowerLaw(0.8), Curve(SIZES, (0, 1), errors, ()))
    return plain if d == 1 else replace(plain, ratios={"excess_ratio": flat})


def test_a_ratio_has_a_panel_with_its_mean_for_the_cells_that_have_it() -> None:
    picture = learning_curves.curves([cell(1), cell(5)], "M", {}, {"excess_ratio": "price", "absent": "nothing"})
    assert picture is not None
    assert [panel.title for panel in picture.panels] == ["total error", "price"]
    axis = Figure().subplots()
    picture.panels[1].draw(axis)
    (level,) = (line for line in axis.get_lines() if line.get_linestyle() == "--")
    assert axis.get_legend_handles_labels()[1] == ["d = 5: mean 1.00"]
    np.testing.assert_allclose(np.asarray(level.get_ydata(), dtype=float), 1.0)
    behind = picture.table[picture.table["part"] == "excess_ratio"]
    assert behind["n"].tolist() == [64, 128, 256, 512]
    np.testing.assert_allclose(behind["mean"], 1.0)
    np.testing.assert_allclose(behind["standard_error"], [0.2, 0.1, 0.0, 0.1], atol=1e-12)


def test_plane_shows_its_values_and_its_border(tmp_path: Path) -> None:
    found = {
        "title": "share", "caption": "c", "x_label": "M", "y_label": "r d", "xs": [1000, 2000], "ys": [2, 4, 8],
        "values": [[0.1, 0.0], [0.5, None], [1.0, 0.25]], "border_xs": [1000.0, 2000.0], "border_ys": [3.0, 3.5],
        "border_label": "border",
    }  # fmt: skip
    picture = ratio_plane.plane(found)
    assert picture is not None
    axis = Figure().subplots()
    picture.panels[0].draw(axis)
    assert sorted(text.get_text() for text in axis.texts) == ["0%", "10%", "100%", "25%", "50%"]
    assert list(np.asarray(axis.get_lines()[0].get_ydata())) == [3.0, 3.5]
    assert [path.name for path in picture.save(tmp_path)] == ["plane.png", "plane.svg", "plane.csv"]
    assert ratio_plane.plane(None) is None
