"""What learning A costs at every M, in units of p sigma^2/M, beside what theory forecasts for it.

To first order in the error of A the ratio is flat. Beyond it, it rises where M is small, because the slope of the
fitted phi, with which A is fitted, is noisy: by a share 3 D_K ~ K^3 sigma^2/(M N) at given K, see ``forecast``, which
has all orders in it. Both forecasts stand beside the measured ratio.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mtam.base.remark import Remark
from mtam.interaction.reading.interaction_cells import InteractionCell
from mtam.rates.fit import student_interval
from mtam.rates.intervals import Interval

Array = npt.NDArray[np.float64]

CHANGE = 0.5  # a ratio is called flat when its trend cannot move it by more than this share over all sizes
UNKNOWN = "-"
FORECAST, FIRST_ORDER = "  forecast", "  forecast, first order"


def price(found: Sequence[InteractionCell]) -> list[Remark]:
    """The ratio at every M, and what its trend on ln M says; empty where no cell has a price of A."""
    priced = [(cell, values) for cell in found if (values := cell.values("excess_ratio")) is not None]
    if not priced:
        return []
    sizes = max((cell.sizes for cell, _ in priced), key=len)
    rows, trends = [], []
    for cell, values in priced:
        forecast, first = _forecast(cell), _first_order(cell)
        rows.append([cell.label, *_means(sizes, cell, values)])
        for name, known in ((FORECAST, forecast), (FIRST_ORDER, first)):
            if known is not None:
                rows.append([name, *(told.partition(" ")[0] for told in _means(sizes, cell, known))])
        slopes = (None if known is None else _trend(cell, known) for known in (values, forecast))
        trends.append([cell.label, *(str(slope or UNKNOWN) for slope in slopes), _verdict(cell, values)])
    told: list[Remark] = [
        ("Price of A, (error - error with A* known) M/(p sigma²)", ["cell", *(f"M = {n:.0f}" for n in sizes)], rows)
    ]
    if len(sizes) > 1:
        heads = ["cell", "trend per ln M", "of the forecast", "verdict"]
        told.append(("Price of A: to first order the ratio above is flat", heads, trends))
    return told


def _means(sizes: Array, cell: InteractionCell, values: Array) -> list[str]:
    """Mean over seeds with its standard error at every one of ``sizes``."""
    count = len(values)
    spread = values.std(axis=0, ddof=1) / count**0.5 if count > 1 else None
    told = [f"{mean:.2f}" + (f" ± {spread[k]:.2f}" if spread is not None else "")
            for k, mean in enumerate(values.mean(axis=0))]  # fmt: skip
    by_size = dict(zip(cell.sizes, told, strict=True))
    return [by_size.get(n, UNKNOWN) for n in sizes]


def _forecast(cell: InteractionCell) -> Array | None:
    """The forecast ratio  # (seeds, sizes)."""
    total, known = cell.values("forecast_error"), cell.values("forecast_oracle_error")
    if total is None or known is None:
        return None
    return np.asarray((total - known) * cell.sizes / _unit(cell))


def _first_order(cell: InteractionCell) -> Array | None:
    """The same to first order in the error of A  # (seeds, sizes)."""
    price = cell.values("forecast_linear_price")
    return None if price is None else np.asarray(price * cell.sizes / _unit(cell))


def _unit(cell: InteractionCell) -> float:
    """p sigma^2."""
    return float(cell.trial.parameters() * cell.trial.data.noise**2)


def _trend(cell: InteractionCell, values: Array) -> Interval | None:
    if len(cell.sizes) < 2:
        return None
    x = np.log(cell.sizes) - np.log(cell.sizes).mean()
    return student_interval(np.asarray(values @ x / (x @ x)))


def _verdict(cell: InteractionCell, values: Array) -> str:
    """Flat, or undecided, or not flat; and then whether it is so as forecast."""
    trend = _trend(cell, values)
    if trend is None:
        return UNKNOWN
    if trend.holds(0.0):
        change = float(np.log(cell.sizes[-1] / cell.sizes[0])) * max(abs(trend.low), abs(trend.high))
        return "flat" if change < CHANGE * values.mean() else "undecided"
    forecast = _forecast(cell)
    rest = None if forecast is None else _trend(cell, values - forecast)
    return f"not flat, as forecast: the rest has trend {rest}" if rest is not None and rest.holds(0.0) else "not flat"
