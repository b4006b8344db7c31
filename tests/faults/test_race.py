"""Many processes on one manifest, with overlapping shares: every trial once, nothing corrupt."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mtam.base.errors import UsageError
from mtam.config.plans import plan_sweep
from mtam.runs import run_plan
from mtam.sweep import planning, store
from tests.conftest import TINY, Mtam
from tests.faults.helpers import tables

RUN = ("sweep", "alpha", *TINY, "--launcher", "inline")
# A process of one thread that has loaded everything forks the tasks, so that they start at once.
RACE = """
import json, os, sys
import mtam.config, mtam.recall.run_recall, mtam.report.run_contents, mtam.report.page, mtam.report.terminal
from mtam.cli import main

arguments, shares = json.loads(sys.argv[1])
racers = []
for task, tasks in shares:
    racers.append(os.fork())
    if not racers[-1]:
        sys.argv = ["mtam", *arguments, "--task-id", str(task), "--num-tasks", str(tasks)]
        main()
print(json.dumps([os.waitpid(pid, 0)[1] for pid in racers]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_eight_processes_race(whole_run: Path, mtam: Mtam, here: Path) -> None:
    """Each of the four tasks of an array of four runs once, and each task of two arrays of two runs."""
    shares = [(task, 4) for task in range(4)] + [(task, 2) for task in (0, 1, 0, 1)]
    words = json.dumps([[*RUN, "--out", "run", "--quiet"], shares])
    race = subprocess.run([sys.executable, "-c", RACE, words], capture_output=True, text=True, timeout=300, check=False)
    assert race.returncode == 0, race.stderr
    assert json.loads(race.stdout.splitlines()[-1]) == [0] * 8, race.stderr
    said = json.loads(mtam(*RUN, "--out", "run", "--json").out)
    assert (said["computed"], said["missing"], said["failed"]) == (0, 0, 0)
    assert tables(here / "run") == tables(whole_run)
    plan = planning.read(here / "run")
    assert sorted(path.stem for path in (here / "run" / store.FOLDER).iterdir()) == sorted(plan.trials)
    assert not (here / "run" / "running").exists()


def test_a_sibling_may_begin_between_two_looks_at_a_folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it writes after this process has looked for a manifest is no reason to refuse the folder."""
    plan, out = plan_sweep("alpha", list(TINY)), here / "run"
    plan.write(here / "sibling")
    out.mkdir()
    look = planning.found_in

    def and_then_it_begins(where: Path, own: planning.Plan) -> planning.Plan | None:
        found = look(where, own)
        shutil.copy(here / "sibling" / planning.MANIFEST, where)
        (where / store.FOLDER).mkdir(exist_ok=True)
        return found

    monkeypatch.setattr(planning, "found_in", and_then_it_begins)
    assert run_plan.check_same(plan, out).digest == plan.digest
    monkeypatch.undo()
    assert run_plan.check_same(plan, out).digest == plan.digest
    (out / planning.MANIFEST).unlink()
    with pytest.raises(UsageError, match="holds no run of mtam"):
        run_plan.check_same(plan, out)
