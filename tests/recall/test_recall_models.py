"""The settings of estimators of recall: what goes together, what shares a program, what it costs."""

from typing import Any

import pytest

from mtam.base.variants import models, settings_class
from mtam.recall.gates import gate, names
from mtam.recall.gates.multihead import MultiHead
from mtam.recall.recall_data import RecallData
from mtam.recall.recall_models import exact_seconds, trained_settings
from mtam.recall.recall_spec import recall_model


def trained(name: str = "softmax", **settings: Any) -> Any:
    return trained_settings(recall_model(name, **settings))


@pytest.mark.parametrize("name", names())
def test_a_trained_model_names_its_gate(name: str) -> None:
    assert type(trained(name).gate()) is type(gate(name))
    assert trained(name).gate().heads == trained(name).head_count() == 1


@pytest.mark.parametrize("settings", [{"heads": 2}, {"key_dim": 3}, {"heads": 4, "key_dim": 1}], ids=str)
def test_heads_and_narrow_keys_have_a_gate_of_their_own(settings: dict[str, Any]) -> None:
    found = trained(**settings).gate()
    assert isinstance(found, MultiHead)
    assert (found.heads, found.key_dim) == (settings.get("heads", 1), settings.get("key_dim"))
    assert trained(**settings).head_count() == found.heads
    assert trained(**settings).step_seconds() > trained().step_seconds()


@pytest.mark.parametrize("name", ["knn", "gp"])
def test_benchmarks_are_not_trained(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} is not trained"):
        trained_settings(recall_model(name))


@pytest.mark.parametrize(
    "change",
    [
        {"width": 48}, {"hidden": 32}, {"batch": 64}, {"steps": 10.0}, {"steps_exponent": 0.5}, {"holdout": 0.1},
        {"lr": 1e-3}, {"weight_decay": 0.0}, {"heads": 2}, {"key_dim": 2},
    ],
    ids=str,
)  # fmt: skip
def test_what_changes_tensors_or_steps_changes_the_shape(change: dict[str, Any]) -> None:
    assert trained(**change).shape() != trained().shape()


@pytest.mark.parametrize("change", [{"beta0": 1.0}, {"init": "random"}, {"band": 0.5}, {"benchmark": True}], ids=str)
def test_what_changes_numbers_alone_does_not(change: dict[str, Any]) -> None:
    assert trained(**change).shape() == trained().shape()


def test_a_bandwidth_that_is_searched_is_another_program_than_one_that_is_given() -> None:
    searched, one, other = (trained("frozen_rbf", bandwidth=h) for h in (None, 0.5, 2.0))
    assert searched.shape() != one.shape() == other.shape()
    assert (searched.kernel_bandwidth(), one.kernel_bandwidth(), trained().kernel_bandwidth()) == (None, 0.5, 1.0)


def test_optimiser_steps_grow_as_a_power_of_the_sample() -> None:
    model = trained(steps=10.0, steps_exponent=0.5)
    assert [model.optimiser_steps(n) for n in (1, 100, 10000)] == [10, 100, 1000]
    assert trained(steps=0.1, steps_exponent=0.0).optimiser_steps(64) == 1


def test_models_that_do_not_fit_the_data_say_why() -> None:
    data = RecallData(modes=12, nodes=32)
    assert recall_model("mercer", width=12).misfit(data) is None
    assert "model.width = 13 but there are data.modes = 12" in str(recall_model("mercer", width=13).misfit(data))
    assert "model.key_dim = 5 but tags have 4 dimensions" in str(recall_model(key_dim=5).misfit(data))
    assert recall_model(key_dim=4).misfit(data) is None


@pytest.mark.parametrize("name", models("recall"))
def test_costs_grow_with_the_sample_and_only_the_exact_rules_hold_a_matrix(name: str) -> None:
    model = settings_class(models("recall")[name])(name=name)
    costs = [model.seconds(n) for n in (64, 1024, 16384)]
    assert costs == sorted(costs)
    assert (model.matrix_bytes(1024) > 0) == (name in {"gp", "posterior"})
    assert model.matrix_bytes(2048) == 4 * model.matrix_bytes(1024)
    if name == "gp":
        assert costs[-1] == exact_seconds(16384)
        assert exact_seconds(16384) > 50 * exact_seconds(1024)  # cubic in the end
