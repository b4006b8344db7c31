"""A finding on the terminal, in CSV files and as a picture."""

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Group
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from mtam.finding import Cell, Estimate, Finding, Panel, Said, Series, Table, Verdict
from mtam.report.palette import COLOURS, MARKERS, STYLE
from mtam.report.picture import save
from mtam.report.screen import number
from mtam.sweep.store import write_text

INK: dict[Said, str] = {"supported": "green", "contradicted": "bold red", "undecided": "yellow", "outside": "dim"}

DIGITS = 4  # of an estimate on the terminal, however small its standard error; the CSV file has them all


def screen(finding: Finding) -> Iterator[Group | Text]:
    """What a person reads: the statement, the tables, the verdicts, the notes."""
    yield Group(
        Text(f"{finding.title}  ({finding.source})", style="bold"),
        Padding(
            Group(
                Text(finding.statement),
                *(Text(f"assumed: {text}") for text in finding.assumptions),
                Text(f"were it false: {finding.if_false}"),
            ),
            (0, 0, 1, 2),
        ),
    )
    yield from map(_grid, finding.tables)
    yield _verdicts(finding.verdicts)
    for note in finding.notes:
        yield Text(note)


def _grid(table: Table) -> Group:
    grid = Grid()
    words = [all(isinstance(row[at], str) for row in table.rows) for at in range(len(table.headings))]
    for heading, left in zip(table.headings, words, strict=True):
        grid.add_column(Text(heading), justify="left" if left else "right")
    for row in table.rows[: table.shown]:
        grid.add_row(*(Text(cell_text(cell)) for cell in row))
    left_out = len(table.rows) - len(table.rows[: table.shown])
    more = [Text(f"and {left_out} more rows in {table.name}.csv", style="dim")] if left_out else []
    return Group(Text(table.title, style="bold"), grid, *more)  # a title of the grid would be squeezed to its width


def cell_text(cell: Cell) -> str:
    """One cell as a person reads it, e.g. ``0.997 ± 0.004``."""
    match cell:
        case None:
            return "-"
        case bool():
            return "yes" if cell else "no"
        case Estimate():
            return _estimate(cell.value, cell.se)
        case int() if abs(cell) >= 10**9:
            return f"{float(cell):.3g}"
        case float():
            return number(cell)
        case _:
            return str(cell)


def _estimate(value: float, se: float) -> str:
    """As many decimals as the standard error has a meaning for, e.g. ``0.997 ± 0.004``, ``(2.61 ± 0.03)e-03``."""
    if se <= 1e-12 * abs(value):  # exact up to rounding
        return number(value)
    scale = max(abs(value), se)
    power = 0 if 1e-2 <= scale < 1e4 else math.floor(math.log10(scale))
    value, se, scale = value / 10.0**power, se / 10.0**power, scale / 10.0**power
    mantissa, exponent = f"{se:.0e}".split("e")
    decimals = max(0, -int(exponent) + (mantissa == "1"))
    most = max(0, DIGITS - (power != 0) - 1 - math.floor(math.log10(scale)))
    error = f"{se:.{min(decimals, most)}f}" if round(se, most) > 0 else f"{se:.0e}"
    text = f"{value:.{min(decimals, most)}f} ± {error}"
    return text if power == 0 else f"({text})e{power:+03d}"


def _verdicts(verdicts: list[Verdict]) -> Group:
    grid = Grid()
    for heading in ("claim", "these numbers", "because"):
        grid.add_column(heading)
    for verdict in verdicts:
        grid.add_row(Text(verdict.claim), Text(verdict.said, style=INK[verdict.said]), Text(verdict.because))
    return Group(Text("Verdicts", style="bold"), grid)


def files(finding: Finding, out: Path) -> list[Path]:
    """The files that ``write`` leaves."""
    pictures = [f"{finding.name}.png", f"{finding.name}.svg"] if finding.panels else []
    return [out / name for name in [f"{table.name}.csv" for table in finding.tables] + pictures]


def write(finding: Finding, out: Path) -> list[Path]:
    """One CSV per table, and the picture as PNG and SVG."""
    for table in finding.tables:
        write_text(out / f"{table.name}.csv", _csv(table))
    if finding.panels:
        _draw(finding, out / finding.name)
    return files(finding, out)


def _csv(table: Table) -> str:
    """An estimate takes two columns, the second named after the first with _se."""
    paired = [any(isinstance(row[at], Estimate) for row in table.rows) for at in range(len(table.headings))]
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(
        [name for head, pair in zip(table.headings, paired, strict=True) for name in [head, f"{head}_se"][: 1 + pair]]
    )
    for row in table.rows:
        out: list[bool | int | float | str | None] = []
        for cell, pair in zip(row, paired, strict=True):
            if isinstance(cell, Estimate):
                out += [cell.value, cell.se]
            else:
                out += [cell, None][: 1 + pair]
        lines.writerow(out)
    return text.getvalue()


def _draw(finding: Finding, path: Path) -> list[Path]:
    count = len(finding.panels)
    columns = 2 if count == 4 else min(count, 3)
    rows = -(-count // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.3 * columns + 0.4, 3.7 * rows + 0.3), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for axis, panel in zip(axes, finding.panels, strict=False):
            _panel(axis, panel)
        for axis in axes[count:]:
            axis.set_axis_off()
        figure.suptitle(f"{finding.title} ({finding.source})", fontsize=10)
        return save(figure, path)


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
    axis.set_title(panel.title, fontsize=9)
    if any(series.label for series in panel.series) or panel.level_label:
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
    axis.errorbar(
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
