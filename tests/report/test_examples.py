"""What is looked into: attention maps, traces and fitted activations of the largest finished size."""

from typing import Any

import numpy as np
import pytest
from rich.console import Console

from mtam.analysis.run import Run
from mtam.config import plan_sweep
from mtam.report import run_contents
from mtam.report.examples import MOST, ExampleTrial, example_trials
from mtam.report.figures import attention, loss_traces
from mtam.report.figures.palette import looks
from mtam.runs import run_plan
from mtam.sweep import store
from tests.conftest import TINY


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Any]]:
    out = tmp_path_factory.mktemp("examples") / "run"
    plan = plan_sweep("alpha", [*TINY, "sweep.first_seed=0", "launcher=inline"])
    run_plan.run(plan, run_plan.Options(out=out, device="cpu", quiet=True), Console(stderr=True))
    return plan, store.read_all(out, plan.trials)


def test_the_largest_finished_size_of_every_cell(finished: tuple[Any, dict[str, Any]]) -> None:
    plan, records = finished
    found = example_trials(plan, records, "trace_steps")
    assert [[(example.n, example.seed) for example in cell] for cell in found] == [[(32, 0), (32, 1)]] * 2
    without = {key: record for key, record in records.items() if plan.trials[key].n == 16}
    assert {example.n for cell in example_trials(plan, without, "trace_steps") for example in cell} == {16}
    assert example_trials(plan, records, "phi_grid") == []


def test_the_pictures_hold_the_numbers_of_the_records(finished: tuple[Any, dict[str, Any]]) -> None:
    plan, records = finished
    pictures = {picture.name: picture for picture in run_contents.job(Run(plan, records)).pictures}
    assert list(pictures) == ["curves", "levels", "attention", "traces"]  # two sizes leave no exponent to choose
    key = next(key for key, trial in plan.trials.items() if trial.n == 32 and trial.seed == 0)
    numbers = records[key]["numbers"]
    assert pictures["attention"].table["weight"].tolist()[: len(numbers["attention_map"])] == numbers["attention_map"]
    assert pictures["attention"].table["named"].sum() == 2 * len(numbers["attention_answering"])
    assert pictures["traces"].table["holdout_loss"].tolist()[: len(numbers["trace_steps"])] == numbers["trace_holdout"]
    assert len(pictures["attention"].inline("x-")) == 2


def example(index: int, **numbers: Any) -> ExampleTrial:
    return ExampleTrial({"a": index}, f"a = {index}", looks([{}])[0], 64, 0, numbers)


def test_the_best_step_is_marked() -> None:
    numbers = {"trace_steps": [1, 2, 3], "trace_holdout": [0.5, 0.1, 0.2], "trace_train": [0.6, 0.3, 0.1]}
    picture = loss_traces.traces([[example(1, **numbers)]], "n")
    assert picture is not None
    assert "step 2: hold-out loss 0.1" in picture.inline("x-")[0]
    assert "step 2: training loss 0.3" in picture.inline("x-")[1]


def test_a_map_too_wide_to_see_is_left_out() -> None:
    wide = np.full(8 * 64, 1 / 64).tolist()
    assert attention.attention([[example(1, attention_map=wide, attention_answering=[0] * 8)]], "n") is None


def test_of_many_cells_a_few_are_shown(finished: tuple[Any, dict[str, Any]]) -> None:
    _, records = finished
    plan = plan_sweep("alpha", [*TINY, "data.noise=0.1,0.2,0.3,0.4,0.5", "launcher=inline"])
    every = {key: next(iter(records.values())) for key in plan.trials}
    found = example_trials(plan, every, "trace_steps")
    assert len(found) == 5 <= MOST
