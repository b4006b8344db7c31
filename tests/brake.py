"""A brake for runs in other processes, so that a test comes in the middle of them however fast the machine is.

A pack that has begun its work waits, at each tick, while a file is there, or a moment. Python loads ``sitecustomize``
in every process that inherits the environment: workers and tasks of a job array as well.
"""

import os
from pathlib import Path

HOLD, PAUSE, PACK, DIES = "MTAM_TEST_HOLD", "MTAM_TEST_PAUSE", "MTAM_TEST_PACK", "MTAM_TEST_DIES"
SITE = f"""
import os, signal, time
from mtam.sweep import heartbeats

def braked(out, pack, before=None, heartbeat=heartbeats.heartbeat):
    tick = heartbeat(out, pack, before)

    def slow(fraction, resumed):
        tick(fraction, resumed)
        if pack == os.environ.get("{DIES}"):
            os.kill(os.getpid(), signal.SIGKILL)
        mine = fraction > 0 and os.environ.get("{PACK}", pack) == pack
        if mine:
            time.sleep(float(os.environ.get("{PAUSE}", 0)))
        while mine and os.path.exists(os.environ.get("{HOLD}", "")):
            time.sleep(0.02)
            tick(fraction, resumed)

    return slow

heartbeats.heartbeat = braked
"""


def brake(
    folder: Path, *, hold: Path | None = None, pause: float = 0.0, pack: str | None = None, dies: str | None = None
) -> dict[str, str]:
    """Variables of an environment in which packs (or the one with this first key) wait while ``hold`` is there.

    This file is made here; ``pause`` is a number of seconds for which every tick waits anyhow. The process that
    begins the pack ``dies`` is killed at once.
    """
    place = folder / "brake"
    place.mkdir(exist_ok=True)
    (place / "sitecustomize.py").write_text(SITE)
    found = {
        "PYTHONPATH": os.pathsep.join([str(place), *filter(None, [os.environ.get("PYTHONPATH")])]),
        PAUSE: str(pause),
    }
    if hold is not None:
        hold.touch()
        found[HOLD] = str(hold)
    if dies is not None:
        found[DIES] = dies
    if pack is not None:
        found[PACK] = pack
    return found
