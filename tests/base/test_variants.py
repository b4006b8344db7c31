"""Variants by name: what may be set, whose it is, and what is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from mtam.base.variants import (
    REGISTRIES,
    choose,
    every_model,
    foreign,
    known,
    load,
    models,
    own_settings,
    owners,
    settings_class,
)

RECALL = models("recall")


def test_a_path_names_what_a_module_holds() -> None:
    assert load("mtam.base.variants:load") is load
    with pytest.raises(AttributeError):
        load("mtam.base.variants:nothing")
    with pytest.raises(ModuleNotFoundError):
        load("mtam.base.nothing:load")


@pytest.mark.parametrize("name", every_model())
def test_every_variant_has_a_settings_class_of_its_name_and_a_run_function(name: str) -> None:
    variant = every_model()[name]
    assert settings_class(variant)(name=name).name == name
    assert callable(load(variant.run))
    assert "name" not in own_settings(variant)


def test_the_models_of_all_problems_are_those_of_each() -> None:
    assert set(every_model()) == {name for problem in REGISTRIES for name in models(problem)}


@pytest.mark.parametrize("values", [3, None, "softmax", [("name", "softmax")]])
def test_what_is_no_mapping_passes_through(values: Any) -> None:
    assert choose(RECALL, values, "softmax") is values


def test_settings_are_of_the_class_that_they_name_or_of_the_default() -> None:
    named, silent = choose(RECALL, {"name": "linear", "beta0": 2.0}, "softmax"), choose(RECALL, {}, "softmax")
    assert (type(named), named.beta0) == (settings_class(RECALL["linear"]), 2.0)
    assert silent == settings_class(RECALL["softmax"])(name="softmax")


def test_what_a_variant_does_not_have_is_refused_with_those_that_have_it() -> None:
    with pytest.raises(ValueError, match=r"^model\.bandwidth is a setting of frozen_rbf, not of softmax$"):
        choose(RECALL, {"bandwidth": 0.5}, "softmax")
    with pytest.raises(ValueError, match=r"^model\.colour is a setting of no model, softmax included$"):
        choose(RECALL, {"colour": 1}, "softmax")
    with pytest.raises(ValueError, match="'softmix' is unknown; valid: softmax, "):
        choose(RECALL, {"name": "softmix"}, "softmax")
    with pytest.raises(ValidationError, match="lr"):
        choose(RECALL, {"lr": -1.0}, "softmax")


def test_a_name_that_cannot_be_hashed_is_unknown() -> None:
    with pytest.raises(ValueError, match=r"^\['a'\] is unknown; valid: a, b$"):
        known(["a", "b"], ["a"])
    assert known(["a", "b"], "b") == "b"


def test_owners_are_those_whose_class_has_the_setting() -> None:
    assert owners(RECALL, "bandwidth") == ["frozen_rbf"]
    assert owners(RECALL, "nothing") == []
    assert set(owners(RECALL, "lr")) == {name for name in RECALL if "lr" in own_settings(RECALL[name])}
    assert foreign(RECALL, ["softmax", "knn"], "bandwidth").endswith("not of softmax or knn")
