"""Tables of what was not run: predictions, and what to run next."""

from collections.abc import Sequence

from mtam.base.table import Table
from mtam.rates.fitting.two_resources import CONTRASTS, TwoResourceFit
from mtam.rates.intervals import Interval
from mtam.rates.next_run import NextRun
from mtam.rates.prediction import NextRuns, Prediction

NAMES = {"alpha": "α", "beta": "β", "share": "β / (α + β)"}


def predictions_table(told: Sequence[tuple[str, Prediction]]) -> Table:
    """One row per cell and size."""
    level = told[0][1].level
    return Table(
        name="predictions",
        title=f"One further run at sizes not run, if the law goes on ({level:.0%} prediction intervals)",
        headings=["cell", "n", "error", "seeds"],
        rows=[[label, one.size, one.error, one.seeds] for label, one in told],
        formats={"n": ".6g", "error": ".3g"},
    )


def next_runs_table(told: Sequence[tuple[str, NextRuns]], budget: float) -> Table:
    """One row per cell and option, shortest interval first."""
    return Table(
        name="next_runs",
        title=f"What {budget:.6g} of n, summed over runs, buys: half width of the slope's 95% interval",
        headings=["cell", "run", "runs", "n", "cost", "now", "then"],
        rows=[
            [
                label,
                one.what,
                one.runs,
                "all" if one.size is None else f"{one.size:.6g}",
                one.cost,
                one.now,
                one.half_width,
            ]
            for label, one in told
        ],
        formats={"cost": ".4g", "now": ".3g", "then": ".3g"},
    )


def resources_table(fit: TwoResourceFit, quantities: dict[str, Interval], names: tuple[str, str]) -> Table:
    """The parameters with their intervals."""
    kind = "profile t" if fit.huber is None else "bootstrap percentile"
    return Table(
        name="two_resources",
        title=f"error = E + A {names[0]}^-α + B {names[1]}^-β, {len(fit.runs.errors)} runs (95% {kind} intervals)",
        headings=["parameter", "estimate"],
        rows=[[NAMES.get(each, each), quantities[each]] for each in CONTRASTS],
        formats={"estimate": ".4g"},
    )


def run_predictions_table(told: Sequence[tuple[float, float, Interval]], names: tuple[str, str], level: float) -> Table:
    """One row per run that was asked for."""
    return Table(
        name="predictions",
        title=f"One further run, if the law goes on ({level:.0%} prediction intervals)",
        headings=[*names, "error"],
        rows=[[first, second, found] for first, second, found in told],
        formats={names[0]: ".4g", names[1]: ".4g", "error": ".4g"},
    )


def next_run_sentence(one: NextRun, budget: float, names: tuple[str, str]) -> str:
    """What to run, and what for."""
    first, second = names
    return (
        f"With {budget:.4g} = 6 {first} {second}: the run at {first} = {one.first:.4g}, {second} = {one.second:.4g} "
        f"tells most of the law at {first} = {one.target[0]:.4g}, {second} = {one.target[1]:.4g}, where it lowers the "
        f"standard error of ln error from {one.before:.3g} to {one.after:.3g}; the least error at this cost is "
        f"forecast at {first} = {one.optimal[0]:.4g}, {second} = {one.optimal[1]:.4g}."
    )
