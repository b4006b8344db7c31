"""Laws fitted to curves in a data frame: ``mtam.fit_rates``, as ``mtam rates`` fits those in a file."""

import html
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtam.analysis.cell_results import CellResult, rates_rows
from mtam.base.errors import UsageError
from mtam.rates.files import curve_table, table_rows
from mtam.rates.files.table_rows import TableError
from mtam.report import curve_notes
from mtam.runs.fit_rates import Columns, Wanted, check, fitted
from mtam.runs.python import frames, notebook_figures

if TYPE_CHECKING:
    import pandas as pd

FRAME = Path("the frame")  # as errors name it


class FittedCurves:
    """Curves with the laws that were fitted to them; shown as a table in a notebook."""

    def __init__(self, results: list[CellResult], notes: list[str]) -> None:
        self._results, self.notes = results, tuple(notes)

    @cached_property
    def curves(self) -> "pd.DataFrame":
        """One row per cell and size: mean error over seeds and its standard error."""
        return frames.curves_frame(self._results)

    @cached_property
    def rates(self) -> "pd.DataFrame":
        """One row per cell: law, slope with interval, log-log slope, R², the comparison with other laws."""
        return rates_rows(self._results)

    @cached_property
    def judgements(self) -> "pd.DataFrame":
        """One row per cell: the law against its first rival, with the verdict."""
        return frames.judgements_frame(self._results)

    def figure(self) -> Any:
        """Errors with their fitted laws, and what these leave: a matplotlib figure."""
        from mtam.report.figures import rates_figure

        return notebook_figures.shown(rates_figure.picture(self._results).figure())

    def __repr__(self) -> str:
        return f"<{len(self._results)} fitted curve{'s' * (len(self._results) != 1)}>"

    def _repr_html_(self) -> str:
        shown = [name for name in ("cell", "law", "slope", "slope_low", "slope_high", "r2") if name in self.rates]
        table = self.rates[shown].to_html(index=False, border=0, float_format="{:.4g}".format, na_rep="")
        return str(table) + "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)


def fit_rates(
    frame: "pd.DataFrame",
    law: str = "power",
    *,
    gamma: float | None = None,
    floor: bool = False,
    n: str | None = None,
    error: str | None = None,
    seed: str | None = None,
    cell: str | None = None,
) -> FittedCurves:
    """Fit laws to the learning curves in a data frame, one row per trial.

    Columns n and error, and if there are any cell, seed, reference; ``n``, ``error``, ``seed``, ``cell`` name others.
    ``law`` is power, sub-polynomial (with its ``gamma``), log-power or entropy-balance (with a column reference); the
    others are compared with it. ``floor`` gives every law an additive floor. Raises UsageError (a ValueError) with one
    sentence for what is no curve.
    """
    wanted = Wanted(law, gamma, floor, None, Columns(n, error, seed, cell))
    check(wanted)
    try:
        brought = curve_table.of_rows(table_rows.of_frame(frame), wanted.columns, FRAME)
        results, left_out = fitted(brought, None, wanted)
    except TableError as error_:
        raise UsageError(str(error_)) from None
    return FittedCurves(results, [str(note) for note in curve_notes.of_reading(brought, results, left_out)])
