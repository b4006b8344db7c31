"""Run every job of a scale."""

import sys
from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text

from mtam import catalog, lab
from mtam.commands.running import run_plan
from mtam.commands.voice import Voice
from mtam.lab import Options


def reproduce(scale: str, launcher: Sequence[str], options: Options, as_json: bool) -> None:
    """Run every job of ``conf/reproduce/<scale>.yaml``; all are planned, and so validated, before the first runs."""
    from mtam import config

    voice = Voice(as_json=as_json, quiet=options.quiet)
    plans = []
    for job in catalog.load(f"reproduce/{scale}")["jobs"]:
        texts = [*job.get("settings", []), *launcher]
        plans.append(config.plan_fit(texts) if "fit-ips" in job else config.plan_sweep(job["sweep"], texts))
    assert options.out is not None
    jobs = [(plan, replace(options, out=options.out / f"{plan.name}-{plan.digest}")) for plan in plans]
    for plan, each in jobs:
        lab.folder(plan, each)
    summaries, worst = [], 0
    for plan, each in jobs:
        voice.tell(Text(plan.name, style="bold"))
        summary, code = run_plan(plan, each, voice)
        summaries.append(summary)
        worst = max(worst, code)
    voice.answer({"scale": scale, "out": str(options.out), "jobs": summaries})
    sys.exit(worst)
