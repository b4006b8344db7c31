"""Which marks of a drawing are whose: what the page hides when an entry of the legend is clicked."""

from xml.etree import ElementTree as Tree

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtam.report.figures import legend_series, svg


def drawing(axis: Axes) -> Tree.Element:
    figure = axis.get_figure(root=True)
    assert figure is not None
    return Tree.fromstring(svg.render(figure))


def axis() -> Axes:
    return Figure(figsize=(3, 2), layout="constrained").subplots()


def numbers(root: Tree.Element, name: str) -> list[str]:
    return [node.attrib[name] for node in root.iter() if name in node.attrib]


def test_an_entry_has_its_line_its_bars_and_its_single_seeds() -> None:
    axes = axis()
    for at, colour in enumerate(("#0072B2", "#D55E00")):
        (dots,) = axes.plot([1, 2], [at, at + 1], "o", color=colour)
        svg.tip(dots, "first", "second")
        bars = axes.errorbar([1, 2], [at, at + 1], yerr=[0.1, 0.2], fmt="s", color=colour, capsize=2)
        legend_series.member_of(f"cell {at}", dots, *bars.get_children())
        axes.plot([1, 2], [at, at + 1], "-", color=colour, label=f"cell {at}")
    axes.legend()
    root = drawing(axes)
    assert numbers(root, "data-legend") == ["0", "1"]
    assert numbers(root, "data-name") == ["cell 0", "cell 1"]
    # dots, the marks of the mean, their bars, two caps, the line
    assert sorted(numbers(root, "data-series")) == ["0"] * 6 + ["1"] * 6
    assert [node.text for node in root.iter(f"{{{svg.SVG}}}title")] == ["first", "second"] * 2
    assert not [node for node in root.iter() if node.get("id", "").startswith((svg.TIP, legend_series.SERIES))]


def test_colour_tells_where_nothing_else_does_and_one_entry_alone_has_it() -> None:
    axes = axis()
    axes.plot([1, 2], [1, 2], color="#0072B2", label=r"fitted $\hat\varphi$")
    axes.fill_between([1, 2], [0, 1], [2, 3], color="#0072B2", alpha=0.3)
    axes.plot([1, 2], [3, 1], "--", color="#D55E00", label="one")
    axes.plot([1, 2], [2, 1], ":", color="#D55E00", label="two")
    axes.plot([1, 2], [2, 2], color="#D55E00")  # whose this is cannot be told
    axes.plot([1, 2], [0, 0], color="#777777")  # and this is nobody's
    axes.plot([], [], color="#777777", label="a style")
    axes.legend()
    root = drawing(axes)
    assert sorted(numbers(root, "data-series")) == ["0", "0", "1", "2"]
    assert numbers(root, "data-name") == ["fitted hat varphi", "one", "two"]


def test_several_axes_have_numbers_of_their_own() -> None:
    figure = Figure(figsize=(4, 2), layout="constrained")
    for axes in figure.subplots(1, 2):
        axes.errorbar([1, 2], [1, 2], yerr=[0.1, 0.1], color="#0072B2", label="a & <b>")
        axes.legend()
    root = drawing(axes)
    assert numbers(root, "data-legend") == ["0", "1"]
    assert set(numbers(root, "data-series")) == {"0", "1"}
    assert numbers(root, "data-name") == ["a & <b>"] * 2


def test_without_a_legend_nothing_is_marked() -> None:
    axes = axis()
    axes.plot(np.arange(3), label="alone")
    assert numbers(drawing(axes), "data-series") == []
