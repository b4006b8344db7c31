"""What many runs hold, as tables over all of them: trials, rates, claims, findings; a column names the run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mtam.analysis.cell_results import rates_rows
from mtam.analysis.run import Run
from mtam.checks.finding_folder import StoredFinding
from mtam.claims import judge_claims
from mtam.claims.claim import load, of_problems
from mtam.claims.evidence import Gathered, gather
from mtam.claims.judge_claims import JudgedClaim
from mtam.runs.judge_folder import remembered
from mtam.sweep import store
from mtam.sweep.planning import label

RUN, CELL = "run", "cell"
FINDINGS = (RUN, "check", "key", "claim", "said", "expected", "value", "low", "high", "because", "source")


@dataclass(frozen=True)
class TrackedTrial:
    """A trial as trackers of experiments have it."""

    run: str
    sweep: str
    name: str
    cell: str
    settings: dict[str, Any]  # dotted keys
    numbers: dict[str, float]
    traces: dict[str, list[tuple[int, float]]]  # of the training: steps with values
    failure: str | None


class ExportedRuns:
    """Runs and checks of several folders; raises UsageError for a folder that is none of mtam's."""

    def __init__(self, folders: Sequence[Path]) -> None:
        within = [inner for folder in folders for inner in remembered(folder)]
        distinct = list({folder.resolve(): folder for folder in within}.values())
        self._gathered = gather(distinct)

    @property
    def runs(self) -> tuple[Run, ...]:
        """The sweeps and fits."""
        return self._gathered.runs

    @property
    def checks(self) -> list[StoredFinding]:
        """The checks."""
        return [kept for kept, _ in self._gathered.checks]

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row per trial with a record: run, problem, cell in words, axes, n, seed, status, error, its numbers."""
        frames = []
        for run in self.runs:
            rows = run.rows.drop(columns=CELL)
            names = [label(run.plan.cells[at].axis) for at in run.rows[CELL]]
            rows.insert(0, CELL, names)
            rows.insert(0, "problem", run.plan.problem)
            rows.insert(0, RUN, run_name(run))
            frames.append(rows)
        return _joined(frames, [RUN, "problem", CELL, "n", "seed", "status", "error"])

    @cached_property
    def rates(self) -> pd.DataFrame:
        """One row per cell of a sweep: law, slope with interval, theory's slope, log-log slope, R²."""
        frames = []
        for run in self.sweeps:
            rows = rates_rows(run.cells)
            rows.insert(0, CELL, [result.label for result in run.cells])
            rows.insert(0, RUN, run_name(run))
            frames.append(rows)
        return _joined(frames, [RUN, CELL, "law", "slope", "slope_low", "slope_high", "theory_slope", "r2"])

    @property
    def sweeps(self) -> list[Run]:
        """The runs that have cells with records."""
        return [run for run in self.runs if run.plan.kind == "sweep" and run.records]

    @cached_property
    def claims(self) -> pd.DataFrame:
        """One row per claim that the runs speak to."""
        rows = [{RUN: name, **each.row} for name, each in self.judged]
        return pd.DataFrame(rows, columns=[RUN, *judge_claims.COLUMNS])

    @cached_property
    def judged(self) -> list[tuple[str, JudgedClaim]]:
        """The claims that the runs speak to, with the name of the run; of runs of one sweep, each is judged alone."""
        told = []
        for layer in self._layers():
            own = of_problems(run.plan.definition for run in layer.runs)
            names = {run.plan.name: run_name(run) for run in layer.runs}
            names |= {f"check {kept.check}": check_name(kept) for kept, _ in layer.checks}
            judged = judge_claims.judge_all([*load(), *own], layer)
            everything = "; ".join(names.values())  # claims that rest on several runs
            told += [(names.get(each.claim.place, everything), each) for each in judged if each.here]
        return told

    def _layers(self) -> Iterator[Gathered]:
        """The runs so that no sweep and no check is in one of them twice, the first ones together."""
        left_runs, left_checks = list(self.runs), list(self._gathered.checks)
        while left_runs or left_checks:
            runs = list({run.plan.name: run for run in reversed(left_runs)}.values())[::-1]
            checks = list({kept.check: (kept, folder) for kept, folder in reversed(left_checks)}.values())[::-1]
            yield Gathered(tuple(runs), {kept.check: kept.finding for kept, _ in checks}, tuple(checks))
            left_runs = [run for run in left_runs if not any(run is one for one in runs)]
            left_checks = [pair for pair in left_checks if not any(pair[0] is one for one, _ in checks)]

    @cached_property
    def findings(self) -> pd.DataFrame:
        """One row per statement that a check has judged."""
        rows = [
            {
                RUN: check_name(kept), "check": kept.check, "key": one.key, "claim": one.claim, "said": str(one.said),
                "expected": one.expected, "value": one.value, "low": one.low, "high": one.high,
                "because": one.because, "source": kept.finding.source,
            }
            for kept in self.checks for one in kept.finding.verdicts
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=list(FINDINGS))

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables that have rows, by name."""
        found = {"trials": self.trials, "rates": self.rates, "claims": self.claims, "findings": self.findings}
        return {name: frame for name, frame in found.items() if len(frame)}

    def tracked(self) -> Iterator[TrackedTrial]:
        """Every trial with a record."""
        for run in self.runs:
            size = run.plan.definition.size
            for cell, keys in zip(run.plan.cells, run.plan.keys, strict=True):
                for key, trial in zip(keys, cell.trials, strict=True):
                    if key in run.records:
                        name = f"{label(cell.axis)}, {size} = {trial.n}, seed {trial.seed}"
                        settings = dict(_leaves(trial.model_dump(mode="json")))
                        yield _tracked(run, name, label(cell.axis), settings, run.records[key])


def run_name(run: Run) -> str:
    """The sweep with the digest of its content."""
    return f"{run.plan.name}-{run.plan.digest}"


def check_name(kept: StoredFinding) -> str:
    """The check with the digest of its settings."""
    return f"check-{kept.check}-{kept.digest}"


def _joined(frames: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Below each other, whatever axes they have; columns without any value are left out first, as they have no type."""
    filled = [frame.dropna(axis="columns", how="all") for frame in frames if len(frame)]
    if not filled:
        return pd.DataFrame(columns=columns)
    first = [name for name in columns if any(name in frame for frame in frames)]
    order = list(dict.fromkeys([*first, *(name for frame in filled for name in frame)]))
    return pd.concat(filled, ignore_index=True).reindex(columns=order)


def _tracked(run: Run, name: str, cell: str, settings: dict[str, Any], record: Mapping[str, Any]) -> TrackedTrial:
    numbers = record.get("numbers", {})
    plain = {key: float(value) for key, value in numbers.items() if isinstance(value, int | float)}
    steps = numbers.get("trace_steps", [])
    traces = {
        key.removeprefix("trace_"): list(zip(map(int, steps), map(float, values), strict=True))
        for key, values in numbers.items()
        if key.startswith("trace_") and key != "trace_steps" and isinstance(values, list) and len(values) == len(steps)
    }
    plain["seconds"] = float(record.get("seconds", 0.0))
    failure = record["failure"] if store.failed(dict(record)) else None
    return TrackedTrial(run_name(run), run.plan.name, name, cell, settings, plain, traces, failure)


def _leaves(tree: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, tree
