"""Overrides in Hydra's grammar become frozen plans; one compose per choice of group options."""

import math
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.config import plan_fit, plan_sweep, plans
from mtam.sweep import planning


def axes(texts: list[str]) -> list[dict[str, Any]]:
    return [cell.axis for cell in plan_sweep("alpha", texts).cells]


def test_the_default_sweep() -> None:
    plan = plan_sweep("alpha", [])
    assert [cell.axis for cell in plan.cells] == [{"data.alpha": a} for a in (0.5, 1.0, 2.0)]
    assert len(plan.trials) == 3 * 7 * 3
    assert {trial.n for trial in plan.trials.values()} == {2**k for k in range(6, 13)}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["data.alpha=1"], [1.0]),
        (["data.alpha=1,3"], [1.0, 3.0]),
        (["data.alpha=range(1,4)"], [1.0, 2.0, 3.0]),
        (["data.alpha=choice(1,2)"], [1.0, 2.0]),
        (["data.alpha=sort(3,1,2)"], [1.0, 2.0, 3.0]),
    ],
)
def test_an_axis_of_the_file_is_replaced(texts: list[str], expected: list[float]) -> None:
    assert [axis["data.alpha"] for axis in axes(texts)] == expected


def test_a_list_adds_an_axis() -> None:
    assert axes(["data.alpha=1,2", "data.noise=0,0.1"]) == [
        {"data.alpha": a, "data.noise": s} for a in (1.0, 2.0) for s in (0.0, 0.1)
    ]


def test_group_choices_compose_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    compose = plans.compose_config

    def counted(name: str, overrides: Any, groups: dict[str, str]) -> Any:
        seen.append(dict(groups))
        return compose(name, overrides, groups)

    monkeypatch.setattr(plans, "compose_config", counted)
    plan = plan_sweep("alpha", ["model=glob(soft*)", "sweep.seeds=20", "data.noise=range(0,5)"])
    assert len(plan.trials) == 3 * 5 * 7 * 20
    assert seen == [{"model": "softmax"}]  # the sweep's own settings are those of the first option
    assert plan.cells[0].axis["model"] == "softmax"


def test_a_repeated_value_does_not_make_a_second_cell() -> None:
    with pytest.raises(UsageError, match="twice"):
        plan_sweep("alpha", ["data.alpha=1,1.0"])


def test_a_repeated_option_is_refused_before_its_configurations_are_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[str] = []
    compose = plans.compose_config

    def counted(name: str, overrides: Any, groups: dict[str, str]) -> Any:
        composed.append(name)
        return compose(name, overrides, groups)

    monkeypatch.setattr(plans, "compose_config", counted)
    with pytest.raises(UsageError, match="model=softmax is given twice"):
        plan_sweep("alpha", [f"model={','.join(['softmax'] * 1000)}"])
    assert len(composed) == 1


def test_ten_thousand_cells_are_told_apart_in_seconds() -> None:
    """Compared pair by pair they would take minutes."""
    began = time.monotonic()
    plan = plan_sweep("alpha", ["data.alpha=range(1,10001)", "sweep.sizes=[64]", "sweep.seeds=1"])
    assert len(plan.cells) == 10_000
    assert time.monotonic() - began < 20


def test_where_it_runs_does_not_change_the_identity() -> None:
    here, there = plan_sweep("alpha", []), plan_sweep("alpha", ["launcher=inline", "launcher.workers=7"])
    assert here.digest == there.digest
    assert list(here.trials) == list(there.trials)


def test_science_changes_the_identity() -> None:
    assert plan_sweep("alpha", []).digest != plan_sweep("alpha", ["data.noise=0.2"]).digest
    assert plan_fit([]).digest != plan_fit(["data.noise=0.2"]).digest


def test_whole_floats_count_as_integers() -> None:
    assert plan_fit(["samples=2e4"]).digest == plan_fit(["samples=20000"]).digest


def test_sizes_double_from_n_min_to_n_max() -> None:
    plan = plan_sweep("alpha", ["sweep.n_min=100", "sweep.n_max=900"])
    assert sorted({trial.n for trial in plan.trials.values()}) == [100, 200, 400, 800]


