"""Drawings are put together in one file and taken apart again."""

import pytest
from matplotlib.figure import Figure

from mtam.report.figures import svg


def drawing(level: float) -> str:
    figure = Figure(figsize=(3, 2), layout="constrained")
    (marks,) = figure.subplots().plot([1, 2], [level, 1], "o-", label="#panel-0- url(#x)")
    svg.tip(marks, "first", "second")
    return svg.render(figure)


def test_what_was_put_together_comes_apart_again() -> None:
    panels = [drawing(2.0), drawing(3.0)]
    document = svg.compose([("one", panels[0]), ("two", panels[1])], "a caption", 3)
    parts = svg.divide(document)
    assert [svg.inline(part, "p-", "name") for part in parts] == [svg.inline(panel, "p-", "name") for panel in panels]


@pytest.mark.parametrize("text", ["", "<svg", "plain words"])
def test_what_is_no_document(text: str) -> None:
    with pytest.raises(ValueError, match="not an SVG document"):
        svg.divide(text)


def test_a_layout_is_found_once_and_is_the_same() -> None:
    def figure() -> Figure:
        found = Figure(figsize=(3, 2), layout="constrained")
        found.subplots().set_ylabel("long words\nin two lines")
        return found

    own = figure()
    own.draw_without_rendering()
    ours = figure()
    svg.render(ours)
    assert ours.axes[0].get_position().bounds == pytest.approx(own.axes[0].get_position().bounds, abs=0.01)
