"""Write outputs/reference/calibration: coverage of intervals for slopes, and wrong decisions between laws.

python scripts/calibrate_intervals.py [FOLDER]
"""

import sys
from pathlib import Path

from mtam.rates.simulation.calibrate import decisions_table, table


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in (("decisions.csv", decisions_table()), ("table.csv", table())):
        frame.round(4).to_csv(folder / name, index=False)
        print(frame.round(4).to_string(index=False))
        print(folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("outputs/reference/calibration"))