def test_explicit_sizes_win() -> None:
    plan = plan_sweep("alpha", ["sweep.sizes=[300,20]"])
    assert sorted({trial.n for trial in plan.trials.values()}) == [20, 300]


def test_the_first_seed_moves_the_seeds_and_keeps_the_trials_of_those_that_remain() -> None:
    plain = plan_sweep("alpha", ["sweep.sizes=[64]", "sweep.seeds=4", "sweep.first_seed=0"])
    moved = plan_sweep("alpha", ["sweep.sizes=[64]", "sweep.seeds=3", "sweep.first_seed=2"])
    assert sorted({trial.seed for trial in moved.trials.values()}) == [2, 3, 4]
    assert {key for key, trial in plain.trials.items() if trial.seed >= 2} < moved.trials.keys()
    with pytest.raises(UsageError, match=r"sweep\.first_seed = -1"):
        plan_sweep("alpha", ["sweep.first_seed=-1"])


@given(st.floats(min_value=1e-3, max_value=1e3), st.integers(1, 5))
def test_values_survive_the_way_through_the_grammar(alpha: float, seeds: int) -> None:
    plan = plan_sweep("alpha", [f"data.alpha={alpha!r}", f"sweep.seeds={seeds}", "sweep.sizes=[64]"])
    assert [cell.axis["data.alpha"] for cell in plan.cells] == [alpha]
    assert sorted(trial.seed for trial in plan.trials.values()) == list(range(20, 20 + seeds))


@given(st.text(max_size=30))
def test_any_text_is_a_setting_or_one_sentence(text: str) -> None:
    try:
        plan_sweep("alpha", [text, "sweep.sizes=[64]", "sweep.seeds=1"])
    except UsageError:
        return


def test_a_setting_applies_to_the_models_that_have_it() -> None:
    plan = plan_sweep("attention", ["model=knn,softmax", "model.steps=5", "data.tags=iid", "sweep.seeds=1"])
    knn, softmax = (cell.trials[0].model for cell in plan.cells)
    assert set(type(knn).model_fields) == {"name"}
    assert getattr(softmax, "steps") == 5  # noqa: B009
    assert plan.config["model"]["steps"] == 5  # the first model has none; the configuration tells it all the same


def test_an_axis_applies_to_the_models_that_have_it() -> None:
    plan = plan_sweep("attention", ["model=knn,mean", "model.width=8,16", "data.tags=iid", "sweep.seeds=1"])
    assert [cell.axis["model.width"] for cell in plan.cells] == [8, 16, 8, 16]
    assert len(plan.trials) == 1 + 2  # nearest neighbours have no width


