"""Levels: a chart along one axis, heat maps over two, nothing over none or three."""

from typing import Any

import numpy as np
import pytest

from mtam.analysis.cell_results import CellResult
from mtam.rates.curve import Curve
from mtam.rates.laws import SubPolynomial
from mtam.report.figures import level_maps


def cells(*axes: dict[str, Any]) -> list[CellResult]:
    points = Curve(np.array([64.0]), (0, 1), np.array([[0.5], [0.6]]), ())
    levels: dict[str, tuple[float, float | None]] = {"error": (0.55, 0.05), "attention_mass": (0.9, 0.01)}
    return [CellResult(axis, SubPolynomial(0.5), points, levels=levels) for axis in axes]


PLANE = [{"data.components": i, "data.tag_dim": d} for i in (2, 4, 8) for d in (2, 4)]


@pytest.mark.parametrize(
    "axes",
    [
        [{"data.noise": 0.1}, {"data.noise": 0.2}],
        [{"data.tags": "iid"}, {"data.tags": "simplex"}],
        PLANE,
        [{"data.tags": t, "model": m} for t in ("iid", "simplex") for m in ("softmax", "linear")],
    ],
    ids=["numbers", "names", "capacity", "names in the plane"],
)
def test_drawn(axes: list[dict[str, Any]]) -> None:
    picture = level_maps.levels(cells(*axes), {"attention_mass": "mass"}, "n")
    assert picture is not None
    assert [panel.title for panel in picture.panels] == ["error", "mass"]
    assert "".join(picture.inline("x-")).count("0.55 ± 0.05") == len(axes)
    assert picture.table["error"].tolist() == [0.55] * len(axes)


@pytest.mark.parametrize("axes", [[{}], [{"a": 1}], [{"a": i, "b": 1, "c": 1} for i in (1, 2)]])
def test_nothing_to_draw(axes: list[dict[str, Any]]) -> None:
    assert level_maps.levels(cells(*axes), {}, "n") is None


def test_rankins_borders_lie_between_the_right_counts() -> None:
    picture = level_maps.levels(cells(*PLANE), {}, "n")
    assert picture is not None
    below, above = [np.asarray(line.get_ydata()) for line in picture.draw().axes[0].get_lines()]
    assert above.tolist() == [1.5, 1.5, 2.5, 2.5]  # 4 components fit at d1 = 2 (two rows), 8 at d1 = 4 (three)
    assert below.tolist() == [0.5, 0.5, 1.5, 1.5]  # 3 at d1 = 2 (one row of 2, 4, 8), 5 at d1 = 4 (two)


@pytest.mark.parametrize(
    ("lengths", "scale"), [((64, 256, 65536), "log"), ((2, 3, 4), "linear"), ((0.0, 0.5), "linear")]
)
def test_a_wide_axis_of_whole_numbers_is_logarithmic(lengths: tuple[float, ...], scale: str) -> None:
    picture = level_maps.levels(cells(*({"data.length": length} for length in lengths)), {}, "n")
    assert picture is not None
    assert picture.draw().axes[0].get_xscale() == scale
