"""Fit laws to curves that somebody brings in a table."""

from collections import Counter
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from mtam.analysis.cell_results import SIMULATED, CellResult, rates_rows, summary_of_sweep
from mtam.base.errors import UsageError, opening
from mtam.base.table import Table
from mtam.rates.curve import Curve
from mtam.rates.files import curve_table
from mtam.rates.files.curve_table import Brought, TableError
from mtam.rates.files.curve_table import Columns as Columns
from mtam.rates.laws import EntropyBalance, Floats, Law, LogPower, PowerLaw, SubPolynomial
from mtam.report import curve_notes, terminal, terminal_laws
from mtam.report.tables.cell_text import interval_text
from mtam.report.tables.terminal_grid import terminal_grid
from mtam.runs.console import Messages
from mtam.runs.run_plan import place
from mtam.sweep.store import write_text

LAWS = ("power", "sub-polynomial", "log-power", "entropy-balance")
MINE = ("rates.csv", "curves.png", "curves.svg", "curves.csv")  # what a folder of --out may already hold
TABLES = SIMULATED  # cells beyond which a terminal shows slopes and counts only
FLATTEST = 1e-9  # range of a law's axis over the sizes, below which it tells them apart by rounding alone


@dataclass(frozen=True)
class Wanted:
    """What was asked for."""

    law: str
    gamma: float | None
    floor: bool
    reference: Path | None
    columns: Columns = field(default_factory=Columns)


