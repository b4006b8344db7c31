"""Attention of a few contexts: which component a query looks at, and which one it should."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from mtam.rates.laws import Floats
from mtam.report.examples import ExampleTrial
from mtam.report.figures.level_maps import DARK, LIGHT
from mtam.report.figures.palette import COLOURS
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip

NEEDS = "attention_map"
WRITTEN = 6  # components up to which the weights are written into the map
DRAWN = 32  # components up to which there is a map


def attention(cells: Sequence[Sequence[ExampleTrial]], size: str) -> Picture | None:
    """Fresh contexts by components; the frame is the component that the query names."""
    shown = [cell[0] for cell in cells if _weights(cell[0]).shape[1] <= DRAWN]
    if not shown:
        return None
    panels = tuple(_panel(example) for example in shown)
    at = f"{size} = {', '.join(str(n) for n in sorted({example.n for example in shown}))}, seed {shown[0].seed}"
    caption = f"attention weight of every component (column) in eight fresh contexts (rows), {at}; framed: the "
    return Picture("attention", "Attention maps", caption + "component that the query names", panels, _table(shown))


def _weights(example: ExampleTrial) -> Floats:
    """(contexts, I)"""
    return np.array(example.numbers[NEEDS], dtype=float).reshape(len(example.numbers["attention_answering"]), -1)


def _panel(example: ExampleTrial) -> DrawnPanel:
    width = 1.3 + 0.38 * max(4, min(_weights(example).shape[1], 9))
    return DrawnPanel(example.label.replace("alpha", "α"), partial(_draw, example), width, 3.1)


def _draw(example: ExampleTrial, axis: Axes) -> None:
    weights = _weights(example)
    rows, columns = weights.shape
    norm = Normalize(min(0.0, float(weights.min())), max(1.0, float(weights.max())))
    for (row, column), weight in np.ndenumerate(weights):
        answers = example.numbers["attention_answering"][row] == column
        corner = (column - 0.5, row - 0.5)
        box = Rectangle(corner, 1, 1, facecolor=colormaps["cividis"](norm(weight)), linewidth=0)
        words = f"{example.label}, context {row + 1}, component {column + 1}: {weight:.3g}"
        tip(axis.add_patch(box), words + " (named by the query)" * answers)
        if columns <= WRITTEN:
            colour = LIGHT if norm(weight) < 0.55 else DARK
            axis.text(column, row, f"{weight:.2f}", ha="center", va="center", fontsize=6.5, color=colour)
    for row, column in enumerate(example.numbers["attention_answering"]):
        frame = Rectangle((column - 0.44, row - 0.44), 0.88, 0.88, fill=False, edgecolor=COLOURS[1], linewidth=1.8)
        axis.add_patch(frame)
    axis.set_xlim(-0.5, columns - 0.5)
    axis.set_ylim(rows - 0.5, -0.5)
    every = max(1, columns // 8)
    axis.set_xticks(range(0, columns, every), [str(i + 1) for i in range(0, columns, every)])
    axis.set_yticks(range(rows), [str(i + 1) for i in range(rows)])
    axis.set_xlabel("component")
    axis.set_ylabel("context")
    axis.grid(visible=False)


def _table(shown: Sequence[ExampleTrial]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **example.axis,
            "n": example.n,
            "seed": example.seed,
            "context": row + 1,
            "component": column + 1,
            "weight": weight,
            "named": example.numbers["attention_answering"][row] == column,
        }
        for example in shown
        for (row, column), weight in np.ndenumerate(_weights(example))
    )
