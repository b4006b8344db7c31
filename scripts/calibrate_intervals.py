"""Write outputs/reference/calibration: coverage of intervals for slopes, and wrong decisions between laws.

python scripts/calibrate_intervals.py [FOLDER [decisions] [table] [brought] [predictions]]

Without names all four tables are made. Rows of table.csv and brought.csv that are there already are kept; remove the
files to begin anew.
"""

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from mtam.rates.simulation import calibrate, calibrate_brought, calibrate_predictions


def main(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = folder / f"{name}.csv"
        if name == "table":
            _coverage(path)
        elif name == "brought":
            _brought(path)
        elif name == "predictions":
            pd.DataFrame(calibrate_predictions.table()).round(4).to_csv(path, index=False)
        else:
            calibrate.decisions_table().round(4).to_csv(path, index=False)
        print(pd.read_csv(path).to_string(index=False))
        print(path)


def _coverage(path: Path) -> None:
    """Truth by truth, so that what is done is kept; in the order of ``calibrate.TRUTHS``."""
    parts = {str(name): part for name, part in pd.read_csv(path).groupby("curves")} if path.exists() else {}
    for name in calibrate.TRUTHS:
        if name not in parts:
            parts[name] = calibrate.table(names=[name]).round(4)
            pd.concat([parts[each] for each in calibrate.TRUTHS if each in parts]).to_csv(path, index=False)


def _brought(path: Path) -> None:
    """Row by row."""
    rows: dict[str, dict[Any, Any]] = (
        {row["curves"]: row for row in pd.read_csv(path).to_dict("records")} if path.exists() else {}
    )
    for name, make in calibrate_brought.cases():
        if name not in rows:
            rows[name] = {"curves": name, **make()}
            pd.DataFrame(rows.values()).round(4).to_csv(path, index=False)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]) if len(sys.argv) > 1 else Path("outputs/reference/calibration"),
        sys.argv[2:] or ["decisions", "table", "brought", "predictions"],
    )
