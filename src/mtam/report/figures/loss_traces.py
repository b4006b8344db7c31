"""Learning traces: the loss of every seed while the largest sample was learned."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mtam.report.examples import Sight
from mtam.report.figures.axes import legend, literal, log_axis
from mtam.report.figures.picture import DrawnPanel, Picture
from mtam.report.figures.svg import tip

NEEDS = "trace_holdout"
LOSSES = {"trace_holdout": "hold-out loss", "trace_train": "training loss, mean since the last look"}


def traces(cells: Sequence[Sequence[Sight]], size: str) -> Picture | None:
    """Hold-out and training loss against the step, a thin line per seed; the mark is where the hold-out was least."""
    if not cells:
        return None
    sizes = sorted({sight.n for cell in cells for sight in cell})
    at = f"{size} = {', '.join(map(str, sizes))}"
    caption = f"mean squared error against the optimiser's step at {at}; a line per seed, marks where the hold-out "
    panels = tuple(DrawnPanel(title, partial(_draw, cells, name, size)) for name, title in LOSSES.items())
    return Picture(
        "traces", "Learning traces", caption + "loss is least and the answer is taken", panels, _table(cells)
    )


def _draw(cells: Sequence[Sequence[Sight]], name: str, size: str, axis: Axes) -> None:
    everything = np.concatenate([sight.numbers[name] for cell in cells for sight in cell])
    for cell in cells:
        for index, sight in enumerate(cell):
            steps, losses = np.array(sight.numbers["trace_steps"]), np.array(sight.numbers[name])
            label = literal(sight.label.replace("alpha", "α")) if index == 0 else None
            colour = sight.look.colour
            axis.plot(steps, losses, sight.look.dash, color=colour, linewidth=0.9, alpha=0.7, label=label)
            best = int(np.argmin(sight.numbers[NEEDS]))
            (mark,) = axis.plot(steps[best], losses[best], sight.look.marker, color=colour, markersize=4.5)
            where = f"{sight.label}, {size} = {sight.n}, seed {sight.seed}, step {steps[best]}"
            tip(mark, f"{where}: {LOSSES[name].partition(',')[0]} {losses[best]:.3g}")
    positive = everything[everything > 0]
    if positive.size:
        axis.set_ylim(positive.min() / 1.3, positive.max() * 1.3)
        log_axis(axis)
    axis.set_xlabel("step")
    axis.set_ylabel("loss")
    legend(axis)


def _table(cells: Sequence[Sequence[Sight]]) -> pd.DataFrame:
    rows = []
    for sight in (sight for cell in cells for sight in cell):
        columns = (sight.numbers[name] for name in ("trace_steps", *LOSSES))
        for step, holdout, train in zip(*columns, strict=True):
            losses = {"step": step, "holdout_loss": holdout, "train_loss": train}
            rows.append({**sight.axis, "n": sight.n, "seed": sight.seed, **losses})
    return pd.DataFrame(rows)
