"""How long a person waits for help and for the Tab key, against importing typer and rich alone.

    python scripts/bench_startup.py [--runs 11] [--json FILE]

Prints medians in milliseconds and their ratios to that import, which bounds them; nothing is asserted.
"""

import argparse
import json
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--json", type=Path, help="where figures with their bounds go")
    options = parser.parse_args()
    runs = options.runs
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    for turn in range(runs + 1):
        for name, (command, extra) in CASES.items():
            spent = once(command, extra)
            if turn:  # the first round warms the file cache
                seconds[name].append(spent)
    rival, rows = statistics.median(seconds[RIVAL]), list[dict[str, object]]()
    for name, all_runs in seconds.items():
        median = statistics.median(all_runs)
        rows.append({"what": name, "unit": "ms", "value": 1000 * median, "bound": 1000 * rival})
        print(f"{name:<28} {1000 * median:7.1f} ms   {median / rival:5.2f}x")
    if options.json:
        options.json.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
