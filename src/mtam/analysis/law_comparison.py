"""What a curve says about its law and the rivals of that law: numbers for tables and JSON, and one verdict in words."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from mtam.rates.compare import OPEN, Comparison, held_out
from mtam.rates.curve import Curve
from mtam.rates.fitting.fit import fit, slopes, unbalanced
from mtam.rates.fitting.gamma import free_gamma, gamma_interval
from mtam.rates.goodness_of_fit import lack_of_fit
from mtam.rates.intervals import Interval
from mtam.rates.law_judgement import verdict
from mtam.rates.laws import EntropyBalance, Floats, Law, PowerLaw, SubPolynomial
from mtam.rates.simulation.power import Needed, needed

SIMULATED = 4000  # errors of a cell beyond which nothing is simulated from them: tables are to take seconds


def comparison(
    law: Law,
    found_all: Sequence[Comparison],
    points: Curve,
    reference: Floats | None,
    *,
    floor: bool = False,
    formulas: bool = False,
    simulated: bool = True,
) -> dict[str, Any]:
    """Everything about ``law`` against its rivals on one curve; empty where nothing was ``compared``.

    AICc, the gamma that the curve chooses, errors at held-out sizes, the verdict, and, where it is open, what n or how
    many seeds would decide. The verdict calls the laws theory's law and a power law, or by their ``formulas``; then it
    says as well where all laws are rejected by their lack of fit. What would decide is ``simulated`` (half a second) or
    left out, as it is where seeds lack sizes and for a single seed.
    """
    if not found_all:
        return {}
    told: dict[str, Any] = {}
    free = gamma_interval(points.sizes, points.errors)
    told |= {
        "free_gamma": free.value if free else None,
        "free_gamma_low": free.low if free and np.isfinite(free.low) else None,
        "free_gamma_high": free.high if free and np.isfinite(free.high) else None,
    }
    if isinstance(law, SubPolynomial):
        told["theory_gamma"] = law.gamma
    if reference is not None:
        logs = np.log(reference)
        told["reference_gamma"] = free_gamma(points.sizes, logs) if points.sizes[0] >= 1 else None
        told["reference_slope"] = float(slopes(law.axis(points.sizes), logs[None])[0])
        balance = EntropyBalance(tuple(points.sizes), tuple(reference))
        found = points.fit(balance)
        told |= ends("reference_exponent", found.slope if found else None)
    rivals = [each.rival for each in found_all]
    misfits = {
        str(one): lack_of_fit(one, points.sizes, points.errors, floor=floor) if formulas else None
        for one in (law, *rivals)
    }
    for found_one in found_all:
        if isinstance(found_one.rival, PowerLaw) and not isinstance(law, PowerLaw):
            told["aic_over_power_law"] = found_one.aicc
    told["comparison"] = verdict(found_all, misfits, formulas=formulas)
    open_ = [found_one.rival for found_one in found_all if found_one.answer == OPEN]
    if open_ and simulated and not unbalanced(points.errors) and points.errors.size <= SIMULATED:
        more = _needed(law, open_[0], tuple(points.sizes), tuple(map(tuple, points.errors)), floor)
        told |= {"n_needed": more.n if more else None, "seeds_needed": more.seeds if more else None}
        told |= {"chance_now": more.now if more else None, "needed": str(more) if more else None}
        told["needed_against"] = str(open_[0])
    told["laws"] = [
        _side(one, points, None if one is law else found_all[index - 1], floor)
        | ({"lack_of_fit": misfits[str(one)]} if formulas else {})
        for index, one in enumerate((law, *rivals))
    ]
    return told


@lru_cache(maxsize=1024)
def _needed(
    law: Law, rival: Law, sizes: tuple[float, ...], errors: tuple[tuple[float, ...], ...], floor: bool
) -> Needed | None:
    """Simulated once, though a run builds its files and then tells its tables."""
    return needed(law, rival, np.array(sizes), np.array(errors), floor=floor)


def _side(law: Law, points: Curve, against: Comparison | None, floor: bool) -> dict[str, Any]:
    """One law beside the others: slope, R^2, floor, AICc above that of the chosen law, error at held-out sizes."""
    found = fit(law, points.sizes, points.errors, floor=floor, single=points.partial)
    told: dict[str, Any] = {"law": str(law), "axis": law.axis_label, "r2": found.r2 if found else None}
    told |= ends("slope", found.slope if found else None)
    if floor:
        told |= ends("floor", found.floor if found else None)
    told["aicc_above_first"] = 0.0 if against is None else against.aicc
    told |= ends("held_out", held_out(law, points.sizes, points.errors, floor=floor))
    told |= ends("towards_first", against.towards_law if against else None)
    told |= ends("away_from_first", against.towards_rival if against else None)
    return told


def ends(name: str, value: Interval | None) -> dict[str, float | None]:
    """An interval as three entries: name, name_low, name_high."""
    if value is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    return {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high}


def flat(told: dict[str, Any]) -> dict[str, Any]:
    """The same for one row of a table: the laws side by side become columns of the first and of the second."""
    row = {name: value for name, value in told.items() if name not in ("laws", "needed", "needed_against")}
    for side, name in zip(told.get("laws", []), ("", "_rival"), strict=False):
        row |= {f"held_out{name}{end}": side[f"held_out{end}"] for end in ("", "_low", "_high")}
    return row
