"""What a reader must know of curves that somebody brought: how they were read, what was left out, what is odd."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mtam.analysis.cell_results import CellResult
from mtam.rates.files.curve_table import Brought
from mtam.rates.fitting.fit import over_seeds
from mtam.rates.goodness_of_fit import LEVEL
from mtam.rates.law_judgement import at_most

NAMED = 8  # seeds or cells that a sentence names
COLUMNS = ("basis", "lacking_seeds", "lack_of_fit")


def entries(result: CellResult) -> dict[str, Any]:
    """What a brought curve has beyond a sweep's, for JSON and rates.csv."""
    return {
        "basis": result.fit.basis if result.fit else None,
        "interval": f"student over {result.fit.basis}" if result.fit else None,
        "lacking_seeds": len(result.curve.lacking),
        "lack_of_fit": result.lack_of_fit,
    }


def of_reading(brought: Brought, results: Sequence[CellResult], left_out: dict[str, str]) -> list[str]:
    """How the file was read, and what of it is not used."""
    told = list(brought.notes)
    if brought.failed:
        told.append(f"Rows left out because their status says that they did not end: {brought.failed}.")
    reasons = list(left_out.values())
    told += [f"Left out: {reason}" for reason in reasons[:NAMED]]
    if len(reasons) > NAMED:
        told.append(f"Left out: {len(reasons) - NAMED} more cells; --json says why.")
    gaps = [result for result in results if result.curve.lacking or result.curve.dropped]
    for result in gaps[:NAMED]:
        points = result.curve
        if points.lacking:
            told.append(
                f"{result.label}: {len(points.lacking)} of {len(points.seeds)} seeds lack sizes "
                f"({_listed(points.lacking)}); each is used with the sizes that it has."
            )
        if points.dropped:
            told.append(
                f"{result.label}: seeds with one size only ({_listed(points.dropped)}) say nothing of a slope "
                "and are left out."
            )
    if len(gaps) > NAMED:
        told.append(f"In {len(gaps) - NAMED} more cells seeds lack sizes; --json says how many.")
    if not brought.seeded:
        told.append("The table has no column seed: every row counts as the same seed.")
    return told


def of_curves(results: Sequence[CellResult]) -> list[str]:
    """What is odd about the curves: intervals that rest on one seed, laws that do not fit, errors that rise."""
    told = []
    if any(result.fit and result.fit.basis == "residuals" for result in results):
        told.append(
            "Where there is one seed, intervals and tests come from the residuals, taken for independent and normal; "
            "they are too short where residuals are correlated along n (79%, not 95%, at a correlation of 0.5), and "
            "they say nothing of how much another seed would differ."
        )
    many = len(results) > NAMED
    poor = [result for result in results if result.lack_of_fit is not None and result.lack_of_fit < LEVEL]
    if many and poor:
        told.append(f"The law does not fit in {len(poor)} of {len(results)} cells (lack of fit, p < {LEVEL:g} each).")
    elif poor:
        told += [
            f"{each.label}: {each.law} does not fit (lack of fit, p {at_most(each.lack_of_fit or 0)})." for each in poor
        ]
    rising = [result for result in results if _rises(result)]
    if many and rising:
        told.append(f"In {len(rising)} of {len(results)} cells the error rises with n. {_SCORE}")
    elif rising:
        told += [f"{each.label}: the error rises with n. {_SCORE}" for each in rising]
    for result in () if many else results:
        if result not in rising and (steps := _turns(result)):
            told.append(f"{result.label}: the error rises {steps}, though it falls over all.")
    return told


_SCORE = "If the column is an accuracy or another score, bring 1 - score, or another error that falls."


def _listed(names: Sequence[Any]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(map(str, names[:NAMED])) + more


def _rises(result: CellResult) -> bool:
    slope = result.fit.loglog if result.fit else None
    return slope is not None and slope.low > 0


def _turns(result: CellResult) -> str:
    """Between which neighbouring sizes the error rises, at 5% for all of them together; empty for nowhere."""
    points = result.curve
    if len(points.seeds) < 2 or result.fit is None or not result.fit.loglog or result.fit.loglog.value > 0:
        return ""
    steps = np.diff(np.log(points.errors), axis=1)
    level = 1 - LEVEL / steps.shape[1]
    told = []
    for k, each in enumerate(steps.T):
        found = over_seeds(each[np.isfinite(each)], level)
        if found is not None and found.low > 0:
            told.append(f"from n = {points.sizes[k]:.6g} to {points.sizes[k + 1]:.6g}")
    return _listed(told)
