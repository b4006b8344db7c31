"""One run answers for its records: what failed, what is missing, curves of any column, tables and answers."""

import pytest

from mtam.analysis.run import NoEvidence, Run
from mtam.config import plan_sweep
from mtam.sweep.planning import Plan

NUMBERS = {"attention_mass": 0.99, "swap_gain": 0.9, "axes_learned": 3.0, "holdout_loss": 0.1}


@pytest.fixture
def plan() -> Plan:
    return plan_sweep("alpha", ["sweep.first_seed=0", "data.alpha=1,2", "sweep.sizes=[64,128,256]", "sweep.seeds=3"])


@pytest.fixture
def run(plan: Plan) -> Run:
    records = {
        key: {"numbers": {"error": (1 + trial.seed) / trial.n, "weights": [0.1, 1 / trial.n], **NUMBERS}}
        for key, trial in plan.trials.items()
    }
    return Run(plan, records)


def test_failures_and_missing_trials_are_counted(run: Run) -> None:
    first, second, *_ = run.plan.trials
    records = {key: record for key, record in run.records.items() if key != first}
    half = Run(run.plan, records | {second: {"failure": "diverged"}})
    assert half.missing == 1
    assert half.failures == {second: "diverged"}
    assert run.missing == 0
    assert run.failures == {}


def test_a_cell_is_found_by_its_settings(run: Run) -> None:
    assert run.cell(run.index({"data.alpha": 2.0})).axis == {"data.alpha": 2.0}
    assert run.label(0) == "alpha = 1.0"
    with pytest.raises(NoEvidence, match=r"no cells of alpha have data\.alpha = 7"):
        run.index({"data.alpha": 7})
    with pytest.raises(NoEvidence, match="2 cells of alpha have no settings"):
        run.index({})


def test_a_curve_of_any_column_and_the_largest_of_a_list(run: Run) -> None:
    assert run.curve(0, "error").errors[1].tolist() == pytest.approx([2 / 64, 2 / 128, 2 / 256])
    assert run.curve(0, "weights:max").errors[0].tolist() == [0.1, 0.1, 0.1]
    with pytest.raises(NoEvidence, match="hold no temperature"):
        run.curve(0, "temperature")


def test_a_cell_without_records_is_no_evidence(run: Run) -> None:
    some = Run(run.plan, {key: run.records[key] for key in run.plan.keys[0]})
    assert len(some.cells) == 1
    with pytest.raises(NoEvidence, match="has no records"):
        some.cell(1)


def test_tables_and_answers_come_from_the_finished_trials(run: Run) -> None:
    (table,) = run.tables
    assert table.name == "diagnosis"
    assert len(table.rows) == 2
    assert run.answers == []
    failed = Run(run.plan, {key: {"failure": "diverged"} for key in run.records})
    assert failed.tables == []
