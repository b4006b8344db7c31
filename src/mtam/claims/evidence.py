"""What folders hold for or against claims: runs with their records, checks with their findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mtam.analysis.run import NoEvidence, Run
from mtam.base.errors import UsageError
from mtam.base.finding import FINDING, Finding, JudgedStatement
from mtam.checks import check_registry, finding_folder
from mtam.checks.finding_folder import StoredFinding
from mtam.claims import looks
from mtam.sweep import planning, store
from mtam.sweep.planning import Plan


@dataclass(frozen=True)
class Gathered:
    """The runs and checks of several folders."""

    runs: tuple[Run, ...]
    findings: Mapping[str, Finding]
    checks: tuple[tuple[StoredFinding, Path], ...] = ()  # the same findings with their settings, and where they lie

    @cached_property
    def sweeps(self) -> dict[str, Run]:
        """The sweeps by name."""
        return {run.plan.name: run for run in self.runs if run.plan.kind == "sweep"}

    def sweep(self, name: str) -> Run:
        """Raises NoEvidence for a sweep that is not among the folders."""
        if name not in self.sweeps:
            raise NoEvidence(f"the sweep {name} was not run")
        return self.sweeps[name]

    def verdict(self, check: str, key: str, *, computed: bool = False) -> JudgedStatement:
        """Raises NoEvidence for a check that was not run or has no such verdict.

        ``computed``: a verdict that needs no data and takes seconds is computed, and says so.
        """
        if check not in self.findings:
            alone = check_registry.statement(check, key) if computed else None
            if alone is not None:
                return alone.model_copy(update={"because": f"{alone.because} (computed here, as check {check} does)"})
            raise NoEvidence(f"check {check} was not run")
        for verdict in self.findings[check].verdicts:
            if verdict.key == key:
                return verdict
        raise NoEvidence(f"check {check} gives no verdict {key}")


def gather(folders: Sequence[Path]) -> Gathered:
    """Read the runs in ``folders``. Raises UsageError for a folder that is no run of mtam."""
    plans: list[tuple[Plan, Path, int | None]] = []
    checks: list[tuple[StoredFinding, Path]] = []
    for folder in folders:
        if finding_folder.is_finding(folder):
            kept = finding_folder.read(folder)
            if kept is None:
                raise UsageError(f"{folder / FINDING} cannot be read; run the check again.")
            checks.append((kept, folder))
            continue
        plans.append((planning.read(folder), folder, looks.read(folder)))
    # All folders are sound, so nothing is refused from here on, and damaged records may be set aside.
    runs = [Run(plan, store.read_all(folder, plan.trials), folder, look) for plan, folder, look in plans]
    return Gathered(tuple(runs), {kept.check: kept.finding for kept, _ in checks}, tuple(checks))
