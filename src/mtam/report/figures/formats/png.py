"""PNG of a picture, composed of panels that are laid out already, as ``svg.compose`` does it."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave
from numpy.typing import NDArray

from mtam.report.figures import svg

POINTS = 72.0  # per inch
FOOT = svg.HEAD + 3  # points below the panels, for the caption
DPI = 200


def compose(panels: Sequence[tuple[str, Figure]], caption: str, across: int) -> bytes:
    """Titled panels, so many beside each other, with the caption below, on white; no date is inside."""
    drawn = [_pixels(panel) for _, panel in panels]
    rows = [drawn[at : at + across] for at in range(0, len(drawn), across)]
    head, foot = (round(length * DPI / POINTS) for length in (svg.HEAD, FOOT))
    width = max(sum(image.shape[1] for image in row) for row in rows)
    height = sum(head + max(len(image) for image in row) for row in rows) + foot
    words = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    titles, places, y = iter(title for title, _ in panels), [], 0
    for row in rows:
        x = 0
        for image in row:
            places.append((y + head, x, image))
            middle, line = x + image.shape[1] / 2, y + head - 5 * DPI / POINTS
            words.text(middle / width, 1 - line / height, next(titles), ha="center", fontsize=10, parse_math=False)
            x += image.shape[1]
        y += head + max(len(image) for image in row)
    size = min(8.0, 1.8 * (width * POINTS / DPI) / max(len(caption), 1))
    words.text(0.5, 5 * DPI / POINTS / height, caption, ha="center", fontsize=size, parse_math=False)
    whole = _pixels(words)
    for top, left, image in places:
        whole[top : top + len(image), left : left + image.shape[1]] = image
    held = io.BytesIO()
    # matplotlib takes None for no entry, as everywhere else; its stubs do not say so.
    imsave(held, whole, format="png", dpi=DPI, metadata={"Software": None})  # type: ignore[dict-item]
    return held.getvalue()


def _pixels(figure: Figure) -> NDArray[np.uint8]:
    """(height, width, 4), on white."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DPI)
    figure.patch.set_visible(True)
    canvas.draw()  # type: ignore[no-untyped-call]
    figure.patch.set_visible(False)
    return np.asarray(canvas.buffer_rgba()).copy()  # type: ignore[no-untyped-call]
