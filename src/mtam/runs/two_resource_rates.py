"""Fit a law of two resources to runs that somebody brings in a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mtam.base.errors import UsageError, opening
from mtam.rates.files.resource_table import RESOURCES, read_runs
from mtam.rates.files.table_rows import TableError
from mtam.rates.fitting.two_resources import CONTRASTS, TwoResourceFit, fit_two_resources
from mtam.rates.intervals import Interval
from mtam.rates.next_run import next_run
from mtam.report.screens import terminal_predictions
from mtam.report.tables.terminal_grid import terminal_grid
from mtam.runs.console import Messages
from mtam.runs.fit_rates import finite, target_of
from mtam.sweep.store import write_text

LEVEL = 0.9  # of prediction intervals
FLOPS = 6.0  # per parameter and token: a run costs 6 N D (Kaplan et al. 2020, arXiv 2001.08361, section 2.1)
GREATEST = 1e100


@dataclass(frozen=True)
class TwoResources:
    """What was asked for."""

    columns: str | None = None
    error: str | None = None
    huber: float | None = None
    predict: str | None = None
    budget: float | None = None


def two_resource_rates(file: Path, wanted: TwoResources, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Fit the runs of ``file``, tell tables, and with ``out`` leave rates.csv there."""
    names, points = _names(wanted.columns), _points(wanted.predict)
    if wanted.huber is not None and not 0 < wanted.huber <= 10:
        raise UsageError(f"--huber {wanted.huber:g} is out of range; valid: above 0, up to 10, in units of ln error.")
    messages = Messages(as_json=as_json, quiet=quiet)
    try:
        runs, notes = read_runs(file, names, wanted.error)
        fit = fit_two_resources(runs, wanted.huber)
        quantities = {each: fit.quantity(each) for each in CONTRASTS}
        predictions = [(first, second, fit.prediction(first, second, LEVEL)) for first, second in points]
        following = (
            None if wanted.budget is None else next_run(fit, wanted.budget / FLOPS, points[0] if points else None)
        )
    except TableError as error:
        raise UsageError(str(error)) from None
    except ValueError as error:
        raise UsageError(f"{file}: {error}.") from None
    notes += _remarks(fit, quantities)
    summary: dict[str, Any] = {"file": str(file), "law": "two-resources", "columns": list(names)}
    summary |= {"runs": len(runs.errors), "deviation": fit.deviation, "huber": fit.huber, "notes": notes}
    summary |= {each: [found.value, found.low, found.high] for each, found in quantities.items()}
    summary["predictions"] = [
        {names[0]: first, names[1]: second, "error": found.value, "low": found.low, "high": found.high, "level": LEVEL}
        for first, second, found in predictions
    ]
    if following is not None:
        summary["next_run"] = {"run": [following.first, following.second], "target": list(following.target)}
        summary["next_run"] |= {
            "se_now": following.before,
            "se_then": following.after,
            "optimal": list(following.optimal),
        }
    files = [] if out is None else _write(quantities, target_of(out))
    messages.tell(terminal_grid(terminal_predictions.resources_table(fit, quantities, names)))
    messages.tell(f"Runs scatter about the law by {fit.deviation:.2%} of the error (one standard deviation).")
    if predictions:
        messages.tell(terminal_grid(terminal_predictions.run_predictions_table(predictions, names, LEVEL)))
    if following is not None and wanted.budget is not None:
        messages.tell(terminal_predictions.next_run_sentence(following, wanted.budget, names))
    for note in notes:
        messages.tell(note)
    if out is not None:
        summary["out"] = str(out)
    for path in files:
        messages.path(path)
    messages.answer(finite(summary))


def _names(text: str | None) -> tuple[str, str]:
    if text is None:
        return RESOURCES
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        raise UsageError(f"--columns {text} names no two columns; valid: --columns N,D.")
    return parts[0], parts[1]


def _points(text: str | None) -> list[tuple[float, float]]:
    points = []
    for part in (text or "").split(",") if text is not None else []:
        try:
            first, second = (float(each) for each in part.split(":"))
        except ValueError:
            raise UsageError(f"--predict {text} is no list of runs; valid: --predict 1e9:2e10,7e10:1.4e12.") from None
        if not (0 < first < GREATEST and 0 < second < GREATEST):
            raise UsageError(f"--predict {part} is out of range; valid: resources above 0.")
        points.append((first, second))
    return points


def _remarks(fit: TwoResourceFit, quantities: dict[str, Interval]) -> list[str]:
    """What the data leave open."""
    told = []
    opened = [each for each, found in quantities.items() if found.low <= 1e-300 or found.high > 1e300]
    if opened:
        told.append(f"The runs leave one side open of {', '.join(opened)}: more spread-out resources would tell.")
    if fit.huber is not None:
        told.append(f"Huber's loss of ln error with delta {fit.huber:g}; intervals by the bootstrap over runs.")
    return told


def _write(quantities: dict[str, Interval], out: Path) -> list[Path]:
    frame = pd.DataFrame(
        [
            {"parameter": each, "estimate": one.value, "low": one.low, "high": one.high}
            for each, one in quantities.items()
        ]
    )
    with opening(out):
        write_text(out / "rates.csv", frame.to_csv(index=False))
    return [out / "rates.csv"]
