"""Tables and panels of check sink."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from mtam.base.finding import Panel, Series
from mtam.base.table import Cell, Estimate, Table
from mtam.checks.sink.sink_measure import VALUES, SinkCell, SinkFits

Array = npt.NDArray[np.float64]

NAMES = {"growing": "value w'x", "ordinary": "value of ordinary size"}


def over_truths(values: Array) -> Estimate:
    """Mean and its standard error  # (T,)."""
    return Estimate(value=float(values.mean()), se=float(values.std(ddof=1) / len(values) ** 0.5))


def strengths(cells: Sequence[SinkCell], measured: Sequence[SinkFits]) -> Table:
    """Every activation beside every sink."""
    known = {(each.activation, each.strength): each for each in measured}
    rows: list[list[Cell]] = []
    for cell in cells:
        fit = known.get((cell.activation, cell.strength)) if cell.value == "growing" else None
        rows.append(
            [
                cell.value,
                cell.activation,
                cell.strength,
                over_truths(cell.price),
                over_truths(cell.coercivity),
                None if fit is None else over_truths(fit.error / fit.expected),
                over_truths(cell.share),
                over_truths(cell.attended),
            ]
        )
    return Table(
        name="strengths",
        title="Softmax, sigmoid, ReLU beside a sink: mean over truths",
        headings=["value of the sink", "activation", "strength", "price of A", "coercivity",
                  "measured error / forecast", "weight on the sink", "tokens attended to"],
        rows=rows,
    )  # fmt: skip


def rate(fits: Sequence[SinkFits]) -> Table:
    """Softmax fits against M."""
    rows: list[list[Cell]] = [
        [
            each.strength,
            each.size,
            over_truths(each.error),
            over_truths(each.expected),
            over_truths(each.error / each.expected),
            f"{int(each.converged.sum())} of {len(each.converged)}",
        ]
        for each in fits
    ]
    return Table(
        name="rate",
        title="Softmax fitted: relative squared error of A against σ² tr(H⁻¹)/(M N), mean over truths",
        headings=["strength", "M", "error", "forecast", "ratio", "converged"],
        rows=rows,
    )


def panels(cells: Sequence[SinkCell], fits: Sequence[SinkFits]) -> list[Panel]:
    """Price and coercivity against strength, error against M."""
    drawn = [_against_strength(cells, value, "price of A: error × M N Var f / σ²", lambda cell: cell.price)
             for value in VALUES]  # fmt: skip
    drawn.append(_against_strength(cells, "growing", "coercivity of A", lambda cell: cell.coercivity))
    series = []
    for colour, strength in enumerate(dict.fromkeys(each.strength for each in fits)):
        mine = [each for each in fits if each.strength == strength]
        sizes = [float(each.size) for each in mine]
        means = [over_truths(each.error) for each in mine]
        series.append(
            Series(
                label=f"strength {strength:g}",
                x=sizes,
                y=[each.value for each in means],
                se=[each.se for each in means],
                style="points",
                colour=colour,
            )
        )
        forecast = [float(each.expected.mean()) for each in mine]
        series.append(Series(label="σ² tr(H⁻¹)/(M N)", x=sizes, y=forecast, style="dashed", colour=colour))
    drawn.append(
        Panel(title="softmax fitted", x_label="M", y_label="squared error of A", series=series, log_x=True, log_y=True)
    )
    return drawn


def _against_strength(cells: Sequence[SinkCell], value: str, label: str, of: Callable[[SinkCell], Array]) -> Panel:
    series = []
    for colour, name in enumerate(dict.fromkeys(cell.activation for cell in cells)):
        mine = [cell for cell in cells if cell.activation == name and cell.value == value]
        means = [over_truths(of(cell)) for cell in mine]
        series.append(
            Series(
                label=name,
                x=[cell.strength for cell in mine],
                y=[each.value for each in means],
                se=[each.se for each in means],
                colour=colour,
            )
        )
    return Panel(
        title=NAMES[value], x_label="norm of the sink over that of the others", y_label=label, series=series, log_y=True
    )
