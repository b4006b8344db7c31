"""Plans: packs by shape, manifests that give back the same trials."""

import json
from pathlib import Path

import pytest

from mtam.base.errors import UsageError
from mtam.base.spec import KEYS
from mtam.config import plan_fit, plan_sweep
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial, interaction_model
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.sweep import planning


def test_a_pack_holds_trials_of_one_shape() -> None:
    plan = plan_sweep("alpha", [])
    for pack in plan.packs:
        assert len({plan.trials[key].shape() for key in pack}) == 1
        assert len(pack) <= planning.MOST_MEMBERS
    assert sorted(key for pack in plan.packs for key in pack) == sorted(plan.trials)
    assert len(plan.packs) == 6 + 3  # one per sample size; at n = 4096 one per alpha, which also solves the Bayes rule


def test_large_packs_are_split() -> None:
    plan = plan_sweep("alpha", ["sweep.seeds=50", "sweep.sizes=[64]"])
    assert sorted(map(len, plan.packs)) == [22, 32, 32, 32, 32]


def test_the_costliest_pack_comes_first() -> None:
    plan = plan_sweep("alpha", [])
    costs = [plan.cost(pack) for pack in plan.packs]
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize("plan", [plan_sweep("alpha", ["sweep.seeds=2"]), plan_fit(["data.d=4"])], ids=["sweep", "fit"])
def test_the_manifest_gives_the_plan_back(plan: planning.Plan, tmp_path: Path) -> None:
    plan.write(tmp_path)
    assert planning.read(tmp_path) == plan
    assert planning.read(tmp_path).packs == plan.packs
    plan.write(tmp_path)  # writing it again is harmless


def test_the_difference_names_the_settings() -> None:
    one, two = plan_fit(["data.d=4"]), plan_fit(["data.d=5", "launcher=local"])
    assert planning.difference(one, two) == "data.d was 4, now 5"


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not the folder of a run"):
        planning.read(tmp_path)


def test_keys_are_stable() -> None:
    """A changed key orphans every record on users' disks. Change these figures knowingly."""
    assert KEYS == 2
    assert RecallTrial().key() == "093636e081d7945248a3"
    assert InteractionTrial().key() == "1fc4303f6a6b1236d13e"
    assert RecallTrial(n=64).key() != RecallTrial(n=128).key()
    assert InteractionTrial(seed=1).key() != InteractionTrial(seed=2).key()


def test_numbers_are_stable() -> None:
    """Another number for the same key would make old records lie: if one of these changes, raise SCHEMA."""
    from mtam.problems.registry import run_pack

    recall = RecallTrial(data=RecallData(modes=6, test=64), model=recall_model(name="gp"), n=32)
    data = InteractionData(d=2, rank=1, tokens=3)
    interaction = InteractionTrial(data=data, model=interaction_model(name="oracle_a"), n=200)
    (one,) = run_pack([recall], device="cpu", tick=lambda _fraction: None)
    (two,) = run_pack([interaction], device="cpu", tick=lambda _fraction: None)
    assert one["error"] == pytest.approx(0.16610069015882112, rel=1e-6)
    assert two["error"] == pytest.approx(0.005070078546157732, rel=1e-6)


def test_a_manifest_of_another_version_is_refused(tmp_path: Path) -> None:
    """A setting that did not exist then would change every key: its records must not be mistaken for missing ones."""
    plan_fit(["data.d=4"]).write(tmp_path)
    path = tmp_path / planning.MANIFEST
    path.write_text(path.read_text().replace('"noise_law": "gaussian",', ""))
    assert planning.read(tmp_path).digest == plan_fit(["data.d=4"]).digest  # the default of today
    path.write_text(path.read_text().replace('"d": 4', '"d": 6'))
    with pytest.raises(UsageError, match="other settings"):
        planning.read(tmp_path)


def small(*settings: str) -> planning.Plan:
    return plan_sweep("alpha", ["data.alpha=1,2", "sweep.sizes=[64,128]", *settings])


@pytest.mark.parametrize(
    "more", [["sweep.seeds=5"], ["sweep.sizes=[64,128,256]"], ["data.alpha=0.5,1,2"], ["data.noise=0.05,0.2"]]
)
def test_an_extended_plan_keeps_its_packs(more: list[str], tmp_path: Path) -> None:
    old = small("sweep.seeds=2", "data.noise=0.05") if "noise" in more[0] else small("sweep.seeds=2")
    keys = {text.partition("=")[0] for text in more}
    base = {"data.alpha": "data.alpha=1,2", "sweep.sizes": "sweep.sizes=[64,128]", "sweep.seeds": "sweep.seeds=2"}
    new = plan_sweep("alpha", [text for key, text in base.items() if key not in keys] + more)
    old.write(tmp_path)
    both = planning.extended(planning.read(tmp_path), new)
    assert both.packs[: len(old.packs)] == old.packs
    assert sorted(key for pack in both.packs for key in pack) == sorted(new.trials)
    both.write(tmp_path, extend=True)
    assert planning.read(tmp_path) == both
    assert planning.read(tmp_path).packs == both.packs
    assert planning.read(tmp_path).digest == new.digest


def test_an_extension_drops_nothing(tmp_path: Path) -> None:
    small("sweep.seeds=2").write(tmp_path)
    with pytest.raises(UsageError, match=r"drops none, but 4 of the 8 .*sweep.seeds was 2, now 1"):
        planning.extended(planning.read(tmp_path), small("sweep.seeds=1"))


def test_another_configuration_is_refused_with_the_difference(tmp_path: Path) -> None:
    small("sweep.seeds=2").write(tmp_path)
    with pytest.raises(UsageError, match=r"sweep\.seeds was 2, now 3.*--extend"):
        small("sweep.seeds=3").write(tmp_path)
    with pytest.raises(UsageError, match=r"sweep\.seeds was 2, now 1\); choose another --out\.$"):
        small("sweep.seeds=1").write(tmp_path)


def test_a_manifest_whose_packs_are_not_its_trials_is_refused(tmp_path: Path) -> None:
    small().write(tmp_path)
    path = tmp_path / planning.MANIFEST
    tree = json.loads(path.read_text())
    tree["packs"].pop()
    path.write_text(json.dumps(tree))
    with pytest.raises(UsageError, match="packs are not its trials"):
        planning.read(tmp_path)


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        ({"data.alpha": 0.5, "model": "gp"}, "alpha = 0.5, model = gp"),
        ({"data.noise": 1, "model.noise": 2}, "data.noise = 1, model.noise = 2"),
        ({}, "all"),
    ],
)
def test_a_place_on_the_axes_in_words(axis: dict[str, object], words: str) -> None:
    assert planning.label(axis) == words
