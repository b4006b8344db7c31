"""Every panel of a picture as a file of its own, as wide as a column, for papers and slides.

Fonts lie in the file: TrueType in PDF (``pdf.fonttype`` 42, as publishers ask for; never Type 3), outlines in SVG.
No date is inside, so equal panels are equal bytes.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import style as styles
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mtam.base.errors import UsageError
from mtam.report.figures import svg
from mtam.report.figures.palette import STYLE
from mtam.report.figures.picture import Picture, draw_panel
from mtam.sweep.store import write_bytes, write_text

FORMATS = ("png", "svg", "pdf")
COLUMN = 3.25  # inches of a column of a two-column paper
EMBEDDED: dict[str, Any] = {"pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "path", "savefig.dpi": 300}
NAMED: dict[str, dict[str, Any]] = {
    "paper": {
        "figure.figsize": (COLUMN, COLUMN), "font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8,
        "legend.fontsize": 6, "legend.title_fontsize": 6, "xtick.labelsize": 7, "ytick.labelsize": 7,
    },
    "talk": {
        "figure.figsize": (7.0, 5.0), "font.size": 15, "axes.titlesize": 15, "axes.labelsize": 15,
        "legend.fontsize": 12, "legend.title_fontsize": 12, "lines.linewidth": 2.0, "lines.markersize": 8,
    },
}  # fmt: skip
NOT_OF_A_STYLE = ("backend", "interactive", "toolbar", "webagg", "tk.", "timezone", "date.", "savefig.directory")


def settings(name: str) -> dict[str, Any]:
    """The settings of a style: paper, talk, one of matplotlib's own, or FILE.mplstyle.

    Raises UsageError for any other name, and for a file that matplotlib cannot read.
    """
    if name in NAMED:
        return NAMED[name]
    if name in styles.library:
        return _of_a_style(styles.library[name])
    if not name.endswith(".mplstyle"):
        raise UsageError(f"--style {name} is unknown; valid: paper, talk, FILE.mplstyle, a style of matplotlib.")
    if not Path(name).is_file():
        raise UsageError(f"--style {name}: there is no such file.")
    try:
        found = mpl.rc_params_from_file(name, fail_on_error=True, use_default_template=False)
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"--style {name} cannot be read: {' '.join(str(error).split())}.") from None
    return _of_a_style(found)


def _of_a_style(found: mpl.RcParams) -> dict[str, Any]:
    return {key: value for key, value in found.items() if not key.startswith(NOT_OF_A_STYLE)}


def save(picture: Picture, folder: Path, formats: Sequence[str], style: Mapping[str, Any]) -> list[Path]:
    """Write NAME.END, or NAME-1.END, NAME-2.END, ... of several panels; the width is that of ``figure.figsize``."""
    rules = {**STYLE, "figure.figsize": (COLUMN, COLUMN), **style, **EMBEDDED}
    files = []
    with mpl.rc_context(rules):
        width = float(mpl.rcParams["figure.figsize"][0])
        for index, panel in enumerate(picture.panels, start=1):
            name = picture.name if len(picture.panels) == 1 else f"{picture.name}-{index}"
            for end in formats:
                figure = Figure(figsize=(width, width * panel.height / panel.width), layout="constrained")
                draw_panel(panel, figure.subplots())
                _fit_labels(figure)
                files.append(_write(figure, folder / f"{name}.{end}", end))
    return files


def _fit_labels(figure: Figure) -> None:
    """A name of the y axis that is longer than its axis is broken in two; one that is still too long gets smaller."""
    FigureCanvasAgg(figure)
    for axis in figure.axes:
        label = axis.yaxis.label
        words = label.get_text().split(" ")
        for attempt in range(2):
            figure.draw_without_rendering()
            ratio = label.get_window_extent().height / axis.get_window_extent().height
            if ratio <= 1:
                break
            if attempt == 0 and "$" not in label.get_text() and len(words) > 1:
                best = min(
                    range(1, len(words)), key=lambda at: abs(len(" ".join(words[:at])) - len(label.get_text()) / 2)
                )
                label.set_text(" ".join(words[:best]) + "\n" + " ".join(words[best:]))
            else:
                label.set_fontsize(float(label.get_fontsize()) / ratio)


def _write(figure: Figure, path: Path, end: str) -> Path:
    if end == "svg":
        return write_text(path, svg.render(figure))
    held = io.BytesIO()
    nothing = {"png": {"Software": None}, "pdf": {"CreationDate": None, "Creator": None, "Producer": None}}[end]
    figure.savefig(held, format=end, metadata=nothing)
    return write_bytes(path, held.getvalue())
