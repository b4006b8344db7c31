"""What the engine costs beside the mathematics: a sweep of 2000 trials that take no time.

Prints milliseconds per trial of every stage, and the seconds of `mtam status` on the folder. Aims: plan, store and
collect together under 1.5 ms per trial, status under .5 s. The floor beside them is what the disk alone costs: a
temporary file, fsync and rename per trial, and fsync of the folder per pack, or, as a file alone would have it, per
trial.

    python scripts/bench_engine.py [--json FILE]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from mtam.base.spec import Trial
from mtam.config import plan_sweep
from mtam.sweep import execute, launch, planning, store
from mtam.sweep.folder_status import Survey
from mtam.sweep.progress_account import Launcher

TRIALS = 2000


def answer(trials: Sequence[Trial], *, tick: Callable[[float], None], **_: Any) -> list[dict[str, Any]]:
    """In place of the mathematics: numbers as many as a trial has, at once."""
    tick(1.0)
    numbers = {f"number_{i}": trial.seed + i / 7 for trial in trials[:1] for i in range(30)}
    return [{"error": 1.0 / trial.n, **numbers} for trial in trials]


def write(folder: Path, packs: Sequence[dict[str, bytes]]) -> None:
    """Files pack by pack."""
    for pack in packs:
        store.write_together(folder, pack)


def timed(name: str, stages: dict[str, float], do: Callable[[], Any]) -> Any:
    """Run a stage and note its seconds."""
    began = time.perf_counter()
    found = do()
    stages[name] = time.perf_counter() - began
    return found


def main() -> None:
    """Measure all stages in a folder of their own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where figures with their bounds go")
    options = parser.parse_args()
    execute.environment()
    stages: dict[str, float] = {}
    with mock.patch.object(execute, "run_pack", answer), tempfile.TemporaryDirectory() as place:
        out = Path(place) / "run"
        out.mkdir()
        texts = ["data.alpha=range(1,11)", "sweep.sizes=[16,32,64,128]", f"sweep.seeds={TRIALS // 40}"]
        plan = timed("plan", stages, lambda: plan_sweep("alpha", texts))
        assert len(plan.trials) == TRIALS
        timed("manifest", stages, lambda: plan.write(out))
        packs = timed("what is missing", stages, lambda: launch.missing(plan, out))
        inline = Launcher("inline", 1, "cpu")
        timed("store", stages, lambda: launch.run(plan, out, packs, inline, lambda _fraction, _text, _before: None))
        records = timed("collect", stages, lambda: store.read_all(out, plan.trials))
        assert len(records) == TRIALS
        timed("manifest again", stages, lambda: planning.read(out))
        engine = sum(stages.values())
        timed("a look of status", stages, lambda: Survey(out).look())
        command = [sys.executable, "-c", "from mtam.cli import main; main()", "status", str(out), "--json"]
        told = timed("mtam status", stages, lambda: subprocess.run(command, check=True, capture_output=True))
        assert json.loads(told.stdout)["cells"][0]["done"] == TRIALS // 10
        text = json.dumps(records[plan.packs[0][0]], indent=1)
        floor = out / "floor"
        floor.mkdir()
        files = [{f"{key}.json": text.encode() for key in pack} for pack in plan.packs]
        timed("floor: the disk alone", stages, lambda: write(floor, files))
        timed(
            "floor: one at a time", stages, lambda: [store.write_text(out / f"{i}.json", text) for i in range(TRIALS)]
        )
    for name, seconds in stages.items():
        print(f"{name:<24} {1e3 * seconds / TRIALS:7.3f} ms per trial   {seconds:7.2f} s")
    print(f"engine: {1e3 * engine / TRIALS:.2f} ms per trial (aim: 1.5)")
    print(f"mtam status: {stages['mtam status']:.2f} s (aim: .5)")
    if options.json:
        disk = 1e3 * stages["floor: the disk alone"] / TRIALS
        kept = {"plan, store and collect": engine, "store": stages["store"]}
        rows = [
            {"what": name, "unit": "ms per trial", "value": 1e3 * seconds / TRIALS, "bound": disk}
            for name, seconds in kept.items()
        ]
        options.json.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
