"""All measurements of speed one after the other, and their figures beside their bounds as one JSON file and a table.

    python scripts/bench.py [--out FOLDER] [--only NAME ...]

A bound is what cannot be beaten on the machine at hand, measured in the same run: products of large matrices, the
disk alone, the import of the libraries in use. Nothing is asserted: figures depend on the machine and its neighbours.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("startup", "engine", "recall", "interaction")


def measured(name: str) -> list[dict[str, object]]:
    """The figures of one script, which prints what it has to say on the way."""
    with tempfile.TemporaryDirectory() as place:
        found = Path(place) / "figures.json"
        script = Path(__file__).with_name(f"bench_{name}.py")
        subprocess.run([sys.executable, str(script), "--json", str(found)], check=True)
        return [{"part": name, **row} for row in json.loads(found.read_text())]


def table(rows: list[dict[str, object]]) -> str:
    """Figures, bounds and their ratio, a line each."""
    head = f"{'part':12} {'what':40} {'value':>10} {'bound':>10} {'ratio':>7}  unit"
    lines = [
        f"{row['part']:12} {row['what']:40} {row['value']:10.2f} {row['bound']:10.2f} "
        f"{float(str(row['value'])) / float(str(row['bound'])):7.1f}  {row['unit']}"
        for row in rows
    ]
    return "\n".join([head, *lines])


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("outputs/bench"), help="where bench.json goes")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="all unless given")
    options = parser.parse_args()
    rows = [row for name in options.only for row in measured(name)]
    options.out.mkdir(parents=True, exist_ok=True)
    told = {"machine": platform.machine(), "python": platform.python_version(), "figures": rows}
    (options.out / "bench.json").write_text(json.dumps(told, indent=1) + "\n")
    print(f"\n{table(rows)}\n\n{options.out / 'bench.json'}")


if __name__ == "__main__":
    main()
