"""Sums of several heads: the error against their number beside the law of first order, and what the search found."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mtam.base.columns import A_COSINE, ERROR, FORECAST_ERROR, ORACLE_ERROR
from mtam.base.table import Cell, Table, mean_figure
from mtam.interaction.reading.interaction_cells import InteractionCell
from mtam.rates import sign_test
from mtam.rates.fitting.fit import student_interval
from mtam.rates.intervals import Interval
from mtam.rates.judge_curves import ratio

Array = npt.NDArray[np.float64]

FOUND = 1.2  # times the error of a descent from the truth, on the same data: what counts as found
LAW = ["cell", "parameters", "error", "all A known", "q sigma²/M", "first order", "error / first order"]
SEARCH = ["cell", "found", "starts", "smallest cosine of A", "error of a head"]


def about_heads(cells: Sequence[InteractionCell]) -> list[Table]:
    """At the largest M: the error beside its law, how it grows with H, and the search; empty for one head by one."""
    several = [cell for cell in cells if cell.trial.model.several and cell.complete]
    if not several:
        return []
    formats = dict.fromkeys(LAW[2:6], ".3g±.1g") | {"error / first order": "#3"}
    law = Table(name="heads", title="Several heads: the error at the largest M and its law", headings=LAW,
                rows=[_law(cell) for cell in several], formats=formats)  # fmt: skip
    formats = dict.fromkeys(SEARCH[3:], ".3g±.1g") | {"found": "#2", "starts": ".3g±.1g"}
    search = Table(name="heads_found", title="Several heads: what the search finds", headings=SEARCH,
                   rows=[_search(cell) for cell in several], formats=formats)  # fmt: skip
    return [law, *_growth(several), search]


def _last(cell: InteractionCell, name: str) -> Array | None:
    """One number at the largest M, seed by seed  # (seeds,)."""
    values = cell.matrix(name)
    return None if values is None else values[:, -1]


def _law(cell: InteractionCell) -> list[Cell]:
    error, forecast = _last(cell, ERROR), _last(cell, FORECAST_ERROR)
    parts = [None if (values := _last(cell, name)) is None else mean_figure(values) for name in
             (ERROR, ORACLE_ERROR, "counted_error", FORECAST_ERROR)]  # fmt: skip
    count = _last(cell, "counted_parameters")
    beside = None if error is None or forecast is None or error.min() <= 0 else ratio(error, forecast)
    return [cell.label, None if count is None else int(count[0]), *parts, beside]


def _search(cell: InteractionCell) -> list[Cell]:
    ratios = _last(cell, "search_ratio")
    found = None if ratios is None else sign_test.share_interval(int(np.sum(ratios < FOUND)), len(ratios))
    rest = [None if (values := _last(cell, name)) is None else mean_figure(values) for name in
            ("starts", A_COSINE, "head_error")]  # fmt: skip
    return [cell.label, found, *rest]


def _growth(cells: Sequence[InteractionCell]) -> list[Table]:
    """Slopes on ln H of the error, its law, and their ratio; empty unless cells differ in H alone."""
    heads = [cell.trial.data.heads for cell in cells]
    others = {cell.trial.data.model_copy(update={"heads": 1}).model_dump_json() for cell in cells}
    columns = {name: [_last(cell, name) for cell in cells] for name in (ERROR, FORECAST_ERROR, "counted_error")}
    if len(set(heads)) < 2 or len(set(heads)) < len(heads) or len(others) > 1:
        return []
    if len({cell.complete for cell in cells}) > 1 or any(
        each is None for column in columns.values() for each in column
    ):
        return []
    logs = {name: np.log(np.stack([each for each in column if each is not None])) for name, column in columns.items()}

    def slope(values: Array) -> Interval | None:  # (heads, seeds)
        return student_interval(np.polyfit(np.log(heads), values, 1)[0])

    rows: list[list[Cell]] = [
        ["error", slope(logs[ERROR])],
        ["first order", slope(logs[FORECAST_ERROR])],
        ["q sigma²/M", slope(logs["counted_error"])],
        ["error / first order", slope(logs[ERROR] - logs[FORECAST_ERROR])],
    ]
    return [
        Table(name="heads_growth", title="Several heads: slopes on ln H at the largest M", headings=["of", "slope"],
              rows=rows, formats={"slope": "#3"})
    ]  # fmt: skip
