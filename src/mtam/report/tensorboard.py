"""Training curves as event files that TensorBoard reads: one run per trial, named by cell, size and seed."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mtam.report.figures.loss_traces import LOSSES
from mtam.sweep import store
from mtam.sweep.planning import Plan, label
from mtam.sweep.store import Record

FOLDER = "tensorboard"


def write(plan: Plan, records: Mapping[str, Record], out: Path) -> Path | None:
    """Write the traces of all finished trials anew; None where no record holds a trace. Needs ``mtam[tensorboard]``.

    An event's wall time is its step: what is written does not depend on when.
    """
    from torch.utils.tensorboard import SummaryWriter

    size = plan.definition.size
    draft = out / f".{FOLDER}.{os.getpid()}.tmp"
    shutil.rmtree(draft, ignore_errors=True)
    for cell, keys in zip(plan.cells, plan.keys, strict=True):
        for key, trial in zip(keys, cell.trials, strict=True):
            if key not in records or store.failed(records[key]) or "trace_steps" not in records[key]["numbers"]:
                continue
            numbers = records[key]["numbers"]
            name = f"{label(cell.axis)}, {size} = {trial.n}, seed {trial.seed}".replace("/", "-")
            with SummaryWriter(draft / name) as writer:
                for loss in LOSSES:
                    tag = f"loss/{loss.removeprefix('trace_')}"
                    for step, value in zip(numbers["trace_steps"], numbers[loss], strict=True):
                        writer.add_scalar(tag, value, step, walltime=float(step))
    return _in_place(draft, out / FOLDER)


def _in_place(draft: Path, folder: Path) -> Path | None:
    """The draft instead of the folder; where another process has just put the same there, that stays."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        draft.rename(folder)
    shutil.rmtree(draft, ignore_errors=True)
    return folder if folder.is_dir() else None
