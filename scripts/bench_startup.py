"""How long a person waits for help and for the Tab key, against importing typer and rich alone.

Run: python scripts/bench_startup.py [runs]. Prints medians in milliseconds and their ratios; nothing is asserted.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

MTAM = str(Path(sys.executable).with_name("mtam"))
COMPLETION = {"COMP_WORDS": "mtam sweep alpha data.al", "COMP_CWORD": "3", "_MTAM_COMPLETE": "complete_bash"}
RIVAL = "import typer, rich.console"
CASES: dict[str, tuple[list[str], dict[str, str]]] = {
    RIVAL: ([sys.executable, "-c", RIVAL], {}),
    "mtam --help": ([MTAM, "--help"], {}),
    "completion of a key": ([MTAM], COMPLETION),
    "mtam list": ([MTAM, "list"], {}),
}


def once(command: list[str], extra: dict[str, str]) -> float:
    """Wall-clock seconds of one run of the whole process."""
    started = time.perf_counter()
    subprocess.run(command, env=os.environ | extra, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Run all cases in turn, so that a drift of the machine's speed hits all alike."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    for turn in range(runs + 1):
        for name, (command, extra) in CASES.items():
            spent = once(command, extra)
            if turn:  # the first round warms the file cache
                seconds[name].append(spent)
    rival = statistics.median(seconds[RIVAL])
    for name, all_runs in seconds.items():
        median = statistics.median(all_runs)
        print(f"{name:<28} {1000 * median:7.1f} ms   {median / rival:5.2f}x")


if __name__ == "__main__":
    main()
