"""Many processes on one manifest, with overlapping shares: every trial once, nothing corrupt."""

import json
import multiprocessing
import os
import sys
from pathlib import Path

import pytest

from mtam.sweep import plan as planning
from mtam.sweep import store
from tests.conftest import TINY, Mtam
from tests.faults.helpers import tables

RUN = ("sweep", "alpha", *TINY, "--launcher", "inline")


def racer(task: int, tasks: int) -> None:
    """One process of a job array, forked so that it starts at once."""
    from mtam.cli import main

    sys.argv = ["mtam", *RUN, "--out", "run", "--task-id", str(task), "--num-tasks", str(tasks), "--quiet"]
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    main()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_eight_processes_race(whole_run: Path, mtam: Mtam, here: Path) -> None:
    """Each of the four tasks of an array of four runs once, and each task of two arrays of two runs."""
    fork = multiprocessing.get_context("fork")
    shares = [(task, 4) for task in range(4)] + [(task, 2) for task in (0, 1, 0, 1)]
    racers = [fork.Process(target=racer, args=share) for share in shares]
    for process in racers:
        process.start()
    for process in racers:
        process.join(120)
    assert [process.exitcode for process in racers] == [0] * 8
    said = json.loads(mtam(*RUN, "--out", "run", "--json").out)
    assert (said["computed"], said["missing"], said["failed"]) == (0, 0, 0)
    assert tables(here / "run") == tables(whole_run)
    plan = planning.read(here / "run")
    assert sorted(path.stem for path in (here / "run" / store.FOLDER).iterdir()) == sorted(plan.trials)
    assert not (here / "run" / "running").exists()
