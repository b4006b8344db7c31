"""A run in at most six lines, for who reads nothing else."""

from collections.abc import Sequence

from mtam.rates.fit import Interval
from mtam.rates.gamma import at_border
from mtam.rates.laws import PowerLaw
from mtam.report import sentence
from mtam.report.tables import CellResult
from mtam.report.wording import interval, number

CELLS = 4  # that have a line each
FORECAST = "forecast_error"


def in_short(results: Sequence[CellResult], size: str) -> list[str]:
    """Slope with interval and verdict, a line for every cell where they are few; of many cells, or at one size, what
    can be said of them together."""
    fitted = [result for result in results if result.fit and result.fit.slope]
    if not fitted or len(fitted) > CELLS or len(fitted) < len(results):
        return sentence.parts_of_sweep(results, size) or [sentence.NOTHING]
    return [_line(result, size) for result in fitted]


def _line(result: CellResult, size: str) -> str:
    fit = result.fit
    assert fit is not None
    if isinstance(result.law, PowerLaw):
        told = [f"error ~ {size}^b, b = {interval(fit.loglog, 2)}", *_figures(result, fit.loglog)]
    else:
        told = [f"slope {interval(fit.slope, 2)} on {result.law.axis_label.replace('ln n', f'ln {size}')}"]
    told += _law(result)
    if "error" in result.levels:
        told.append(f"error {number(result.levels['error'][0])} at {size} = {result.curve.sizes[-1]:.0f}")
    return f"{result.label}: {'; '.join(told)}"


def _law(result: CellResult) -> list[str]:
    """The verdict on laws, with the doubt that belongs to it."""
    if "comparison" not in result.comparison:
        return []
    told, free = result.comparison["comparison"], result.comparison["free_gamma"]
    doubtful = told.startswith("theory's law") and free is not None and at_border(free)
    return [f"{told}, but the curve's own γ ends at {free:g}, as far as is searched" if doubtful else told]


def _figures(result: CellResult, slope: Interval | None) -> list[str]:
    """Which figures the interval holds: theory's, and the forecast's for these very sizes where there is one."""
    forecast = result.part_slopes.get(FORECAST)
    figures = {"theory's": result.law.theory_slope, "the forecast's": forecast.value if forecast else None}
    told: dict[str, list[str]] = {"holds": [], "excludes": []}
    for name, figure in figures.items():
        if figure is not None and slope is not None:
            told["holds" if slope.holds(figure) else "excludes"].append(f"{name} {figure:.2f}")
    return [f"{verb} {' and '.join(words)}" for verb, words in told.items() if words]
