"""Compile every estimator's kernels once, by one tiny trial of each; where that is done, it takes seconds."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mtam import config
from mtam.base import compile_time
from mtam.base.errors import UsageError
from mtam.base.system import machine
from mtam.base.variants import models, own_settings
from mtam.problems.registry import run_pack, variant
from mtam.runs.console import Messages
from mtam.sweep.planning import Plan

RECALL = ("data.alpha=1", "data.test=64", "sweep.sizes=[16]", "sweep.seeds=1", "sweep.first_seed=0")
INTERACTION = ("data.tokens=4", "sweep.sizes=[300]", "sweep.seeds=1")
CHEAP = {"steps": 2, "max_starts": 2, "triplings": 0}  # for the models that have these
SHAPES = (("data.d=1", "data.rank=1"), ("data.d=3", "data.rank=2"))


def warm(as_json: bool, quiet: bool) -> None:
    """Run a tiny trial of every estimator in memory and tell how long kernels were compiled; nothing else is kept."""
    messages = Messages(as_json=as_json, quiet=quiet)
    watch, before = compile_time.Stopwatch(), compile_time.spent()
    without = not machine.has_torch()
    plans = [plan for plan in _plans() if not (without and variant(next(iter(plan.trials.values()))).torch)]
    messages.say_to_err(f"{compile_time.NOTICE}, by a tiny trial of every estimator")
    for plan in plans:
        with tempfile.TemporaryDirectory() as state:
            for pack in plan.packs:
                trials = [plan.trials[key] for key in pack]
                run_pack(trials, device="cpu", tick=lambda *_: None, checkpoint=Path(state) / "state")
    seconds = compile_time.spent() - before
    messages.tell(
        f"{len(plans)} tiny trials; "
        + (f"kernels were compiled for {seconds:.1f} s, kept in {_cache()}." if seconds else "all kernels were there.")
        + (" Those of recall are left out: torch is not installed." if without else "")
    )
    whole = watch.wall + seconds
    messages.answer({"trials": len(plans), "compile_seconds": round(seconds, 3), "seconds": round(whole, 3)})


def _plans() -> Iterator[Plan]:
    for name in _built_in("recall"):
        yield config.plan_sweep("alpha", [f"model={name}", *RECALL, *_cheap("recall", name)])
    for name in _built_in("interaction"):
        if name in models("recall"):
            continue
        for shape in SHAPES:
            with suppress(UsageError):  # what an estimator cannot be asked, as to divide heads in one dimension
                yield config.plan_sweep("d", [f"model={name}", *INTERACTION, *shape, *_cheap("interaction", name)])


def _built_in(problem: str) -> list[str]:
    """All but those whose code is of the user's own, who alone can name it."""
    return [name for name, each in models(problem).items() if "code" not in own_settings(each)]


def _cheap(problem: str, name: str) -> list[str]:
    has = own_settings(models(problem)[name])
    return [f"model.{key}={value}" for key, value in CHEAP.items() if key in has]


def _cache() -> str:
    """The folder that numba was told to keep its code in; beside the sources where it was told none."""
    return os.environ.get("NUMBA_CACHE_DIR", "__pycache__ beside the sources")
