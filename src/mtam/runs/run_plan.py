"""The way of a run: plan -> what is missing -> launch -> tables, figures, summary.

Everything on disk lies in one folder named by content, so the same command finds its own results again.
"""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtam.base.errors import UsageError, opening, writing
from mtam.base.system import machine
from mtam.claims.claim import seals
from mtam.problems.registry import variant
from mtam.runs.outputs import Outcome, build
from mtam.sweep import heartbeats, launch, planning, progress, store
from mtam.sweep.cluster import executor_factories, slurm, slurm_wait
from mtam.sweep.planning import Plan
from mtam.sweep.progress_account import Board, Launcher
from mtam.sweep.store import write_text

CONFIG = "config.yaml"
LONGEST_INSIDE = 255  # bytes of the longest path inside a folder of a run, and more than that


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
    extend: bool = False  # --out may hold a part of this sweep
    detach: bool = False  # submit to SLURM and leave
    tables: bool = False  # tell all of them
    details: bool = False  # tell claims with sources, theory and reasons
    apart: bool = False  # compute in worker processes, be it one
    page: bool = True  # of a fit, draw pictures and page


def folder(plan: Plan, options: Options) -> Path:
    """Where the run lives: --out, else outputs/<name>-<digest>. Raises UsageError when it cannot be written."""
    return place(f"{plan.name}-{plan.digest}", options.out)


def place(name: str, chosen: Path | None) -> Path:
    """The folder ``chosen``, else outputs/<name>. Raises UsageError when it cannot be written; creates nothing."""
    out = chosen or Path("outputs") / name
    if chosen is not None and not str(chosen).strip("."):
        raise UsageError("--out names no folder; give a folder of its own to every run.")
    parent = out
    while not os.path.lexists(parent):
        parent = parent.parent
    if not parent.is_dir():
        raise UsageError(f"--out {out}: {parent} is not a folder.")
    _check_length(out, parent)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"--out {out}: {parent} cannot be written to.")
    return out


def _check_length(out: Path, parent: Path) -> None:
    """Raise UsageError when the file system of ``parent`` has no room for names as long as those of ``out``."""
    if not hasattr(os, "pathconf"):  # Windows, which refuses by itself
        return
    longest, whole = os.pathconf(parent, "PC_NAME_MAX"), os.pathconf(parent, "PC_PATH_MAX") - LONGEST_INSIDE
    for name in out.parts:
        if len(os.fsencode(name)) > longest:
            raise UsageError(f"--out {out}: the name {name} is too long; valid: at most {longest} bytes.")
    if len(os.fsencode(out)) > whole:
        raise UsageError(f"--out {out} is too long; valid: at most {whole} bytes.")


def run(plan: Plan, options: Options, screen: Any) -> Outcome:
    """Bring ``plan`` to its end: compute what has no record, then tables, figures and summary."""
    started = time.perf_counter()
    plan, out, packs = _begin(plan, options)
    slurm = plan.config["launcher"]["name"] == "slurm"
    launcher = None if slurm or not packs else _launcher(plan, packs, options)
    if launcher is not None:
        _check_machine(plan, packs)
    mend = not (slurm and packs)  # nothing is refused from here on, unless by SLURM: damaged records may be set aside
    computed = {key for pack in packs for key in pack}
    before = store.read_all(out, plan.trials, mend=mend).keys() - computed
    with writing(out):
        if packs and slurm:
            _wait(plan, out, packs, options, screen)
        elif launcher is not None:
            _prepare(plan, out, options)
            with progress.display(screen, plan.name, options.quiet) as show:
                launch.run(plan, out, packs, launcher, show)
        again = bool(packs) or options.force
        outcome = build(
            plan, out, again=again, before=len(before), whole=options.task is not None, page=options.page
        )  # fmt: skip
        if outcome.files:  # a task of a job array that leaves the drawing to the last one leaves this to it, too
            outcome = _logged(outcome)
    seconds = round(time.perf_counter() - started, 3)
    if plan.kind == "sweep":
        outcome.summary.update(seconds=seconds, failed=len(outcome.run.failures), missing=outcome.run.missing)
    outcome.summary.update(out=str(out), computed=outcome.computed, cached=len(before))
    return outcome


def _logged(outcome: Outcome) -> Outcome:
    """With the event files of the run, where its logger writes some."""
    if outcome.run.plan.config.get("logger", {}).get("name") != "tensorboard":
        return outcome
    from mtam.report import tensorboard

    folder = tensorboard.write(outcome.run.plan, outcome.run.records, outcome.run.folder)
    return outcome if folder is None else replace(outcome, files=(*outcome.files, folder))


def submit(plan: Plan, options: Options) -> tuple[Path, slurm.Submitted]:
    """Give SLURM what is missing, and leave."""
    plan, out, packs = _begin(plan, options)
    with writing(out):
        return out, _submit(plan, out, packs, options)


def _submit(plan: Plan, out: Path, packs: Sequence[tuple[str, ...]], options: Options) -> slurm.Submitted:
    settings = plan.config["launcher"]
    slurm.check()
    if packs:
        _check_machine(plan, packs)
        _prepare(plan, out, options)
    return slurm.submit_missing(plan, out, packs, settings, options.device, options.fail_fast)


