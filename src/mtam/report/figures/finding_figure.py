"""The picture of a finding."""

from functools import partial

import pandas as pd
from matplotlib.axes import Axes

from mtam.base.finding import Finding, Panel, Series
from mtam.report.figures.axes import LINE, below
from mtam.report.figures.palette import COLOURS, MARKERS
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip
from mtam.report.format import number

MOST_TIPS = 100  # points of a series that tell their values; a fine curve tells them as a line


def picture(finding: Finding) -> Picture | None:
    """The panels of a finding; None where the finding draws nothing."""
    if not finding.panels:
        return None
    most = max(len(panel.series) if panel.categories is None else 0 for panel in finding.panels)
    height = 3.7 + LINE * ((most + 1) // 2 if most > 2 else 0)  # inches, with a legend of two columns below
    panels = tuple(DrawnPanel(panel.title, partial(_panel, panel=panel), 4.3, height) for panel in finding.panels)
    caption = f"{finding.title} ({finding.source})"
    return Picture(finding.name, "Pictures", caption, panels, pd.DataFrame())


def _panel(axis: Axes, panel: Panel) -> None:
    if panel.level is not None:
        axis.axhline(panel.level, color="#777777", linestyle="--", linewidth=1, label=panel.level_label or None)
    for series in panel.series:
        _series(axis, series)
    if panel.log_x:
        axis.set_xscale("log")
    if panel.log_y:
        axis.set_yscale("log")
    if panel.log_x:
        _ticks(axis, sorted({x for series in panel.series for x in series.x}))
    if panel.log_y and len(panel.series) > 1:
        axis.margins(y=0.15)
    if panel.categories is not None:
        axis.set_xticks(range(len(panel.categories)), panel.categories, rotation=20, ha="right")
        axis.set_xlim(-0.5, len(panel.categories) - 0.5)
        axis.margins(y=0.25)  # points fill such a panel from edge to edge; the legend needs a place of its own
    axis.set_xlabel(panel.x_label)
    axis.set_ylabel(panel.y_label)
    if any(series.label for series in panel.series) or panel.level_label:
        if len(panel.series) > 2 and panel.categories is None:
            below(axis, columns=2)
        else:
            crowded = len(panel.series) > 2
            axis.legend(fontsize=7, loc="upper center" if crowded else "best", ncols=3 if crowded else 1)


def _ticks(axis: Axes, positions: list[float]) -> None:
    """Few positions within two decades are named one by one; a logarithmic axis would name others."""
    if len(positions) <= 8 and positions[-1] <= 100 * positions[0]:
        axis.set_xticks(positions, [number(x) for x in positions])
        axis.set_xticks([], minor=True)


def _series(axis: Axes, series: Series) -> None:
    colour = "#000000" if series.colour is None else COLOURS[series.colour % len(COLOURS)]
    marker = "" if series.style in ("line", "dashed") else MARKERS[(series.colour or 0) % len(MARKERS)]
    line = {"points": "", "line": "-", "dashed": "--", "both": "-"}[series.style]
    drawn = axis.errorbar(
        series.x,
        series.y,
        yerr=series.se,
        color=colour,
        marker=marker,
        linestyle=line,
        linewidth=1.1,
        markersize=4.5,
        capsize=2,
        label=series.label or None,
    )
    if marker and len(series.x) <= MOST_TIPS:
        bars = [""] * len(series.x) if series.se is None else [f" ± {number(se, 2)}" for se in series.se]
        tip(drawn.lines[0], *(f"{series.label}: {number(y)}{bar}" for y, bar in zip(series.y, bars, strict=True)))
