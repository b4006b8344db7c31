"""What the configuration folder offers, and that it says all that the schema knows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.base.variants import every_model, settings_class
from mtam.interaction.interaction_spec import InteractionData
from mtam.problems.registry import PROBLEMS
from mtam.recall.recall_spec import RecallData, ReportedToy

SCHEMAS = {"data/recall": RecallData, "data/interaction": InteractionData, "reported/toy": ReportedToy}


@pytest.mark.parametrize("name", SCHEMAS)
def test_files_and_schema_have_the_same_fields_and_defaults(name: str) -> None:
    written, schema = conf_files.load(name), SCHEMAS[name]()
    assert written == schema.model_dump()


@pytest.mark.parametrize("name", every_model())
def test_the_file_of_a_model_holds_its_own_settings_with_their_defaults(name: str) -> None:
    kind = settings_class(every_model()[name])
    assert (conf_files.conf_dir() / "model" / f"{name}.yaml").exists()
    assert conf_files.load(f"model/{name}") == kind(name=name).model_dump()


@pytest.mark.parametrize("group", ["sweep", "check", "data", "model", "launcher", "reproduce"])
def test_every_option_has_a_title(group: str) -> None:
    titles = conf_files.titles(group)
    assert titles
    assert all(titles.values()), titles


def test_every_model_file_is_registered() -> None:
    registered = {name for problem in PROBLEMS.values() for name in problem.estimators}
    assert set(conf_files.options("model")) == registered


def test_keys_are_those_of_the_models_that_are_chosen() -> None:
    def own(*chosen: str) -> set[str]:
        return {key for key in conf_files.keys("sweep/attention", chosen=chosen) if key.startswith("model.")}

    assert "model.bandwidth" in own()  # frozen_rbf lies along the axis of the file
    assert "model.bandwidth" not in own("softmax")
    assert own("knn") == {"model.name"}
    assert own("knn", "linear") == own("linear") > own("mean") > own("knn")


def test_keys_reach_into_the_groups() -> None:
    keys = conf_files.keys("sweep/alpha")
    assert {"data", "model", "launcher", "data.alpha", "model.lr", "sweep.n_max", "launcher.workers"} <= set(keys)
    assert not [key for key in keys if key.startswith("sweep.axes")]


@pytest.mark.parametrize(
    ("word", "valid", "said"),
    [
        ("data.alhpa", ["data.alpha", "data.noise"], "did you mean data.alpha?"),
        ("noise", ["data.alpha", "data.noise"], "did you mean data.noise?"),
        ("zzz", ["inline", "local"], "valid: inline, local"),
    ],
)
def test_nearest(word: str, valid: list[str], said: str) -> None:
    assert conf_files.nearest(word, valid) == said


def test_a_folder_without_sweeps_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTAM_CONF", str(tmp_path))
    conf_files.conf_dir.cache_clear()
    with pytest.raises(UsageError, match="not a configuration folder"):
        conf_files.conf_dir()
    conf_files.conf_dir.cache_clear()


def test_broken_yaml_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "mine.yaml").write_text("a: [1,\n")
    monkeypatch.setenv("MTAM_CONF", str(tmp_path))
    conf_files.conf_dir.cache_clear()
    try:
        with pytest.raises(UsageError, match="not valid YAML") as error:
            conf_files.load("sweep/mine")
    finally:
        conf_files.conf_dir.cache_clear()
    assert "\n" not in str(error.value)


def test_flatten_is_the_inverse_of_nesting() -> None:
    tree: dict[str, Any] = yaml.safe_load("a: 1\nb: {c: 2, d: {e: 3}}\nf: {}\n")
    assert list(conf_files.flatten(tree)) == ["a", "b.c", "b.d.e", "f"]
