"""What a run leaves behind: tables, figures and a summary, built from its records alone."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtam import __version__
from mtam.sweep import store
from mtam.sweep.plan import Plan
from mtam.sweep.registry import problem
from mtam.sweep.store import Record, write_text

SUMMARY = "summary.json"


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    plan: Plan
    out: Path
    summary: dict[str, Any]
    files: tuple[Path, ...]
    records: dict[str, Record]  # as they were read once, after the run
    computed: int  # trials computed now

    @property
    def failures(self) -> dict[str, str]:
        """The sentence of every failed trial, by key."""
        return {key: record["failure"] for key, record in self.records.items() if store.failed(record)}

    @property
    def missing(self) -> int:
        """Trials without a record."""
        return len(self.plan.trials) - len(self.records)


def build(plan: Plan, out: Path, *, again: bool = True, before: int = 0) -> Outcome:
    """Tables, figures and summary from the records in ``out``; without ``again``, only if they are out of date.

    ``before`` is how many of the records were there already.
    """
    records = store.read_all(out, plan.trials)
    computed = len(records) - before
    stamp = _stamp(records)
    if not again:
        found = _current(out, stamp)
        if found is not None:
            files_there = tuple(out / name for name in found["files"])
            return Outcome(plan, out, found["summary"], files_there, records, computed)
    summary, files = _build_sweep(plan, out, records) if plan.kind == "sweep" else _build_fit(plan, out, records)
    content = {"stamp": stamp, "files": [path.name for path in files], "summary": summary}
    write_text(out / SUMMARY, json.dumps(content, indent=1) + "\n")
    return Outcome(plan, out, dict(summary), tuple(files), records, computed)


def _stamp(records: Mapping[str, Record]) -> str:
    sources = [path for room in ("rates", "report") for path in sorted((Path(__file__).parent / room).glob("*.py"))]
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    text = json.dumps([__version__, code, sorted(record["checksum"] for record in records.values())])
    return hashlib.sha256(text.encode()).hexdigest()


def _current(out: Path, stamp: str) -> dict[str, Any] | None:
    try:
        found = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
        fresh = found["stamp"] == stamp and all((out / name).exists() for name in found["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(found) if fresh else None


def _build_sweep(plan: Plan, out: Path, records: Mapping[str, Record]) -> tuple[dict[str, Any], list[Path]]:
    from mtam.report import figures, maps, tables

    rows = tables.trial_rows(plan, records)
    results = tables.cell_results(plan, rows)
    write_text(out / "curve.csv", rows.to_csv(index=False))
    write_text(out / "rates.csv", tables.rates_rows(results).to_csv(index=False))
    kind = problem(plan.problem)
    drawn = []
    if any(len(result.curve.sizes) > 1 for result in results):
        drawn += figures.curves(results, out / "curves", kind.size, kind.parts)
    drawn += maps.levels(results, out / "levels", kind.levels, kind.size)
    cells = tables.summary_of_sweep(results)
    summary = {
        "sweep": plan.name,
        "out": str(out),
        "trials": len(plan.trials),
        "seconds": None,
        "cells": cells,
    }
    return summary, [out / "curve.csv", out / "rates.csv", *drawn]


def _build_fit(plan: Plan, out: Path, records: Mapping[str, Record]) -> tuple[dict[str, Any], list[Path]]:
    from mtam.report import figures, tables

    ((key, trial),) = plan.trials.items()
    if key not in records or store.failed(records[key]):
        return {"fit": plan.name, "failure": records.get(key, {}).get("failure", "not computed")}, []
    numbers = records[key]["numbers"]
    summary = tables.summary_of_fit(plan, records[key])
    title = f"d = {summary['d']}, N = {summary['tokens']}, M = {trial.n}, rank {summary['rank']}, seed {trial.seed}: "
    if "error" in summary:
        title += f"squared error {summary['error']:.2e} ± {summary['error_se']:.0e}"
    if "oracle_error" in summary:
        title += f", with A* known {summary['oracle_error']:.2e}"
    if "holdout_error" in summary:
        title += f"hold-out error {summary['holdout_error']:.3g} ± {summary['holdout_se']:.1g}"
    drawn = figures.interaction_fit(numbers, out / "fit", title)
    return summary, [*_save_model(numbers, out), *drawn]


def _save_model(numbers: dict[str, Any], out: Path) -> list[Path]:
    """model.npz, where the record holds the whole fit and not just its errors."""
    if "matrix" not in numbers:
        return []
    from mtam.interaction.fitted import from_record

    from_record(numbers).save(out / "model.npz")
    return [out / "model.npz"]