def rates(file: Path, wanted: Wanted, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Fit the curves of ``file``, tell tables, and with ``out`` leave a table and a picture there."""
    check(wanted)
    messages = Messages(as_json=as_json, quiet=quiet)
    try:
        brought = curve_table.read(file, wanted.columns)
        given = None if wanted.reference is None else curve_table.reference(wanted.reference)
        results, left_out = fitted(brought, given, wanted)
    except TableError as error:
        raise UsageError(str(error)) from None
    notes = curve_notes.of_reading(brought, results, left_out)
    files = [] if out is None else _write(results, _target(out))  # before anything is printed: this may be refused
    for what in [*notes, *_told(results), *curve_notes.of_curves(results)]:
        messages.tell(terminal_grid(what) if isinstance(what, Table) else what)
    summary: dict[str, Any] = {"file": str(file), "law": wanted.law, "floor": wanted.floor}
    cells = summary_of_sweep(results)
    summary["cells"] = [
        {"cell": result.axis.get("cell", result.label if result.axis else "")} | told | curve_notes.entries(result)
        for result, told in zip(results, cells, strict=True)
    ]
    summary |= {"left_out": left_out, "notes": notes}
    if out is not None:
        summary["out"] = str(out)
    for path in files:
        messages.path(path)
    messages.answer(_finite(summary))


def check(wanted: Wanted) -> None:
    """Raise UsageError for a law that there is not, or that lacks its gamma."""
    if wanted.law not in LAWS:
        raise UsageError(f"--law {wanted.law} is unknown; valid: {', '.join(LAWS)}.")
    if wanted.law == "sub-polynomial" and wanted.gamma is None:
        raise UsageError("--law sub-polynomial is exp(-C (ln n)^gamma) and needs its gamma: add --gamma 0.5.")
    if wanted.gamma is not None and not 0.01 <= wanted.gamma <= 10:
        raise UsageError(f"--gamma {wanted.gamma:g} is out of range; valid: numbers from 0.01 to 10.")
    if wanted.gamma == 1:
        raise UsageError("--gamma 1 is a power law; valid: another gamma, or --law power without --gamma.")


def fitted(
    brought: Brought, given: EntropyBalance | None, wanted: Wanted
) -> tuple[list[CellResult], dict[str, str]]:  # fmt: skip
    """What can be fitted, and why a cell cannot; raises TableError where none can."""
    results, left_out = [], dict(brought.left_out)
    simulated = len(brought.curves) <= SIMULATED
    for cell, points in brought.curves.items():
        try:
            results.append(_result(cell, points, brought, given, wanted, simulated))
        except TableError as error:
            left_out[cell] = str(error)
    if not results:
        raise TableError(next(iter(left_out.values())))
    return results, left_out


def _result(
    cell: str, points: Curve, brought: Brought, given: EntropyBalance | None, wanted: Wanted, simulated: bool
) -> CellResult:  # fmt: skip
    where = f"cell {cell}" if cell else "the table"
    if wanted.floor and len(points.sizes) < 4:
        raise TableError(
            f"{where} has {len(points.sizes)} sizes; a law with a floor needs at least 4: leave --floor out."
        )
    own = brought.references.get(cell)
    laws = _laws(points, _reference(points, own, given, where), wanted.gamma)
    if wanted.law not in laws:
        raise TableError(_unfit(points, wanted, where, given is not None or own is not None))
    reference = laws.get("entropy-balance")
    law = laws.pop(wanted.law)
    values = np.exp(reference.axis(points.sizes)) if isinstance(reference, EntropyBalance) else None
    axis: dict[str, Any] = {**brought.axes.get(cell, {"cell": cell} if cell else {})}
    rivals = tuple(laws.values())
    return CellResult(axis, law, points, reference=values, floor=wanted.floor, rivals=rivals, simulated=simulated)


def _unfit(points: Curve, wanted: Wanted, where: str, referred: bool) -> str:
    """Why the law that was asked for has no axis on these sizes."""
    n = f"n = {points.sizes[0]:.10g}"
    if wanted.law == "log-power" and points.sizes[0] <= 1:
        return f"{where} has {n}, where (ln n)^-b is not defined; leave that size out."
    if wanted.law == "sub-polynomial" and points.sizes[0] < 1:
        return f"{where} has {n}, where (ln n)^gamma is not defined; leave that size out."
    if wanted.law == "entropy-balance" and not referred:
        return "--law entropy-balance needs a reference curve: a column reference, or --reference FILE."
    if wanted.law == "entropy-balance":
        return f"{where}: the reference is constant over its sizes, so it says nothing of the form of the curve."
    return f"{where} has sizes from {n} to {points.sizes[-1]:.10g}, too close for {wanted.law}; valid: a wider range."


def _reference(points: Curve, own: Floats | None, given: EntropyBalance | None, where: str) -> EntropyBalance | None:
    if given is None:
        try:
            return None if own is None else EntropyBalance(tuple(points.sizes), tuple(own))
        except ValueError as error:
            raise TableError(f"{where}: {error}.") from None
    try:
        given.axis(points.sizes)
    except ValueError as error:
        raise TableError(f"{where}: {error}; valid: a reference from n = {points.sizes[0]:g} on.") from None
    return given


def _laws(points: Curve, reference: EntropyBalance | None, gamma: float | None) -> dict[str, Law]:
    """The laws that can be compared on this curve, by their names on the command line."""
    laws: dict[str, Law] = {"power": PowerLaw()}
    if gamma is not None and points.sizes[0] >= 1:
        laws["sub-polynomial"] = SubPolynomial(gamma)
    if points.sizes[0] > 1:
        laws["log-power"] = LogPower()
    if reference is not None:
        laws["entropy-balance"] = reference
    return {name: law for name, law in laws.items() if np.ptp(law.axis(points.sizes)) > _flat(law, points)}


def _flat(law: Law, points: Curve) -> float:
    """The range of an axis that rounding can make: relative to its values."""
    return FLATTEST * max(1e-3, float(np.abs(law.axis(points.sizes)).max()))


def _told(results: list[CellResult]) -> list[Table | str]:
    """Tables and verdicts; of many cells the slopes, and how many have which verdict."""
    few = len(results) <= TABLES
    told: list[Table | str] = [terminal.convergence_table(result, "n") for result in results] if few else []
    told.append(terminal.slopes_table(results, "n", theory=False))
    if not few:
        words = [result.comparison.get("comparison", "no comparison of laws") for result in results]
        verdicts = Counter(each.partition(" (lack of fit")[0] for each in words)
        lines = [f"{verdict}: {count} of {len(results)} cells." for verdict, count in verdicts.most_common(TABLES)]
        more = "Convergence tables, laws and verdicts of every cell are in --json, and in the files that --out leaves."
        return [*told, *lines, more]
    tables = (terminal_laws.sides_table(results, "n"), terminal_laws.sensitivity_table(results, "n"))
    told += [one for one in tables if one is not None]
    for result in results:
        if result.comparison:
            told.append(f"{result.label}: {result.comparison['comparison']}.")
            own = terminal_laws.interval_of(result.comparison, "free_gamma")
            if own is not None:
                gamma = interval_text(own, ".2f")
                told.append(f"{result.label}: its own gamma in exp(-C (ln n)^gamma) is {gamma}; 1 is a power law.")
    told += terminal_laws.notes_on_laws(results, "n")
    notes = [note for note in terminal.notes_on_slopes(results) if not note.startswith("Theory")]
    if any(result.curve.sizes[0] <= 1 for result in results):
        notes.append("(ln n)^-b is not defined where n is at most 1, and not compared there.")
    return told + notes


def _finite(value: Any) -> Any:
    """What JSON can hold: None for numbers that are not finite."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _target(out: Path) -> Path:
    """The folder of --out, if it can be written and holds nothing but what this command leaves."""
    target = place("rates", out)
    strangers = sorted(path.name for path in target.iterdir() if path.name not in MINE) if target.is_dir() else []
    if strangers:
        raise UsageError(f"--out {out} holds other things ({strangers[0]}); give a folder of its own.")
    return target


def _write(results: list[CellResult], out: Path) -> list[Path]:
    from mtam.report.figures import rates_figure

    frame = rates_rows(results)
    for name in curve_notes.COLUMNS:
        frame[name] = [curve_notes.entries(result)[name] for result in results]
    drawn = rates_figure.picture(results)
    with opening(out):
        write_text(out / "rates.csv", frame.to_csv(index=False))
        return [out / "rates.csv", *drawn.save(out)]
