"""Tables about laws: which one fits, how far each extrapolates, and how slopes depend on the sizes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mtam.analysis.cell_results import CellResult
from mtam.base.table import Cell, Table, figure
from mtam.rates.intervals import Interval
from mtam.rates.law_judgement import OPEN_VERDICT


def laws_report(results: Sequence[CellResult], size: str) -> list[Table | str]:
    """All tables about laws that have a row, and what it would take where these sizes cannot tell."""
    tables = (laws_table(results), sides_table(results, size), sensitivity_table(results, size))
    return [table for table in tables if table is not None] + notes_on_laws(results, size)


def with_size(formula: str, size: str) -> str:
    """A law's formula in the field's letter for the sample size."""
    return formula.replace("ln n", f"ln {size}").replace("n^", f"{size}^")


def interval_of(comparison: Mapping[str, Any], name: str) -> Interval | None:
    """The interval in the entries NAME, NAME_low, NAME_high; a missing end is open."""
    value, low, high = (comparison.get(f"{name}{end}") for end in ("", "_low", "_high"))
    if value is None:
        return None
    return Interval(value, -np.inf if low is None else low, np.inf if high is None else high)


def laws_table(results: Sequence[CellResult]) -> Table | None:
    """Theory's law against a power law, and the exponent gamma that curve, reference and asymptotics have."""
    shown = [(result.label, result.comparison) for result in results if "theory_gamma" in result.comparison]
    if not shown:
        return None
    rows: list[list[Cell]] = [
        [
            label, figure(laws.get("aic_over_power_law")), interval_of(laws, "free_gamma"),
            figure(laws.get("reference_gamma")), laws["theory_gamma"], interval_of(laws, "reference_exponent"),
            laws["comparison"],
        ]
        for label, laws in shown
    ]  # fmt: skip
    return Table(
        name="laws",
        title="Which law, by the curve alone: exp(-C (ln n)^gamma) against a power law (gamma = 1)",
        headings=[
            "cell", "AICc gain", "free gamma", "of the reference", "asymptotic", "exponent on the reference", "verdict"
        ],
        rows=rows,
        formats={"asymptotic": ".3f"},
    )  # fmt: skip


def sides_table(results: Sequence[CellResult], size: str) -> Table | None:
    """Every law on its own axis, with the error that it makes at sizes it has not seen."""
    shown = [result for result in results if result.comparison]
    if not shown:
        return None
    floor = any(result.floor for result in shown)
    rows: list[list[Cell]] = [
        [
            "" if index else result.label, with_size(side["law"], size), interval_of(side, "slope"), figure(side["r2"]),
            *([interval_of(side, "floor")] if floor else []), figure(side["aicc_above_first"]),
            interval_of(side, "held_out"),
        ]
        for result in shown
        for index, side in enumerate(result.comparison["laws"])
    ]  # fmt: skip
    return Table(
        name="laws_side_by_side",
        title=f"Laws side by side; held-out: mean ln(error / prediction) at the largest quarter of {size}",
        headings=[
            "cell", "law", "slope on its axis", "R²", *(["floor"] if floor else []), "AICc above the first", "held-out"
        ],
        rows=rows,
        formats={"R²": "#4", "floor": "#3", "held-out": ".2f"},
    )  # fmt: skip


def sensitivity_table(results: Sequence[CellResult], size: str) -> Table | None:
    """The slope on the law's axis as the smallest sizes are left out."""
    shown = [result for result in results if len(result.sensitivity) > 1]
    if not shown:
        return None
    rows: list[list[Cell]] = []
    for result in shown:
        firsts = [one.slope for one in result.sensitivity[:3]]
        half = result.larger_half
        rows.append([result.label, *firsts, *[None] * (3 - len(firsts)), half.slope if half else None])
    return Table(
        name="sensitivity",
        title=f"How the slope depends on the sizes: the smallest {size} left out",
        headings=["cell", "all sizes", "without the smallest", "without the two smallest", "larger half"],
        rows=rows,
    )


def notes_on_laws(results: Sequence[CellResult], size: str) -> list[str]:
    """What it would take to tell the laws apart, cell by cell, where the verdict is open."""
    notes = []
    for result in results:
        more = result.comparison.get("needed")
        if more:
            laws = with_size(f"{result.law} from {result.comparison['needed_against']}", size)
            notes.append(
                f"{result.label}: {OPEN_VERDICT} {laws}; to do so with probability 0.8 takes "
                f"{more.replace('n =', f'{size} =')} (simulated from both fitted laws)."
            )
    return notes
