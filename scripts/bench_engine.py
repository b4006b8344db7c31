"""What the engine costs beside the mathematics: sweeps of 1000 to 20,000 trials that take no time.

Prints, for every size, CPU milliseconds per trial of every stage, the CPU seconds of `mtam status` and of `mtam report`
on the folder, and the size of the page; at the end how the costs grow: each as a power of the number of trials.
Aims: plan, store and collect together under 1.5 ms per trial; status under .5 s of 2000 trials and 2 s of 20,000;
report under 30 s of 20,000 with a page under 2 MB. The floor beside them is what the disk alone costs: a temporary
file, fsync and rename per trial, and fsync of the folder per pack.

    python scripts/bench_engine.py [TRIALS ...] [--json FILE]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from mtam.base.spec import Trial
from mtam.config import plan_sweep
from mtam.sweep import execute, launch, planning, store
from mtam.sweep.folder_status import Survey
from mtam.sweep.progress_account import Launcher

SIZES = (1000, 2000, 20_000)
ENGINE = ("plan", "manifest", "what is missing", "store", "collect", "manifest again")


def answer(trials: Sequence[Trial], *, tick: Callable[[float], None], **_: Any) -> list[dict[str, Any]]:
    """In place of the mathematics: numbers as many as a trial has, at once."""
    tick(1.0)
    numbers = {f"number_{i}": trial.seed + i / 7 for trial in trials[:1] for i in range(30)}
    return [{"error": 1.0 / trial.n, **numbers} for trial in trials]


def timed(name: str, stages: dict[str, float], do: Callable[[], Any]) -> Any:
    """Run a stage and note its CPU seconds, those of its processes included."""
    before = os.times()
    found = do()
    stages[name] = sum(os.times()[:4]) - sum(before[:4])
    return found


def mtam(*args: str) -> "subprocess.CompletedProcess[bytes]":
    """A command in a process of its own."""
    command = [sys.executable, "-c", "from mtam.cli import main; main()", *args]
    return subprocess.run(command, check=True, capture_output=True)


def write(folder: Path, packs: Sequence[dict[str, bytes]]) -> None:
    """Files pack by pack."""
    for pack in packs:
        store.write_together(folder, pack)


def measured(trials: int) -> tuple[dict[str, float], float]:
    """CPU seconds of all stages for so many trials, and the size of the page in MB."""
    stages: dict[str, float] = {}
    with mock.patch.object(execute, "run_pack", answer), tempfile.TemporaryDirectory() as place:
        out = Path(place) / "run"
        out.mkdir()
        texts = ["data.alpha=range(1,11)", "sweep.sizes=[16,32,64,128]", f"sweep.seeds={trials // 40}"]
        plan = timed("plan", stages, lambda: plan_sweep("alpha", texts))
        assert len(plan.trials) == trials
        timed("manifest", stages, lambda: plan.write(out))
        packs = timed("what is missing", stages, lambda: launch.missing(plan, out))
        inline = Launcher("inline", 1, "cpu")
        timed("store", stages, lambda: launch.run(plan, out, packs, inline, lambda _fraction, _text, _before: None))
        records = timed("collect", stages, lambda: store.read_all(out, plan.trials))
        assert len(records) == trials
        timed("manifest again", stages, lambda: planning.read(out))
        timed("a look of status", stages, lambda: Survey(out).look())
        told = timed("mtam status", stages, lambda: mtam("status", str(out), "--json"))
        assert json.loads(told.stdout)["cells"][0]["done"] == trials // 10
        timed("mtam report", stages, lambda: mtam("report", str(out), "-q"))
        text = json.dumps(records[plan.packs[0][0]], indent=1)
        floor = out / "floor"
        floor.mkdir()
        files = [{f"{key}.json": text.encode() for key in pack} for pack in plan.packs]
        began = time.perf_counter()
        timed("floor: the disk alone", stages, lambda: write(floor, files))
        print(f"{trials} trials (the disk alone takes {time.perf_counter() - began:.1f} s by the clock)")
        return stages, (out / "report.html").stat().st_size / 1e6


def main() -> None:
    """Measure all stages for every number of trials, each in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trials", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--json", type=Path, help="where figures with their bounds go")
    options = parser.parse_args()
    execute.environment()
    sizes, rows = options.trials, list[dict[str, object]]()
    found = []
    for trials in sizes:
        stages, page = measured(trials)
        found.append(stages)
        for name, seconds in stages.items():
            print(f"  {name:<24} {1e3 * seconds / trials:7.3f} ms per trial   {seconds:7.2f} s")
        engine = sum(stages[name] for name in ENGINE)
        print(f"  engine: {1e3 * engine / trials:.2f} ms per trial (aim: 1.5)")
        print(f"  page: {page:.2f} MB (aim: 2)")
        what, disk = f"plan, store and collect, {trials} trials", 1e3 * stages["floor: the disk alone"] / trials
        rows.append({"what": what, "unit": "ms per trial", "value": 1e3 * engine / trials, "bound": disk})
    if len(sizes) > 1:
        ends = np.log(sizes[-1] / sizes[0])
        for name in found[0]:
            if found[0][name] > 0:
                print(f"{name:<26} grows as trials^{np.log(found[-1][name] / found[0][name]) / ends:.2f}")
    if options.json:
        options.json.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
