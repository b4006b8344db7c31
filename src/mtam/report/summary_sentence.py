"""The result of a run in one sentence, from its numbers alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from mtam.analysis.cell_results import CellResult
from mtam.base.columns import ORACLE_ERROR
from mtam.rates.laws import PowerLaw
from mtam.report.format import number

MANY = 5  # cells that a sentence can name
NOTHING = "No trial has finished yet."


def of_fit(summary: Mapping[str, Any]) -> str:
    """How good one fit is."""
    if "failure" in summary:
        return f"The fit failed: {summary['failure']}"
    at = f"d = {summary['d']}, N = {summary['tokens']}, M = {summary['samples']}"
    at += f", rank {summary['rank']}, seed {summary['seed']}"
    told = []
    if "error" in summary:
        told.append(f"squared error {summary['error']:.2e} ± {summary['error_se']:.0e}")
    if ORACLE_ERROR in summary:
        told.append(f"with A* known {summary['oracle_error']:.2e}")
    if "holdout_error" in summary:
        told.append(f"hold-out error {summary['holdout_error']:.3g} ± {summary['holdout_se']:.1g}")
    warnings = "".join(f". Warning: {warning}" for warning in summary.get("warnings", []))
    return f"{at}: {', '.join(told)}{warnings}"


def of_sweep(results: Sequence[CellResult], size: str, laws: Sequence[str] = ()) -> str:
    """Slopes against theory where there are some, else the range of the errors.

    ``laws`` are the sentences on the cells' laws, where these rest on more than the curves.
    """
    told = [f"{law}." for law in laws]
    return " ".join(told + parts_of_sweep(results, size, laws=not laws)) or NOTHING


def parts_of_sweep(results: Sequence[CellResult], size: str, *, laws: bool = True) -> list[str]:
    """The same, sentence by sentence; ``laws``: whether to tell what the curves say of their laws by themselves."""
    parts = (_slopes(results, size), _verdicts(results) if laws else "", _levels(results, size))
    return [part for part in parts if part]


def _slopes(results: Sequence[CellResult], size: str) -> str:
    powers = [result for result in results if isinstance(result.law, PowerLaw) and result.fit]
    known = [(result, result.fit.loglog) for result in powers if result.fit and result.fit.loglog]
    if not known:
        return ""
    theory = {result.law.theory_slope for result, _ in known}
    inside = sum(
        slope.holds(result.law.theory_slope) for result, slope in known if slope and result.law.theory_slope is not None
    )
    if len(known) > MANY:
        values = [slope.value for _, slope in known if slope]
        text = f"The error falls as {size}^b with b from {min(values):.2f} to {max(values):.2f} over {len(known)} cells"
    else:
        each = [f"{slope.value:.2f} [{slope.low:.2f}, {slope.high:.2f}] ({r.label})" for r, slope in known if slope]
        text = f"The error falls as {size}^b with b = {', '.join(each)}"
    if None in theory:
        return f"{text}."
    stated = ", ".join(f"{value:.2f}" for value in sorted(value for value in theory if value is not None))
    return f"{text}; theory's {stated} lies inside {inside} of {len(known)} intervals."


def _verdicts(results: Sequence[CellResult]) -> str:
    """Which law the curves speak for, cells of one verdict together."""
    groups: dict[str, list[str]] = {}
    for result in results:
        told = result.comparison
        if "comparison" in told:
            groups.setdefault(told["comparison"], []).append(result.label)
    if not groups:
        return ""
    parts = [f"{verdict} ({_labels(labels)})" for verdict, labels in groups.items()]
    return f"Theory's law against a power law: {'; '.join(parts)}."


def _labels(labels: Sequence[str]) -> str:
    return ", ".join(labels) if len(labels) <= MANY else f"{len(labels)} cells"


def _levels(results: Sequence[CellResult], size: str) -> str:
    found = [(result.levels["error"][0], result) for result in results if "error" in result.levels]
    found = [(level, result) for level, result in found if level == level]
    if not found:
        return ""
    (low, best), (high, worst) = min(found, key=lambda at: at[0]), max(found, key=lambda at: at[0])
    largest = f"{size} = {best.curve.sizes[-1]:.0f}"
    if len(found) == 1:
        return f"The error at {largest} is {number(low)}."
    return f"At {largest} the error goes from {number(low)} ({best.label}) to {number(high)} ({worst.label})."
