"""Fit laws to curves that somebody brings in a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtam.analysis.cell_results import CellResult, rates_rows, summary_of_sweep
from mtam.base.errors import UsageError, opening
from mtam.base.table import Table
from mtam.rates.curve import Curve
from mtam.rates.files import curve_table
from mtam.rates.files.curve_table import Brought, TableError
from mtam.rates.laws import EntropyBalance, Floats, Law, LogPower, PowerLaw, SubPolynomial
from mtam.report import terminal, terminal_laws
from mtam.report.tables.cell_text import interval_text
from mtam.report.tables.terminal_grid import terminal_grid
from mtam.runs.console import Voice
from mtam.runs.run_plan import place
from mtam.sweep.store import write_text

LAWS = ("power", "sub-polynomial", "log-power", "entropy-balance")
MINE = ("rates.csv", "curves.png", "curves.svg", "curves.csv")  # what a folder of --out may already hold


@dataclass(frozen=True)
class Wanted:
    """What was asked for."""

    law: str
    gamma: float | None
    floor: bool
    reference: Path | None


def rates(file: Path, wanted: Wanted, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Fit the curves of ``file``, tell tables, and with ``out`` leave a table and a picture there."""
    _check(wanted)
    voice = Voice(as_json=as_json, quiet=quiet)
    try:
        brought = curve_table.read(file)
        given = None if wanted.reference is None else curve_table.reference(wanted.reference)
        results = [_result(cell, points, brought, given, wanted) for cell, points in brought.curves.items()]
    except TableError as error:
        raise UsageError(str(error)) from None
    files = [] if out is None else _write(results, _target(out))  # before anything is printed: this may be refused
    for what in _told(results, brought):
        voice.tell(terminal_grid(what) if isinstance(what, Table) else what)
    summary: dict[str, Any] = {"file": str(file), "law": wanted.law, "floor": wanted.floor}
    cells = summary_of_sweep(results)
    summary["cells"] = [{"cell": cell} | told for cell, told in zip(brought.curves, cells, strict=True)]
    if out is not None:
        summary["out"] = str(out)
    for path in files:
        voice.tell(str(path))
    voice.answer(summary)


def _check(wanted: Wanted) -> None:
    if wanted.law not in LAWS:
        raise UsageError(f"--law {wanted.law} is unknown; valid: {', '.join(LAWS)}.")
    if wanted.law == "sub-polynomial" and wanted.gamma is None:
        raise UsageError("--law sub-polynomial is exp(-C (ln n)^gamma) and needs its gamma: add --gamma 0.5.")
    if wanted.gamma is not None and not 0 < wanted.gamma <= 10:
        raise UsageError(f"--gamma {wanted.gamma:g} is out of range; valid: numbers above 0, at most 10.")
    if wanted.gamma == 1:
        raise UsageError("--gamma 1 is a power law; valid: another gamma, or --law power without --gamma.")


def _result(
    cell: str, points: Curve, brought: Brought, given: EntropyBalance | None, wanted: Wanted
) -> CellResult:  # fmt: skip
    where = f"cell {cell}" if cell else "the table"
    if wanted.floor and len(points.sizes) < 4:
        raise TableError(
            f"{where} has {len(points.sizes)} sizes; a law with a floor needs at least 4: leave --floor out."
        )
    own = brought.references.get(cell)
    laws = _laws(points, _reference(points, own, given, where), wanted.gamma)
    if wanted.law not in laws:
        if wanted.law == "log-power":
            raise TableError(f"{where} has n = 1, where (ln n)^-b is not defined; leave that size out.")
        raise TableError("--law entropy-balance needs a reference curve: a column reference, or --reference FILE.")
    reference = laws.get("entropy-balance")
    law = laws.pop(wanted.law)
    values = np.exp(reference.axis(points.sizes)) if isinstance(reference, EntropyBalance) else None
    axis = {"cell": cell} if cell else {}
    return CellResult(axis, law, points, reference=values, floor=wanted.floor, rivals=tuple(laws.values()))


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
    if gamma is not None:
        laws["sub-polynomial"] = SubPolynomial(gamma)
    if points.sizes[0] > 1:
        laws["log-power"] = LogPower()
    if reference is not None:
        laws["entropy-balance"] = reference
    return laws


def _told(results: list[CellResult], brought: Brought) -> list[Table | str]:
    told: list[Table | str] = [terminal.convergence_table(result, "n") for result in results]
    told.append(terminal.slopes_table(results, "n", theory=False))
    tables = (terminal_laws.sides_table(results, "n"), terminal_laws.sensitivity_table(results, "n"))
    told += [one for one in tables if one is not None]
    verdicts = []
    for result in results:
        if result.comparison:
            verdicts.append(f"{result.label}: {result.comparison['comparison']}.")
            own = terminal_laws.interval_of(result.comparison, "free_gamma")
            if own is not None:
                gamma = interval_text(own, ".2f")
                verdicts.append(f"{result.label}: its own gamma in exp(-C (ln n)^gamma) is {gamma}; 1 is a power law.")
    verdicts += terminal_laws.notes_on_laws(results, "n")
    notes = [note for note in terminal.notes_on_slopes(results) if not note.startswith("Theory")]
    if not brought.seeded:
        notes.append("The table has no column seed: every row counts as the same seed.")
    if any(result.curve.sizes[0] <= 1 for result in results):
        notes.append("(ln n)^-b is not defined at n = 1 and not compared there.")
    if brought.failed:
        notes.append(f"{brought.failed} rows with status failed are left out.")
    return told + verdicts + notes


def _target(out: Path) -> Path:
    """The folder of --out, if it can be written and holds nothing but what this command leaves."""
    target = place("rates", out)
    strangers = sorted(path.name for path in target.iterdir() if path.name not in MINE) if target.is_dir() else []
    if strangers:
        raise UsageError(f"--out {out} holds other things ({strangers[0]}); give a folder of its own.")
    return target


def _write(results: list[CellResult], out: Path) -> list[Path]:
    from mtam.report.figures import rates_figure

    with opening(out):
        write_text(out / "rates.csv", rates_rows(results).to_csv(index=False))
        return [out / "rates.csv", *rates_figure.picture(results).save(out)]
