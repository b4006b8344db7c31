"""Panels for papers: as wide as a column, fonts in the file, nothing cut off."""

import re
from pathlib import Path
from xml.etree import ElementTree as Tree

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.image import imread

from mtam.base.errors import UsageError
from mtam.report.figures.axes import below
from mtam.report.figures.formats import single_panels
from mtam.report.figures.picture import DrawnPanel, Picture

LONG = "a name of the axis that is a good deal longer than the axis is high"


def draw(axis: Axes) -> None:
    axis.plot([1, 2], [0.1, 0.3], label="$\\alpha$ of a cell")
    axis.set_xlabel("n")
    axis.set_ylabel(LONG)
    below(axis)


PICTURE = Picture("curves", "Curves", "", (DrawnPanel("left", draw), DrawnPanel("right", draw)), pd.DataFrame())


def test_every_panel_is_a_file_as_wide_as_a_column(tmp_path: Path) -> None:
    files = single_panels.save(PICTURE, tmp_path, ["png", "svg", "pdf"], single_panels.settings("paper"))
    assert [path.name for path in files] == [f"curves-{i}.{end}" for i in (1, 2) for end in ("png", "svg", "pdf")]
    assert imread(tmp_path / "curves-1.png").shape[1] == 3.25 * 300
    assert Tree.parse(tmp_path / "curves-1.svg").getroot().attrib["width"] == "234pt"
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ", (tmp_path / "curves-1.pdf").read_bytes())
    assert box is not None
    assert float(box[1]) == 234.0


def test_fonts_lie_in_the_file(tmp_path: Path) -> None:
    single_panels.save(PICTURE, tmp_path, ["svg", "pdf"], single_panels.settings("paper"))
    pdf = (tmp_path / "curves-1.pdf").read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    tags = {node.tag.rpartition("}")[2] for node in Tree.parse(tmp_path / "curves-1.svg").iter()}
    assert "path" in tags
    assert "text" not in tags
    with mpl.rc_context({"pdf.fonttype": 3}):  # what matplotlib does by itself, and what any file would look like
        figure = PICTURE.figure()
        figure.savefig(tmp_path / "plain.pdf")
    assert b"/Type3" in (tmp_path / "plain.pdf").read_bytes()


@pytest.mark.parametrize("style", ["paper", "talk"])
def test_nothing_is_cut_off(style: str, tmp_path: Path) -> None:
    """The margin of a pixel on every side is white."""
    (file, _) = single_panels.save(PICTURE, tmp_path, ["png"], single_panels.settings(style))
    pixels = imread(file)[..., :3]
    for side in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (side == 1).all()


def test_equal_panels_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        single_panels.save(PICTURE, tmp_path / name, ["png", "svg", "pdf"], single_panels.settings("paper"))
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_styles_are_names_or_files(tmp_path: Path) -> None:
    assert single_panels.settings("ggplot")["axes.facecolor"] == "#E5E5E5"
    file = tmp_path / "mine.mplstyle"
    file.write_text("figure.figsize: 5, 2\npdf.fonttype: 3\nbackend: TkAgg\nfont.size: 6\n")
    mine = single_panels.settings(str(file))
    assert "backend" not in mine
    single_panels.save(PICTURE, tmp_path, ["png", "pdf"], mine)
    assert imread(tmp_path / "curves-1.png").shape[1] == 1500
    assert b"/Type3" not in (tmp_path / "curves-1.pdf").read_bytes()
    for name, sentence in (("fancy", "valid: paper, talk"), ("none.mplstyle", "no such file")):
        with pytest.raises(UsageError, match=sentence):
            single_panels.settings(name)
    file.write_text("font.size: large and friendly\n")
    with pytest.raises(UsageError, match="cannot be read"):
        single_panels.settings(str(file))
