"""What learning A costs at every M, in units of p sigma^2/M, beside what theory forecasts for it.

To first order in the error of A the ratio is flat. Beyond it, it rises where M is small, because the slope of the
fitted phi, with which A is fitted, is noisy: by a share 3 D_K ~ K^3 sigma^2/(M N) at given K, see ``forecast``, which
has all orders in it. Both forecasts stand beside the measured ratio.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mtam.base.columns import EXCESS_RATIO, FORECAST_ERROR, FORECAST_ORACLE_ERROR
from mtam.base.table import Cell, Table, figure, mean_figure
from mtam.interaction.reading.interaction_cells import InteractionCell
from mtam.rates.fitting.fit import student_interval
from mtam.rates.intervals import Interval
from mtam.rates.judge_curves import NOTHING
from mtam.rates.verdict import Judgement, Verdict

Array = npt.NDArray[np.float64]

CHANGE = 0.5  # a ratio is called flat when its trend cannot move it by more than this share over all sizes
FORECAST, FIRST_ORDER = "  forecast", "  forecast, first order"


def price(cells: Sequence[InteractionCell]) -> list[Table]:
    """The ratio at every M, and what its trend on ln M says; empty where no cell has a price of A."""
    priced = [(cell, ratios) for cell in cells if (ratios := cell.matrix(EXCESS_RATIO)) is not None]
    if not priced:
        return []
    sizes = max((cell.sizes for cell, _ in priced), key=len)
    rows: list[list[Cell]] = []
    trends: list[list[Cell]] = []
    for cell, ratios in priced:
        forecast = _forecast(cell)
        rows.append([cell.label, *_at(sizes, cell, [mean_figure(column) for column in ratios.T])])
        for name, known in ((FORECAST, forecast), (FIRST_ORDER, _first_order(cell))):
            if known is not None:
                rows.append([name, *_at(sizes, cell, [figure(float(mean)) for mean in known.mean(axis=0)])])
        rest = None if forecast is None else ratios - forecast
        trends.append([
            cell.label, _trend(cell, ratios), None if forecast is None else _trend(cell, forecast),
            flat(cell, ratios, ratios), None if rest is None else _trend(cell, rest),
            None if rest is None else flat(cell, rest, ratios),
        ])  # fmt: skip
    heads = [f"M = {n}" for n in sizes]
    tables = [
        Table(
            name="price_of_a",
            title="Price of A, (error - error with A* known) M/(p sigma²)",
            headings=["cell", *heads],
            rows=rows,
            formats=dict.fromkeys(heads, ".2f"),
        )
    ]
    if len(sizes) > 1:
        tables.append(
            Table(
                name="price_of_a_trend",
                title="Price of A: to first order the ratio above is flat",
                headings=[
                    "cell",
                    "trend per ln M",
                    "of the forecast",
                    "flat?",
                    "of the rest",
                    "flat but for the forecast?",
                ],
                rows=trends,
            )
        )
    return tables


def _at(sizes: Sequence[int], cell: InteractionCell, figures: Sequence[Cell]) -> list[Cell]:
    """The cell's figures under the table's ``sizes``."""
    by_size = dict(zip(cell.sizes, figures, strict=True))
    return [by_size.get(n) for n in sizes]


def _forecast(cell: InteractionCell) -> Array | None:
    """The forecast ratio  # (seeds, sizes)."""
    total, known = cell.matrix(FORECAST_ERROR), cell.matrix(FORECAST_ORACLE_ERROR)
    if total is None or known is None:
        return None
    return np.asarray((total - known) * cell.size_axis / _unit(cell))


def _first_order(cell: InteractionCell) -> Array | None:
    """The same to first order in the error of A  # (seeds, sizes)."""
    price = cell.matrix("forecast_linear_price")
    return None if price is None else np.asarray(price * cell.size_axis / _unit(cell))


def _unit(cell: InteractionCell) -> float:
    """p sigma^2."""
    return float(cell.trial.parameters() * cell.trial.data.noise**2)


def _trend(cell: InteractionCell, values: Array) -> Interval | None:
    if len(cell.sizes) < 2:
        return None
    x = np.log(cell.size_axis) - np.log(cell.size_axis).mean()
    return student_interval(np.asarray(values @ x / (x @ x)))


def flat(cell: InteractionCell, values: Array, level: Array) -> Judgement:
    """Whether ``values`` (seeds, sizes) have no trend that moves them by CHANGE of the mean of ``level`` over all M.

    supported: the whole interval of the trend is that small. contradicted: it excludes zero. undecided: anything else.
    """
    trend = _trend(cell, values)
    if trend is None:
        return NOTHING
    if not trend.holds(0.0):
        return Judgement(Verdict.CONTRADICTED, trend, "the trend's interval excludes 0")
    change = float(np.log(cell.sizes[-1] / cell.sizes[0])) * max(abs(trend.low), abs(trend.high))
    if change < CHANGE * level.mean():
        return Judgement(Verdict.SUPPORTED, trend, f"over all M the trend changes it by less than {CHANGE:.0%}")
    return Judgement(Verdict.UNDECIDED, trend, f"over all M the trend may change it by more than {CHANGE:.0%}")