def _wait(plan: Plan, out: Path, packs: Sequence[tuple[str, ...]], options: Options, screen: Any) -> None:
    """Submit what is missing and wait for its records; Ctrl-C ends the waiting, not the jobs."""
    submitted = _submit(plan, out, packs, options)
    if not options.quiet:
        screen.print(f"{submitted}. Logs: {out / slurm.LOGS}", soft_wrap=True)
    try:
        with progress.display(screen, plan.name, options.quiet) as show:
            lost = slurm_wait.until_done(out, packs, Board(plan, out, packs, show), options.fail_fast)
    except KeyboardInterrupt:
        known = list(slurm.queue(out) or ()) or [job for job, _ in slurm.submissions(out)]
        jobs = " ".join(sorted({task.partition("_")[0] for task in known}))
        screen.print(
            f"The jobs go on: mtam status {out} shows how far they are, scancel {jobs} cancels them.", soft_wrap=True
        )
        raise
    if lost:
        told = slurm.last_words(out, lost[0])
        screen.print(
            f"{len(lost)} of {len(packs)} packs have left the queue without their records (cancelled, killed, out of "
            f"memory or of time); the same command submits them again. "
            + (f"The first one's last words, {told}" if told else "The first one left no words."),
            soft_wrap=True,
        )


def _begin(plan: Plan, options: Options) -> tuple[Plan, Path, list[tuple[str, ...]]]:
    """The plan as its manifest orders it, its folder, and what is wanted of it. Raises UsageError, writes nothing."""
    out = folder(plan, options)
    if options.extend and options.out is None:
        raise UsageError("--extend needs --out, the folder to extend; without it every sweep has a folder of its own.")
    if options.extend and os.path.lexists(out / planning.MANIFEST):
        plan = planning.extended(planning.read(out), plan)
    elif out.exists():
        plan = check_same(plan, out)
    packs = launch.missing(plan, out, force=options.force, retry_failed=options.retry_failed)
    return plan, out, packs if options.task is None else launch.share(plan, packs, *options.task)


def _check_machine(plan: Plan, packs: Sequence[tuple[str, ...]]) -> None:
    """Raise UsageError where an estimator needs torch and there is none, or a pack more memory than there is."""
    for trial in {plan.trials[pack[0]].model.name: plan.trials[pack[0]] for pack in packs}.values():
        if variant(trial).torch:
            machine.require_torch(f"the estimator {trial.model.name} of {plan.problem} trials")
    needed = max(sum(plan.trials[key].memory() for key in pack) for pack in packs)
    settings = plan.config["launcher"]
    if settings["name"] == "slurm":
        where, present = "launcher.mem_gb is", (settings["mem_gb"] or math.inf) * 2**30
    elif settings["name"] == "executor":
        return
    else:
        where, present = "this machine has", machine.memory()
    if needed > present:
        raise UsageError(
            f"one pack of {plan.name} would need about {needed / 2**30:.0f} GiB of memory, and {where} "
            f"{present / 2**30:.0f} GiB; take fewer samples."
        )


def check_same(plan: Plan, out: Path) -> Plan:
    """The plan with its cells in the order of the manifest in ``out``, so that equal results are equal bytes.

    Raises UsageError when ``out`` holds the run of another plan, or things that are no run at all.
    """
    names = [path.name for path in out.iterdir()]  # before the manifest: a sibling may be writing both just now
    found = planning.found_in(out, plan)
    if found is not None:
        return replace(found, config=plan.config) if plan.kind == "sweep" else replace(plan, aliases=found.aliases)
    if not all(map(_is_ours, names)):
        raise UsageError(f"--out {out} is not empty and holds no run of mtam; choose another --out.")
    return plan


def _is_ours(name: str) -> bool:
    """What a run may leave before its manifest: a crash, or a sibling of a job array, must not block the folder."""
    return name in (CONFIG, planning.SOURCE, heartbeats.FOLDER) or (name.startswith(".") and name.endswith(".tmp"))


def _prepare(plan: Plan, out: Path, options: Options) -> None:
    import yaml

    if plan.kind == "sweep" and not os.path.lexists(out / planning.MANIFEST):
        plan = replace(
            plan, seals=seals(plan.name, plan.definition)
        )  # thresholds are fixed before the first trial, or not at all
    with opening(out):
        text = yaml.safe_dump(plan.config, sort_keys=False)
        plan.write(out, extend=options.extend)
        write_text(out / CONFIG, f"# The resolved configuration of this run.\n{text}")


def _launcher(plan: Plan, packs: Sequence[tuple[str, ...]], options: Options) -> Launcher:
    settings = plan.config["launcher"]
    if settings["name"] == "executor":  # whose workers see to the device that they have
        executor_factories.factory(settings["factory"])
        workers = settings["workers"] or max(len(packs), 1)
        return Launcher("executor", workers, options.device, options.fail_fast, factory=settings["factory"])
    device = machine.device(options.device, used=any(variant(plan.trials[pack[0]]).gpu for pack in packs))
    gpus = machine.gpus() if device == "cuda" else ()
    workers = settings["workers"] or len(gpus) or launch.cores()
    return Launcher(settings["name"], workers, device, options.fail_fast, options.apart, gpus)


def forecast(plan: Plan, options: Options) -> dict[str, Any]:
    """What a run would do, with nothing written: the --dry-run answer."""
    plan, out, packs = _begin(plan, options)
    settings = plan.config["launcher"]
    if settings["name"] == "slurm":
        tasks = min(len(slurm.shares(packs, settings)), settings["array_parallelism"] or len(packs))
        workers = max(tasks * settings["cpus"], 1)
    else:
        most = 1 if settings["name"] == "inline" else _launcher(plan, packs, options).workers
        workers = min(most, max(len(packs), 1))
    seconds = max([sum(map(plan.cost, packs)) / workers, *map(plan.cost, packs)], default=0.0)
    return {
        plan.kind: plan.name,
        "out": str(out),
        "trials": len(plan.trials),
        "cached": len(store.read_all(out, plan.trials, mend=False)),
        "to_compute": sum(map(len, packs)),
        "packs": len(packs),
        "workers": workers,
        "forecast_seconds": round(seconds, 1),
    }
