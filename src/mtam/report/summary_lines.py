"""A run in at most six lines, for who reads nothing else."""

from collections.abc import Sequence

from mtam.analysis.cell_results import CellResult
from mtam.base.columns import FORECAST_ERROR
from mtam.base.table import SweepAnswer
from mtam.rates import judge_curves
from mtam.rates.compare import FIRST
from mtam.rates.curve import matched
from mtam.rates.fitting.gamma import at_border
from mtam.rates.intervals import Interval
from mtam.rates.laws import PowerLaw
from mtam.report import summary_sentence
from mtam.report.format import number
from mtam.report.tables.cell_text import answer_text, cell_text

MOST = 5  # lines; the sixth tells where the page is
CELLS = 4  # that have a line each
RATIOS = 8  # in one line
OWN = ("softmax", "ips_erm")  # the papers' own estimators, which others are compared with
FORECAST = FORECAST_ERROR


def in_short(results: Sequence[CellResult], size: str, answers: Sequence[SweepAnswer] = ()) -> list[str]:
    """What the sweep answers (``answers``: what its problem says of it), then slopes: a line for every cell where they
    are few; of many cells, or at one size, what can be said of them together."""
    fitted = [result for result in results if result.fit and result.fit.slope]
    told = [*map(answer_text, answers), *([] if answers else ratios(results, size, everywhere=not fitted))]
    judged = any(answer.law for answer in answers)  # then what the curve says of its law by itself is not the verdict
    if judged or not fitted or len(fitted) > min(CELLS, MOST - len(told)) or len(fitted) < len(results):
        told += summary_sentence.parts_of_sweep(results, size, laws=not judged) or [summary_sentence.NOTHING]
    else:
        told += [_line(result, size) for result in fitted]
    return told[:MOST]


def ratios(results: Sequence[CellResult], size: str, *, everywhere: bool) -> list[str]:
    """The errors of estimators at the largest size against the first one's (or the paper's own), seed by seed.

    Cells of other data are compared only under ``everywhere``: where there are slopes, these say more of them.
    """
    if not 2 <= len(results) <= RATIOS:
        return []
    of_models = all(key.partition(".")[0] == "model" for key in results[0].axis)
    if not (of_models or everywhere):
        return []
    own = next((result for result in results if set(OWN) & set(map(str, result.axis.values()))), results[0])
    others = [result for result in results if result is not own]
    try:
        base, *rest = matched([own.curve, *(other.curve for other in others)])
    except ValueError:  # no seed has ended everywhere
        return []
    found = [judge_curves.ratio(other.errors[:, -1], base.errors[:, -1]) for other in rest]
    if None in found:
        return []
    each = [f"{other.label} x {gap:.3g}" for other, gap in zip(others, found, strict=True)]
    return [f"error at {size} = {base.sizes[-1]:.0f} against {own.label}: {', '.join(each)}"]


def _line(result: CellResult, size: str) -> str:
    fit = result.fit
    assert fit is not None
    if isinstance(result.law, PowerLaw):
        told = [f"error ~ {size}^b, b = {cell_text(fit.loglog, '.2f')}", *_figures(result, fit.loglog)]
    else:
        told = [f"slope {cell_text(fit.slope, '.2f')} on {result.law.axis_label.replace('ln n', f'ln {size}')}"]
    told += _law(result)
    if "error" in result.levels:
        told.append(f"error {number(result.levels['error'][0])} at {size} = {result.curve.sizes[-1]:.0f}")
    return f"{result.label}: {'; '.join(told)}"


def _law(result: CellResult) -> list[str]:
    """The verdict on laws, with the doubt that belongs to it."""
    if "comparison" not in result.comparison:
        return []
    told, free = result.comparison["comparison"], result.comparison["free_gamma"]
    preferred = result.compared[0].answer == FIRST and isinstance(result.compared[0].rival, PowerLaw)
    doubtful = preferred and free is not None and at_border(free)
    return [f"{told}, but the curve's own γ ends at {free:g}, as far as is searched" if doubtful else told]


def _figures(result: CellResult, slope: Interval | None) -> list[str]:
    """Which figures the interval holds: theory's, and the forecast's for these very sizes where there is one."""
    forecast = result.part_slopes.get(FORECAST)
    figures = {"theory's": result.law.theory_slope, "the forecast's": forecast.value if forecast else None}
    if slope is not None and slope.holds(0.0):
        return ["the interval holds 0, so these sizes and seeds show no fall"]
    told: dict[str, list[str]] = {"holds": [], "excludes": []}
    for name, figure in figures.items():
        if figure is not None and slope is not None:
            told["holds" if slope.holds(figure) else "excludes"].append(f"{name} {figure:.2f}")
    return [f"{verb} {' and '.join(words)}" for verb, words in told.items() if words]
