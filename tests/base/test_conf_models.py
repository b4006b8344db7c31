"""Which settings go with which models of a configuration."""

from pathlib import Path

import pytest

from mtam.base import conf_files
from mtam.base.conf_models import answering, applies, check_file, refuse_foreign
from mtam.base.errors import UsageError
from mtam.base.variants import every_model, models
from tests.conftest import REPO


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of configurations with the groups of the repository and sweeps of its own."""
    for group in ("data", "model", "launcher"):
        (tmp_path / group).symlink_to(REPO / "conf" / group)
    (tmp_path / "sweep").mkdir()
    monkeypatch.setattr(conf_files, "conf_dir", lambda: tmp_path)
    return tmp_path / "sweep"


@pytest.mark.parametrize(
    ("key", "model", "expected"),
    [
        ("model.lr", "softmax", True),
        ("model.lr", "knn", False),
        ("model.name", "knn", True),
        ("data.alpha", "knn", True),
        ("sweep.seeds", "softmax", True),
        ("model.lr", "unheard_of", True),  # told elsewhere, by its name
        ("model.lr.more", "softmax", False),
    ],
)
def test_a_setting_applies_to_the_models_that_have_it(key: str, model: str, expected: bool) -> None:
    assert applies(key, model) == expected


def test_models_are_those_of_the_problem_of_the_file() -> None:
    assert answering("sweep/alpha") == models("recall")
    assert answering("fit_own") == models("interaction_data")
    assert "softmax" not in answering("sweep/rank")


@pytest.mark.parametrize("problem", ["", "problem: nothing", "problem: [1]"])
def test_a_file_that_names_no_problem_has_all_models(problem: str, conf: Path) -> None:
    (conf / "mine.yaml").write_text(f"{problem}\nname: mine\n")
    assert answering("sweep/mine") == every_model()


def test_a_setting_of_other_models_is_refused_with_their_names() -> None:
    refuse_foreign("sweep/alpha", "data.bandwidth", ["softmax"])  # no setting of models
    refuse_foreign("sweep/alpha", "model.colour", ["softmax"])  # of nobody: told elsewhere, with the nearest word
    with pytest.raises(UsageError, match=r"^model\.bandwidth is a setting of frozen_rbf, not of softmax or knn\.$"):
        refuse_foreign("sweep/alpha", "model.bandwidth", ["softmax", "knn"])


@pytest.mark.parametrize("path", sorted((REPO / "conf" / "sweep").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_files_of_the_repository_set_nothing_foreign(path: Path) -> None:
    check_file(f"sweep/{path.stem}", [])


def test_a_file_may_set_what_one_of_its_models_has_and_no_more(conf: Path) -> None:
    text = "defaults: [{/model: softmax}]\nproblem: recall\nmodel: {KEY: 1.0}\n"
    (conf / "mine.yaml").write_text(text.replace("KEY", "lr"))
    check_file("sweep/mine", [])
    (conf / "mine.yaml").write_text(text.replace("KEY", "bandwidth"))
    check_file("sweep/mine", ["frozen_rbf"])
    with pytest.raises(
        UsageError, match=r"^conf/sweep/mine\.yaml: model\.bandwidth is a setting of frozen_rbf, not of"
    ):
        check_file("sweep/mine", ["linear"])


@pytest.mark.parametrize("model", ["3", "[1, 2]", "null"])
def test_models_of_another_form_are_for_others_to_tell(model: str, conf: Path) -> None:
    (conf / "mine.yaml").write_text(f"problem: recall\nmodel: {model}\n")
    check_file("sweep/mine", ["softmax"])
