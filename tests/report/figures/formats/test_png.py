"""The PNG of a picture: panels where the SVG has them, titles and caption around, equal bytes for equal pictures."""

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.image import imread
from numpy.typing import NDArray

from mtam.report.figures import svg
from mtam.report.figures.formats import png
from mtam.report.figures.picture import DrawnPanel, Picture


def _line(axis: Axes) -> None:
    axis.plot([0, 1], [0, 1], color="#0072b2")


def picture(panels: int, caption: str = "what is drawn") -> Picture:
    drawn = tuple(DrawnPanel(f"panel {i}", _line, width=3.0, height=2.0) for i in range(panels))
    return Picture("curves", "curves", caption, drawn, pd.DataFrame({"x": [0.0]}))


def pixels(shown: Picture) -> NDArray[np.float64]:
    figures = [(panel.title, figure) for panel, (_, figure) in zip(shown.panels, shown._drawn, strict=True)]
    return np.asarray(imread(io.BytesIO(png.compose(figures, shown.caption, shown.across))), dtype=np.float64)


@pytest.mark.parametrize(("panels", "across", "rows"), [(1, 1, 1), (3, 3, 1), (4, 2, 2), (5, 3, 2)])
def test_panels_stand_in_rows_below_their_titles(panels: int, across: int, rows: int) -> None:
    whole = pixels(picture(panels))
    head, foot = (round(points * png.DPI / 72) for points in (svg.HEAD, png.FOOT))
    assert whole.shape[:2] == (rows * (2 * png.DPI + head) + foot, across * 3 * png.DPI)
    blue = (whole[..., 2] > 0.6) & (whole[..., 0] < 0.2)
    for at in range(panels):
        top, left = at // across * (2 * png.DPI + head), at % across * 3 * png.DPI
        title, panel = np.split(whole[top : top + head + 2 * png.DPI, left : left + 3 * png.DPI], [head])
        assert title[..., :3].min() < 0.3
        assert blue[top + head : top + head + len(panel), left : left + 3 * png.DPI].sum() > 500
    assert whole[-foot:, :, :3].min() < 0.5  # the caption
    assert (whole[..., 3] == 1).all()


def test_a_caption_of_any_length_stays_inside() -> None:
    whole = pixels(picture(1, "a caption that is far too long for one panel, " * 6))
    assert whole[-40:, :6, :3].min() == 1
    assert whole[-40:, -6:, :3].min() == 1


def test_equal_pictures_are_equal_bytes() -> None:
    made = []
    for _ in range(2):
        shown = picture(2)
        figures = [(panel.title, figure) for panel, (_, figure) in zip(shown.panels, shown._drawn, strict=True)]
        made.append(png.compose(figures, shown.caption, shown.across))
    assert made[0] == made[1]