@pytest.mark.parametrize(
    ("sweep", "texts", "sentence"),
    [
        ("alpha", ["model.bandwidth=1"], "model.bandwidth is a setting of frozen_rbf, not of softmax."),
        ("alpha", ["model.bandwidth=1,2"], "model.bandwidth is a setting of frozen_rbf, not of softmax."),
        ("alpha", ["model=knn,gp", "model.key_dim=1"], "model.key_dim is a setting of softmax, not of knn or gp."),
        ("model", ["model=als", "model.steps=5"], "model.steps is a setting of mlp, gradient, not of als."),
        ("alpha", ["model.stesp=5"], "there is no setting model.stesp; did you mean model.steps?"),
        ("alpha", ["model=als"], "model=als does not answer recall problems; valid: softmax, linear, "),
        ("alpha", ["model.width=0"], "model.width = 0: "),
        (
            "alpha",
            ["data.target=matren"],
            "data.target = 'matren': 'matren' is unknown; valid: matern, matern_stratified, ",
        ),
        ("d", ["data.token_law=cubes"], "data.token_law = 'cubes': 'cubes' is unknown; valid: cube, gaussian, "),
    ],
)
def test_what_no_chosen_model_has_is_refused_by_name(sweep: str, texts: list[str], sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        plan_sweep(sweep, texts)
    assert str(error.value).startswith(sentence)


def test_what_a_sweep_sets_for_its_model_is_no_mistake_of_who_chooses_another() -> None:
    """conf/sweep/alpha.yaml asks for the Bayes rule beside softmax; nearest neighbours have none beside them."""
    plan = plan_sweep("alpha", ["model=knn", "sweep.seeds=1"])
    assert plan.config["model"] == {"name": "knn"}


def test_a_file_that_sets_what_none_of_its_models_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(conf_files.conf_dir(), tmp_path / "conf")
    text = (tmp_path / "conf" / "sweep" / "alpha.yaml").read_text().replace("benchmark: true ", "bandwidth: 2.0 ")
    (tmp_path / "conf" / "sweep" / "mine.yaml").write_text(text)
    monkeypatch.setenv("MTAM_CONF", str(tmp_path / "conf"))
    conf_files.conf_dir.cache_clear()
    try:
        with pytest.raises(
            UsageError, match=r"mine\.yaml: model\.bandwidth is a setting of frozen_rbf, not of softmax"
        ):
            plan_sweep("mine", [])
        assert plan_sweep("mine", ["model=softmax,frozen_rbf", "sweep.seeds=1"]).trials
    finally:
        conf_files.conf_dir.cache_clear()


def test_cells_that_scatter_more_can_have_more_seeds() -> None:
    """Only at the place that the file names; the smallest seeds are those of all cells, and other sweeps have none."""
    few, many = (plan_sweep("alpha", ["sweep.sizes=[64]", *more]) for more in ((), ("sweep.more_seeds=2",)))
    assert [[trial.seed for trial in cell.trials] for cell in few.cells] == 3 * [[20, 21, 22]]
    assert [[trial.seed for trial in cell.trials] for cell in many.cells] == 2 * [[20, 21, 22]] + [[20, 21, 22, 23, 24]]
    pinned = plan_sweep("alpha", ["sweep.sizes=[64]", "data.alpha=2", "sweep.more_seeds=2"])
    assert len(pinned.cells[0].trials) == 5
    assert set(few.trials) < set(many.trials)
    with pytest.raises(UsageError, match=r"there is no setting sweep\.more_at"):
        plan_sweep("alpha", ["sweep.more_at=1"])


def test_settings_that_follow_the_sample_size_hold_their_values_in_every_trial(tmp_path: Path) -> None:
    plan = plan_sweep("alpha", ['data.components="ceil(ln(n))"', "data.tag_dim=data.components", "data.alpha=1"])
    counts = {trial.n: (trial.data.components, trial.data.tag_dim) for trial in plan.trials.values()}  # type: ignore[attr-defined]
    assert counts == {n: (math.ceil(math.log(n)),) * 2 for n in counts}
    assert len(set(counts.values())) > 3
    plan.write(tmp_path)
    assert planning.read(tmp_path).digest == plan.digest
    fixed = plan_sweep("alpha", ["data.components=5", "data.tag_dim=data.components", "data.alpha=1"])
    assert fixed.digest == plan_sweep("alpha", ["data.components=5", "data.tag_dim=5", "data.alpha=1"]).digest


def test_a_rule_along_an_axis_is_a_cell_of_its_own(tmp_path: Path) -> None:
    texts = ['data.components="ceil(ln(n))","floor(0.5*n^0.5)"', "data.tags=iid", "data.alpha=1"]
    plan = plan_sweep("alpha", texts)
    assert [cell.axis["data.components"] for cell in plan.cells] == ["ceil(ln(n))", "floor(0.5*n^0.5)"]
    plan.write(tmp_path)
    assert planning.read(tmp_path).cells[1].axis == plan.cells[1].axis
    manifest = tmp_path / planning.MANIFEST
    manifest.write_text(manifest.read_text().replace("floor(0.5*n^0.5)", "floor(0.7*n^0.5)"))
    with pytest.raises(UsageError, match=r"data\.components is not 'floor\(0\.7"):
        planning.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('data.components="ceil(ln(n)"', "is no rule of the sample size n; valid: ceil"),
        ("data.components=data.tags", "data.components = 'cross_polytope': should be a valid integer"),
        ('data.tag_dim="floor(0.1*ln(n))"', "data.tag_dim = 0: should be greater than or equal to 1"),
    ],
)
def test_a_wrong_rule_is_one_sentence(text: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        plan_sweep("alpha", [text])
    assert told in str(error.value)
