"""Tables over many runs as files: CSV, parquet, LaTeX."""

import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mtam.base.table import Cell, Table
from mtam.report import finding_report, terminal
from mtam.report.tables.table_latex import table_latex
from mtam.runs.exports.exported_runs import ExportedRuns, check_name, run_name
from mtam.sweep.store import write_bytes, write_text


def write_csv(exported: ExportedRuns, out: Path) -> list[Path]:
    """trials.csv, rates.csv, claims.csv, findings.csv: those that have rows."""
    return [write_text(out / f"{name}.csv", frame.to_csv(index=False)) for name, frame in exported.tables().items()]


def write_parquet(exported: ExportedRuns, out: Path) -> list[Path]:
    """The same as parquet, which keeps types; a column of several types, such as an axis of a list, is text."""
    files = []
    for name, frame in exported.tables().items():
        held = io.BytesIO()
        _typed(frame).to_parquet(held, index=False)
        files.append(write_bytes(out / f"{name}.parquet", held.getvalue()))
    return files


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    typed = frame.copy()
    for name in frame.columns[[kind.kind == "O" for kind in frame.dtypes]]:
        values = frame[name].tolist()
        kinds = {type(value) for value in values if value is not None and value == value}
        if len(kinds) > 1 or kinds & {list, dict, tuple}:
            texts = [str(value) if value is not None and value == value else None for value in values]
            typed[name] = pd.Series(texts, index=frame.index, dtype=object)
    return typed


def write_latex(exported: ExportedRuns, out: Path) -> list[Path]:
    """A tabular with the rules of booktabs for the rates of every sweep, the claims, the verdicts of every check."""
    return [write_text(out / f"{name}.tex", table_latex(table)) for name, table in _latex_tables(exported)]


def _latex_tables(exported: ExportedRuns) -> Iterator[tuple[str, Table]]:
    for run in exported.sweeps:
        name, size = run_name(run), run.plan.definition.size
        yield f"rates-{name}", terminal.slopes_table(run.cells, size)
        for table in run.tables:
            yield f"{table.name}-{name}", table
    if exported.judged:
        yield "claims", _claims(exported)
    for kept in exported.checks:
        yield f"findings-{check_name(kept)}", finding_report.verdicts_table(kept.finding)
        for table in kept.finding.tables:
            yield f"{table.name}-{check_name(kept)}", table


def _claims(exported: ExportedRuns) -> Table:
    rows: list[list[Cell]] = [
        [each.claim.claim, each.claim.source, each.theory, each.measured, each.judgement.verdict, run]
        for run, each in exported.judged
    ]
    headings = ["claim", "source", "theory", "this run", "verdict", "run"]
    return Table(name="claims", title="Claims", headings=headings, rows=rows, formats={"this run": "#3"})
