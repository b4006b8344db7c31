"""Run every job of a scale, then judge the claims of both papers by what the jobs left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from rich.text import Text

from mtam import config
from mtam.base import conf_files
from mtam.base.spec import Frozen
from mtam.checks.check_registry import CheckJob
from mtam.runs import judge_folder, run_check
from mtam.runs.console import Messages
from mtam.runs.run_plan import Options, folder
from mtam.runs.run_sweep import run_and_summarise
from mtam.runs.sequential.longer_runs import Compose, RunSequence, replaced
from mtam.runs.sequential.until_decided import Decider
from mtam.sweep.launch import cores
from mtam.sweep.planning import Plan
from mtam.sweep.settings import validate


class _Job(Frozen):
    """One line of conf/reproduce: a sweep, a check or a fit, with its settings."""

    sweep: str | None = None
    check: str | None = None
    fit: Literal["fit-ips"] | None = None
    settings: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(name is not None for name in (self.sweep, self.check, self.fit)) != 1:
            raise ValueError("a job is one of sweep, check, fit")
        return self

    def compose(self, launcher: Sequence[str]) -> "Plan | CheckJob":
        """The plan; raises UsageError with one sentence for anything wrong in it."""
        if self.check:
            return run_check.compose(self.check, self.settings)
        return self.compose_sweep(launcher, []) if self.sweep else config.plan_fit([*self.settings, *launcher])

    def compose_sweep(self, launcher: Sequence[str], further: Sequence[str]) -> Plan:
        """The plan of a sweep, where ``further`` settings come last; raises UsageError as ``compose``."""
        return config.plan_sweep(self.sweep or "", replaced([*self.settings, *launcher], further))


class _Scale(Frozen):
    jobs: list[_Job] = Field(min_length=1)


@dataclass(frozen=True)
class _Step:
    """One job with its folder."""

    what: Plan | CheckJob
    out: Path
    compose: Compose | None = None  # further settings -> the plan of a sweep with them

    @property
    def name(self) -> str:
        return self.what.name if isinstance(self.what, Plan) else f"check {self.what.name}"

    def run(self, options: Options, messages: Messages) -> tuple[dict[str, Any], int]:
        """The job's summary and exit code."""
        if isinstance(self.what, Plan):
            return run_and_summarise(self.what, replace(options, out=self.out), messages, brief=True)
        if options.dry_run:
            messages.tell(f"{self.name}: {run_check.cached(self.what, self.out)}")
            return {"check": self.what.name, "out": str(self.out)}, 0
        return run_check.run_check(self.what, self.out, messages, options.force, brief=not messages.tables), 0

    def seconds(self) -> float:
        """A rough forecast on all cores."""
        if not isinstance(self.what, Plan):
            return run_check.SECONDS
        return sum(map(self.what.cost, self.what.packs)) / cores()


def reproduce(
    scale: str,
    launcher: Sequence[str],
    options: Options,
    as_json: bool,
    strict: bool,
    budget: float | None = None,
) -> int:
    """Run every job of ``conf/reproduce/<scale>.yaml``; all are planned, and so validated, before the first runs.

    With a ``budget`` in seconds, sweeps with open claims then go on with more seeds. The exit code is 1 when a trial
    failed, and under ``strict`` else that of ``judge_folder.strict_code``.
    """
    messages = Messages(as_json=as_json, quiet=options.quiet, tables=options.tables, details=options.details)
    assert options.out is not None
    jobs = validate(_Scale, conf_files.load(f"reproduce/{scale}"), "", f"reproduce/{scale}").jobs
    steps = [_step(job, launcher, options.out) for job in jobs]
    parent = options.out / f"reproduce-{scale}"
    if not options.dry_run:
        judge_folder.remember(parent, scale, [step.out for step in steps])
    summaries, worst = [], 0
    for at, step in enumerate(steps):
        left = sum(rest.seconds() for rest in steps[at:])
        heading = f"job {at + 1} of {len(steps)}: {step.name}; about {max(left / 60, 1):.0f} min to go"
        messages.tell(Text(heading, style="bold"))
        summary, code = step.run(options, messages)
        summaries.append(summary)
        worst = max(worst, code)
    told: dict[str, Any] = {"scale": scale, "out": str(parent), "jobs": summaries}
    if not options.dry_run:
        folders = [step.out for step in steps]
        if budget is not None:
            folders, code = _decide(steps, options, messages, budget)
            judge_folder.remember(parent, scale, folders)
            worst = max(worst, code)
        found, files = judge_folder.judged(folders, parent, f"mtam: both papers at {scale} scale")
        judge_folder.tell(found, messages)
        judge_folder.tell_files(files, messages)
        told["claims"] = judge_folder.rows_of(found)
        worst = worst or (judge_folder.strict_code(found) if strict else 0)
    messages.answer(told)
    return worst


def _step(job: _Job, launcher: Sequence[str], parent: Path) -> _Step:
    """The job in its folder; raises UsageError now, before anything runs, when that cannot be used."""
    what = job.compose(launcher)
    if isinstance(what, Plan):
        out = parent / f"{what.name}-{what.digest}"
        folder(what, Options(out=out))
        return _Step(what, out, partial(job.compose_sweep, launcher) if job.sweep else None)
    return _Step(what, run_check.folder_of(what, parent / f"check-{what.name}-{what.digest}"))


def _decide(
    steps: Sequence[_Step], options: Options, messages: Messages, budget: float
) -> tuple[list[Path], int]:  # fmt: skip
    """Give open claims their seeds; the folders to judge by, and the worst exit code."""
    sequences = {step.name: RunSequence(step.compose, step.out) for step in steps if step.compose}
    decider = Decider(sequences, [step.out for step in steps if not step.compose], options, messages)
    decider.run(budget)
    return decider.folders, max(decider.codes, default=0)
