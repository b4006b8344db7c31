"""Learning traces: the loss of every seed while the largest sample was learned."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mtam.report.examples import ExampleTrial
from mtam.report.figures.axes import legend, literal, log_axis
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip

NEEDS = "trace_holdout"
LOSSES = {"trace_holdout": "hold-out loss", "trace_train": "training loss, mean since the last look"}


def traces(cells: Sequence[Sequence[ExampleTrial]], size: str) -> Picture | None:
    """Hold-out and training loss against the step, a thin line per seed; the mark is where the hold-out was least."""
    if not cells:
        return None
    sizes = sorted({example.n for cell in cells for example in cell})
    at = f"{size} = {', '.join(map(str, sizes))}"
    caption = f"mean squared error against the optimiser's step at {at}; a line per seed, marks where the hold-out "
    panels = tuple(DrawnPanel(title, partial(_draw, cells, name, size)) for name, title in LOSSES.items())
    return Picture(
        "traces", "Learning traces", caption + "loss is least and the answer is taken", panels, _table(cells)
    )


def _draw(cells: Sequence[Sequence[ExampleTrial]], name: str, size: str, axis: Axes) -> None:
    everything = np.concatenate([example.numbers[name] for cell in cells for example in cell])
    for cell in cells:
        for index, example in enumerate(cell):
            steps, losses = np.array(example.numbers["trace_steps"]), np.array(example.numbers[name])
            label = literal(example.label.replace("alpha", "α")) if index == 0 else None
            colour = example.look.colour
            axis.plot(steps, losses, example.look.dash, color=colour, linewidth=0.9, alpha=0.7, label=label)
            best = int(np.argmin(example.numbers[NEEDS]))
            (mark,) = axis.plot(steps[best], losses[best], example.look.marker, color=colour, markersize=4.5)
            where = f"{example.label}, {size} = {example.n}, seed {example.seed}, step {steps[best]}"
            tip(mark, f"{where}: {LOSSES[name].partition(',')[0]} {losses[best]:.3g}")
    positive = everything[everything > 0]
    if positive.size:
        axis.set_ylim(positive.min() / 1.3, positive.max() * 1.3)
        log_axis(axis)
    axis.set_xlabel("step")
    axis.set_ylabel("loss")
    legend(axis)


def _table(cells: Sequence[Sequence[ExampleTrial]]) -> pd.DataFrame:
    rows = []
    for example in (example for cell in cells for example in cell):
        columns = (example.numbers[name] for name in ("trace_steps", *LOSSES))
        for step, holdout, train in zip(*columns, strict=True):
            losses = {"step": step, "holdout_loss": holdout, "train_loss": train}
            rows.append({**example.axis, "n": example.n, "seed": example.seed, **losses})
    return pd.DataFrame(rows)
