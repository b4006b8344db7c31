"""The way of a run: plan -> what is missing -> launch -> tables, figures, summary.

Everything on disk lies in one folder named by content, so the same command finds its own results again.
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtam import __version__
from mtam.errors import UsageError
from mtam.sweep import launch, progress, store, work
from mtam.sweep import plan as planning
from mtam.sweep.plan import Plan
from mtam.sweep.registry import problem
from mtam.sweep.store import Record, write_text

SUMMARY = "summary.json"
CONFIG = "config.yaml"


@dataclass(frozen=True)
class Options:
    """How to run, none of which changes a number."""

    out: Path | None = None
    device: str = "auto"
    dry_run: bool = False
    force: bool = False
    quiet: bool = False
    retry_failed: bool = False
    fail_fast: bool = False
    task: tuple[int, int] | None = None  # (i, k): only every k-th pack, from the i-th on


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


def folder(plan: Plan, options: Options) -> Path:
    """Where the run lives: --out, else outputs/<name>-<digest>. Raises UsageError when it cannot be written."""
    out = options.out or Path("outputs") / f"{plan.name}-{plan.digest}"
    if options.out is not None and not str(options.out).strip("."):
        raise UsageError("--out names no folder; give a folder of its own to every run.")
    parent = out
    while not os.path.lexists(parent):
        parent = parent.parent
    if not parent.is_dir():
        raise UsageError(f"--out {out}: {parent} is not a folder.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"--out {out}: {parent} cannot be written to.")
    return out


def run(plan: Plan, options: Options, screen: Any) -> Outcome:
    """Bring ``plan`` to its end: compute what has no record, then tables, figures and summary."""
    started = time.perf_counter()
    plan, out, packs = _begin(plan, options)
    before = store.read_all(out, plan.trials).keys() - {key for pack in packs for key in pack}
    if packs:
        launcher = _launcher(plan, options)
        _check_memory(plan, packs)
        _prepare(plan, out)
        with progress.display(screen, plan.name, options.quiet) as show:
            launch.run(plan, out, packs, launcher, show)
    outcome = build(plan, out, again=bool(packs) or options.force, before=len(before))
    seconds = round(time.perf_counter() - started, 3)
    if plan.kind == "sweep":
        outcome.summary.update(seconds=seconds, failed=len(outcome.failures), missing=outcome.missing)
    outcome.summary.update(out=str(out), computed=outcome.computed, cached=len(before))
    return outcome


def _begin(plan: Plan, options: Options) -> tuple[Plan, Path, list[tuple[str, ...]]]:
    """The plan as its manifest orders it, its folder, and what is wanted of it. Raises UsageError, writes nothing."""
    out = folder(plan, options)
    if out.exists():
        plan = check_same(plan, out)
    packs = launch.missing(plan, out, force=options.force, retry_failed=options.retry_failed)
    return plan, out, packs if options.task is None else launch.share(plan, packs, *options.task)


def _check_memory(plan: Plan, packs: Sequence[tuple[str, ...]]) -> None:
    needed = max(sum(plan.trials[key].memory() for key in pack) for pack in packs)
    present = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > present:
        raise UsageError(
            f"one pack of {plan.name} would need about {needed / 2**30:.0f} GiB of memory, and this machine has "
            f"{present / 2**30:.0f} GiB; take fewer samples."
        )


def check_same(plan: Plan, out: Path) -> Plan:
    """The plan with its cells in the order of the manifest in ``out``, so that equal results are equal bytes.

    Raises UsageError when ``out`` holds the run of another plan, or things that are no run at all.
    """
    found = planning.found_in(out, plan)
    if found is not None:
        return replace(found, config=plan.config) if plan.kind == "sweep" else plan
    if any(not _is_ours(path.name) for path in out.iterdir()):
        raise UsageError(f"--out {out} is not empty and holds no run of mtam; choose another --out.")
    return plan


def _is_ours(name: str) -> bool:
    """What a run may leave before its manifest: a crash, or a sibling of a job array, must not block the folder."""
    return name in (CONFIG, progress.FOLDER) or (name.startswith(".") and name.endswith(".tmp"))


def _prepare(plan: Plan, out: Path) -> None:
    import yaml

    try:
        out.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(plan.config, sort_keys=False)
        plan.write(out)
        write_text(out / CONFIG, f"# The resolved configuration of this run.\n{text}")
    except OSError as error:
        raise UsageError(f"--out {out} cannot be written: {error.strerror}.") from None


def _launcher(plan: Plan, options: Options) -> launch.Launcher:
    settings = plan.config["launcher"]
    workers = settings["workers"] or launch.cores()
    return launch.Launcher(settings["name"], workers, work.resolve_device(options.device), options.fail_fast)


def forecast(plan: Plan, options: Options) -> dict[str, Any]:
    """What a run would do, with nothing written: the --dry-run answer."""
    plan, out, packs = _begin(plan, options)
    settings = plan.config["launcher"]
    workers = 1 if settings["name"] == "inline" else min(settings["workers"] or launch.cores(), max(len(packs), 1))
    seconds = max([sum(map(plan.cost, packs)) / workers, *map(plan.cost, packs)], default=0.0)
    return {
        plan.kind: plan.name,
        "out": str(out),
        "trials": len(plan.trials),
        "cached": len(store.read_all(out, plan.trials)),
        "to_compute": sum(map(len, packs)),
        "packs": len(packs),
        "workers": workers,
        "forecast_seconds": round(seconds, 1),
    }


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
