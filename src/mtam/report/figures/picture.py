"""A picture: panels that stand beside each other in a file and below each other on a phone, and the table behind."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtam.report.figures import svg
from mtam.report.figures.formats import png
from mtam.report.figures.palette import STYLE
from mtam.sweep.store import write_bytes, write_text


@dataclass(frozen=True)
class DrawnPanel:
    """One pair of axes: what draws it, and its size in inches."""

    title: str
    draw: Callable[[Axes], None]
    width: float = 4.3
    height: float = 3.5


@dataclass(frozen=True)
class Picture:
    """What is written as ``<name>.png``, ``.svg`` and ``.csv``, and shown in the page panel by panel."""

    name: str
    title: str
    caption: str
    panels: tuple[DrawnPanel, ...]
    table: pd.DataFrame  # the numbers that are drawn
    kept: tuple[str, ...] = ()  # the drawings, where they are known already

    @property
    def across(self) -> int:
        """Panels beside each other in a file."""
        return 2 if len(self.panels) == 4 else 3

    def draw(self) -> Figure:
        """All panels in one figure, the caption below."""
        rows = [self.panels[i : i + self.across] for i in range(0, len(self.panels), self.across)]
        width = max(sum(panel.width for panel in row) for row in rows)
        height = sum(max(panel.height for panel in row) for row in rows)
        figure = Figure(figsize=(width, height + 0.3), layout="constrained")
        grid = figure.subplots(len(rows), max(map(len, rows)), squeeze=False)
        for row, axes in zip(rows, grid, strict=True):
            for axis in axes[len(row) :]:
                axis.set_axis_off()
            for panel, axis in zip(row, axes, strict=False):
                draw_panel(panel, axis)
                axis.set_title(panel.title, parse_math=False)
        figure.supxlabel(self.caption, parse_math=False, fontsize=7, color="#444444", wrap=True)
        return figure

    def figure(self) -> Figure:
        """The same in the style of the files."""
        with mpl.rc_context(STYLE):
            return self.draw()

    @property
    def drawings(self) -> tuple[str, ...]:
        """Every panel as an SVG document, on no ground of its own."""
        return self.kept or tuple(drawing for drawing, _ in self._drawn)

    @cached_property
    def _drawn(self) -> tuple[tuple[str, Figure], ...]:
        """Every panel as an SVG document, and what it was drawn from, laid out."""
        drawn = []
        with mpl.rc_context(STYLE):
            for panel in self.panels:
                figure = Figure(figsize=(panel.width, panel.height), layout="constrained")
                draw_panel(panel, figure.subplots())
                figure.patch.set_visible(False)
                for each in figure.axes:
                    each.patch.set_visible(False)
                drawn.append((svg.render(figure), figure))
        return tuple(drawn)

    def save(self, out: Path) -> list[Path]:
        """Write PNG, SVG and CSV, each in one step, with no date inside."""
        table = out / f"{self.name}.csv"
        return [*self.save_drawings(out), write_text(table, self.table.to_csv(index=False))]

    def save_drawings(self, out: Path) -> list[Path]:
        """PNG and SVG alone."""
        titles = [panel.title for panel in self.panels]
        figures = list(zip(titles, (figure for _, figure in self._drawn), strict=True))
        with mpl.rc_context(STYLE):
            pixels = png.compose(figures, self.caption, self.across)
        titled = list(zip(titles, self.drawings, strict=True))
        return [
            write_bytes(out / f"{self.name}.png", pixels),
            write_text(out / f"{self.name}.svg", svg.compose(titled, self.caption, self.across)),
        ]

    def found(self, folder: Path) -> "Picture":
        """The same with the drawings that ``save`` left in ``folder``; itself where they are not as they were left."""
        try:
            kept = svg.divide((folder / f"{self.name}.svg").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return self
        return replace(self, kept=kept) if len(kept) == len(self.panels) else self

    def inline(self, prefix: str) -> list[str]:
        """Every panel as an SVG element of a page."""
        return [
            svg.inline(drawing, f"{prefix}{self.name}-{index}-", f"{self.title}: {panel.title}")
            for index, (panel, drawing) in enumerate(zip(self.panels, self.drawings, strict=True))
        ]


def draw_panel(panel: DrawnPanel, axis: Axes) -> None:
    """What lies inside the axes never decides the layout, which is slow to ask of every mark."""
    panel.draw(axis)
    for inside in (*axis.texts, *axis.patches, *axis.lines, *axis.collections):
        inside.set_in_layout(False)
