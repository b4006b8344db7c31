"""Tables from records: one row per trial, sorted, without timings; failed trials keep their row."""

import numpy as np
import pytest

from mtam.analysis import cell_results
from mtam.config import plan_sweep
from mtam.sweep.planning import Plan
from mtam.sweep.store import Record


@pytest.fixture
def plan() -> Plan:
    return plan_sweep("alpha", ["sweep.first_seed=0", "data.alpha=1,2", "sweep.sizes=[64,128,256]", "sweep.seeds=3"])


@pytest.fixture
def records(plan: Plan) -> dict[str, Record]:
    """A power law of slope -1 in every cell, levels differing by seed, with a time that differs by trial."""
    return {
        key: {"numbers": {"error": (1 + trial.seed) / trial.n, "seconds": float(i), "trace": [1.0], "steps": 7}}
        for i, (key, trial) in enumerate(plan.trials.items())
    }


def test_one_sorted_row_per_trial(plan: Plan, records: dict[str, Record]) -> None:
    rows = cell_results.trial_rows(plan, records)
    assert list(rows.columns) == ["cell", "data.alpha", "n", "seed", "status", "error", "steps"]
    assert len(rows) == 18
    assert rows.equals(rows.sort_values(["cell", "n", "seed"], ignore_index=True))
    shuffled = dict(sorted(records.items(), reverse=True))
    assert cell_results.trial_rows(plan, shuffled).to_csv() == rows.to_csv()


def test_slopes_of_a_known_curve(plan: Plan, records: dict[str, Record]) -> None:
    results = cell_results.cell_results(plan, cell_results.trial_rows(plan, records))
    rates = cell_results.rates_rows(results)
    assert rates["loglog_slope"].tolist() == pytest.approx([-1, -1])
    for cell in cell_results.summary_of_sweep(results):
        assert cell["mean_errors"] == pytest.approx([2 / 64, 2 / 128, 2 / 256])
        assert cell["slope_ci"][0] <= cell["slope"] <= cell["slope_ci"][1]


def test_a_failed_trial_keeps_its_row_and_drops_its_seed(plan: Plan, records: dict[str, Record]) -> None:
    key = plan.keys[0][0]
    records[key] = {"failure": "diverged", "traceback": None}
    rows = cell_results.trial_rows(plan, records)
    assert rows["status"].tolist().count("failed") == 1
    result = cell_results.cell_results(plan, rows)[0]
    assert result.curve.dropped == (plan.trials[key].seed,)
    assert len(result.curve.seeds) == 2


def test_no_records_at_all(plan: Plan) -> None:
    rows = cell_results.trial_rows(plan, {})
    assert rows.empty
    assert cell_results.cell_results(plan, rows) == []


def test_a_single_seed_has_no_slope(records: dict[str, Record]) -> None:
    plan = plan_sweep("alpha", ["sweep.first_seed=0", "data.alpha=1", "sweep.sizes=[64,128,256]", "sweep.seeds=1"])
    results = cell_results.cell_results(plan, cell_results.trial_rows(plan, records))
    (cell,) = cell_results.summary_of_sweep(results)
    assert cell["slope"] is None
    assert cell["slope_ci"] is None
    assert cell["standard_errors"] == [None] * 3
    assert np.isfinite(cell["mean_errors"]).all()


def test_levels_and_law_comparison(plan: Plan, records: dict[str, Record]) -> None:
    for record in records.values():
        record["numbers"]["attention_mass"] = 0.75
    results = cell_results.cell_results(plan, cell_results.trial_rows(plan, records))
    assert results[0].levels["attention_mass"] == (0.75, 0.0)
    assert results[0].levels["error"][0] == pytest.approx(2 / 256)
    assert results[0].comparison == {}  # three sizes decide nothing
    assert results[0].reference is not None
    assert np.all(np.diff(results[0].reference) < 0)


def test_a_power_law_is_recognised_against_theory() -> None:
    plan = plan_sweep(
        "alpha", ["sweep.first_seed=0", "data.alpha=1", "sweep.sizes=[64,128,256,512,1024]", "sweep.seeds=3"]
    )
    rng = np.random.default_rng(0)
    numbers = {key: float(np.exp(0.01 * rng.normal())) / trial.n for key, trial in plan.trials.items()}
    records: dict[str, Record] = {key: {"numbers": {"error": value}} for key, value in numbers.items()}
    (result,) = cell_results.cell_results(plan, cell_results.trial_rows(plan, records))
    told = result.comparison
    assert told["aic_over_power_law"] < -2
    assert told["comparison"] == "a power law fits better"
    assert told["free_gamma_low"] <= 1 <= told["free_gamma_high"]
    assert told["theory_gamma"] == 0.5
