"""What learning A costs at every M, in units of p sigma^2/M, beside what first-order theory forecasts for it.

Theory says that the ratio is flat to first order in the error of A. The forecast knows the features of a finite design
and the choice of K, but is linear in A: what is left is of second order, a term k/M in these units, because g is curved
in A. Its k is fitted by least squares to ratio - forecast, seed by seed.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mtam.interaction.curves import Cell
from mtam.rates.fit import Interval, student_interval
from mtam.remark import Remark

Array = npt.NDArray[np.float64]

CHANGE = 0.5  # a ratio is called flat when its trend cannot move it by more than this share over all sizes
UNKNOWN = "-"


def price(found: Sequence[Cell]) -> list[Remark]:
    """The ratio at every M, and what its trend on ln M says; empty where no cell has a price of A."""
    priced = [(cell, values) for cell in found if (values := cell.values("excess_ratio")) is not None]
    if not priced:
        return []
    sizes = max((cell.sizes for cell, _ in priced), key=len)
    rows, trends = [], []
    for cell, values in priced:
        forecast = _forecast(cell)
        rows.append([cell.label, *_means(sizes, cell, values)])
        if forecast is not None:
            rows.append(["  forecast", *(told.partition(" ")[0] for told in _means(sizes, cell, forecast))])
        expected = None if forecast is None else _trend(cell, forecast)
        trends.append(
            [cell.label, str(_trend(cell, values) or UNKNOWN), str(expected or UNKNOWN), _verdict(cell, values)]
        )
    told: list[Remark] = [
        ("Price of A, (error - error with A* known) M/(p sigma²)", ["cell", *(f"M = {n:.0f}" for n in sizes)], rows)
    ]
    if len(sizes) > 1:
        heads = ["cell", "trend per ln M", "of the forecast, linear in A", "verdict"]
        told.append(("Price of A: to first order the ratio above is flat", heads, trends))
    return told


def _means(sizes: Array, cell: Cell, values: Array) -> list[str]:
    """Mean over seeds with its standard error at every one of ``sizes``."""
    count = len(values)
    spread = values.std(axis=0, ddof=1) / count**0.5 if count > 1 else None
    told = [f"{mean:.2f}" + (f" ± {spread[k]:.2f}" if spread is not None else "")
            for k, mean in enumerate(values.mean(axis=0))]  # fmt: skip
    by_size = dict(zip(cell.sizes, told, strict=True))
    return [by_size.get(n, UNKNOWN) for n in sizes]


def _forecast(cell: Cell) -> Array | None:
    """The forecast ratio  # (seeds, sizes)."""
    total, known = cell.values("forecast_error"), cell.values("forecast_oracle_error")
    if total is None or known is None:
        return None
    return np.asarray((total - known) * cell.sizes / (cell.trial.parameters() * cell.trial.data.noise**2))


def _trend(cell: Cell, values: Array) -> Interval | None:
    if len(cell.sizes) < 2:
        return None
    x = np.log(cell.sizes) - np.log(cell.sizes).mean()
    return student_interval(np.asarray(values @ x / (x @ x)))


def _verdict(cell: Cell, values: Array) -> str:
    """Flat, or undecided, or not flat; and then whether a term of second order says why."""
    trend = _trend(cell, values)
    if trend is None:
        return UNKNOWN
    if trend.holds(0.0):
        change = float(np.log(cell.sizes[-1] / cell.sizes[0])) * max(abs(trend.low), abs(trend.high))
        return "flat" if change < CHANGE * values.mean() else "undecided"
    forecast = _forecast(cell)
    if forecast is None:
        return "not flat"
    second = student_interval(_second(cell, values - forecast))
    rest = _trend(cell, values - forecast - (second.value if second else 0.0) / cell.sizes)
    if second is None or rest is None or not rest.holds(0.0) or second.low <= 0:
        return "not flat"
    return f"second order: forecast + k/M fits, k = {second.value:.0f} [{second.low:.0f}, {second.high:.0f}]"


def _second(cell: Cell, rest: Array) -> Array:
    """k of every seed  # (seeds, sizes) -> (seeds,)."""
    x = 1 / cell.sizes
    return np.asarray(rest @ x / (x @ x))
