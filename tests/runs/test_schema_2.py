"""Folders of schema 2, made when all estimators of a problem shared one bag of settings, are read and gone on with.

``tests/data/schema2`` was written by that version, by the commands in ``MADE_BY``: knn was given steps that it does
not read, als a rule for K, so their records go by keys that are not those of today.
"""

import json
import shutil
from pathlib import Path

import pytest

from mtam.base.errors import UsageError
from mtam.config import plan_sweep
from mtam.sweep import planning, store
from tests.conftest import Mtam

DATA = Path(__file__).resolve().parents[1] / "data" / "schema2"
SMALL = ["data.modes=6", "data.test=64", "data.tags=orthonormal"]
MADE_BY = {
    "recall": [
        "attention", "model=softmax,knn,linear", "sweep.sizes=[16,32]", "sweep.seeds=2", "model.steps=4",
        "model.width=16", *SMALL,
    ],
    "interaction": ["d", "model=ips_erm,als", "data.d=2", "sweep.sizes=[400,800]", "sweep.seeds=1"],
    "unread": ["attention", "model=knn", "model.steps=4,5", "sweep.sizes=[16]", "sweep.seeds=2", *SMALL],
}  # fmt: skip
TRIALS = {"recall": 12, "interaction": 4, "unread": 2}


@pytest.fixture(params=[name for name in MADE_BY if name != "unread"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def taken(name: str, here: Path) -> Path:
    return Path(shutil.copytree(DATA / name, here / name))


def run(mtam: Mtam, name: str, *more: str) -> dict[str, object]:
    words = [word for word in MADE_BY[name] if word.partition("=")[0] not in {each.partition("=")[0] for each in more}]
    done = mtam("sweep", *words, *more, "--out", name, "--launcher", "inline", "--quiet", "--json")
    assert done.code == 0, done.err
    told: dict[str, object] = json.loads(done.out)
    return told


def test_an_old_folder_has_the_trials_of_the_same_command_today(name: str) -> None:
    found, plan = planning.read(DATA / name), plan_sweep(MADE_BY[name][0], MADE_BY[name][1:])
    assert found.digest == plan.digest
    assert len(found.trials) == TRIALS[name]
    assert {store.path_of(DATA / name, key).exists() for key in found.trials} == {True}
    assert found.aliases, "this folder holds settings that an estimator did not read"
    assert planning.difference(found, plan).startswith("it has")


def test_an_old_folder_is_gone_on_with_and_nothing_is_computed(name: str, mtam: Mtam, here: Path) -> None:
    out = taken(name, here)
    told = run(mtam, name)
    assert (told["computed"], told["cached"]) == (0, TRIALS[name])
    assert (out / "curve.csv").read_bytes() == (DATA / name / "curve.csv").read_bytes()
    assert json.loads((out / planning.MANIFEST).read_text())["schema"] == 2


@pytest.mark.parametrize("name", ["recall", pytest.param("interaction", marks=pytest.mark.slow)])
def test_report_claims_and_status_read_an_old_folder(name: str, mtam: Mtam, here: Path) -> None:
    out = taken(name, here)
    (out / "curve.csv").unlink()
    told = mtam("status", name, "--json")
    assert told.code == 0, told.err
    assert json.loads(told.out)["trials"] == TRIALS[name]
    assert {cell["done"] for cell in json.loads(told.out)["cells"]} == {TRIALS[name] // len(planning.read(out).cells)}
    assert mtam("report", name, "--quiet").code == 0
    assert (out / "curve.csv").read_bytes() == (DATA / name / "curve.csv").read_bytes()
    claims = mtam("claims", name, "--json")
    assert claims.code == 0, claims.err
    assert (out / "claims.csv").exists()


def test_an_old_folder_is_extended_and_keeps_its_records(mtam: Mtam, here: Path) -> None:
    out = taken("recall", here)
    before = {path.name: path.read_bytes() for path in (out / "records").iterdir()}
    told = run(mtam, "recall", "sweep.seeds=3", "--extend")
    assert (told["computed"], told["cached"]) == (6, 12)
    assert {name: (out / "records" / name).read_bytes() for name in before} == before
    assert json.loads((out / planning.MANIFEST).read_text())["schema"] == 3
    again = run(mtam, "recall", "sweep.seeds=3")  # the manifest of today remembers by which keys the old records go
    assert (again["computed"], again["cached"]) == (0, 18)


def test_trials_that_differ_in_what_their_estimator_does_not_read_are_one(mtam: Mtam, here: Path) -> None:
    """Two cells, of knn with 4 and with 5 steps, that hold the same two trials."""
    out = taken("unread", here)
    found = planning.read(out)
    assert found.keys[0] == found.keys[1]
    assert sorted(key for pack in found.packs for key in pack) == sorted(found.trials)
    assert mtam("report", "unread", "--quiet").code == 0
    assert (out / "curve.csv").read_bytes() == (DATA / "unread" / "curve.csv").read_bytes()


def test_a_trial_that_is_not_what_its_key_says_is_refused(here: Path) -> None:
    out = taken("recall", here)
    path = out / planning.MANIFEST
    path.write_text(path.read_text().replace('"steps": 4.0', '"steps": 5.0', 1))
    with pytest.raises(UsageError, match="other settings"):
        planning.read(out)


def test_schema_1_is_refused(here: Path) -> None:
    out = taken("recall", here)
    path = out / planning.MANIFEST
    path.write_text(path.read_text().replace('"schema": 2', '"schema": 1', 1))
    with pytest.raises(UsageError, match="another record schema"):
        planning.read(out)
