"""The files of claims: every one can be read, names things that exist, and says why it is judged as it is."""

import csv
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from mtam import config
from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.checks.check_registry import CHECKS
from mtam.claims.claim import AxisExponent, Claim, Equivalence, FlatRatio, Found, Growth, Ordering, Ratio, load
from tests.conftest import REPO

CLAIMS = load()


@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.id for claim in CLAIMS])
def test_a_claim_names_a_run_that_exists(claim: Claim) -> None:
    assert len(claim.why) > 20
    assert claim.source[0] in "AB"
    if isinstance(claim.judge, Found):
        assert claim.judge.check in CHECKS
        return
    assert claim.sweep in conf_files.options("sweep")
    axes = config.plan_sweep(str(claim.sweep), []).config["sweep"]["axes"]
    named = dict(claim.at)
    if isinstance(claim.judge, Ordering | Equivalence | AxisExponent | Growth):
        named[claim.judge.axis] = claim.judge.values[0]
        assert set(claim.judge.values) <= set(axes[claim.judge.axis])
    if isinstance(claim.judge, Ratio | FlatRatio) and claim.judge.rival:
        named |= claim.judge.rival
    for key, value in named.items():
        assert value in axes[key], f"{claim.id}: {key} = {value} is no cell of {claim.sweep}"


@pytest.mark.parametrize(("scale", "dear"), [("standard", {"inside"}), ("full", set())])
def test_every_claim_can_be_judged_by_the_larger_scales(scale: str, dear: set[str]) -> None:
    """Half an hour is not enough for the sizes at which the theorem's condition holds in d = 30."""
    jobs = conf_files.load(f"reproduce/{scale}")["jobs"]
    run = {job["sweep"] for job in jobs if "sweep" in job} | {f"check {job['check']}" for job in jobs if "check" in job}
    assert {claim.place for claim in CLAIMS} - run == dear


@pytest.mark.parametrize("sweep", conf_files.options("sweep"))
def test_every_sweep_has_claims_or_says_why_not(sweep: str) -> None:
    reason = conf_files.load(f"sweep/{sweep}")["sweep"].get("exploratory")
    judged = any(claim.sweep == sweep for claim in CLAIMS)
    assert judged != bool(reason), f"{sweep}: either claims are judged by it, or sweep.exploratory says why none is"


@pytest.mark.parametrize("claim", [each for each in CLAIMS if each.if_contradicted], ids=lambda claim: claim.id)
def test_what_a_contradiction_says_rests_on_something_that_is_there(claim: Claim) -> None:
    assert claim.if_contradicted is not None
    there = {each.id for each in CLAIMS} | {f"sweep {name}" for name in conf_files.options("sweep")}
    there |= {f"check {name}" for name in CHECKS}
    assert set(claim.if_contradicted.rests_on) <= there - {claim.id}


def test_every_contradiction_of_the_reference_is_explained() -> None:
    with (REPO / "outputs" / "reference" / "claims" / "claims.csv").open(encoding="utf-8", newline="") as file:
        contradicted = {row["id"] for row in csv.DictReader(file) if row["verdict"] == "contradicted"}
    assert contradicted <= {claim.id for claim in CLAIMS if claim.if_contradicted}


LEG = "[minimax-exponent-alpha-05,"
TWICE = ("id: recall-law-alpha-1", "id: recall-law-alpha-05")
MISTAKES: list[tuple[str, Callable[[str], str], str]] = [
    ("an unknown way", lambda text: text.replace("way: law,", "way: lore,"), "does not match any of the expected tags"),
    ("a field that is misspelt", lambda text: text.replace("    why:", "    wy:", 1), "claims.0.why"),
    ("the same id twice", lambda text: text.replace(*TWICE), "given twice"),
    ("a leg that is no claim", lambda text: text.replace(LEG, "[minimax-exponent,"), "which is no claim"),
    ("a leg with legs", lambda text: text.replace(LEG, "[recall-law-alpha-1,"), "which rests on other claims itself"),
    ("a contradiction of no claim", lambda text: text.replace("- claim: toy-error", "- claim: toy"), "is no claim of"),
    ("no YAML", lambda text: text + "\n  - [", "not valid YAML"),
]


@pytest.mark.parametrize(("mistake", "change", "told"), MISTAKES, ids=[mistake for mistake, _, _ in MISTAKES])
def test_mistakes_are_told_in_one_sentence(
    mistake: str, change: Callable[[str], str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del mistake
    conf = tmp_path / "conf"
    copytree(REPO / "conf", conf)
    file = conf / "claims" / "a_recall.yaml"
    file.write_text(change(file.read_text()))
    monkeypatch.setenv("MTAM_CONF", str(conf))
    conf_files.conf_dir.cache_clear()
    try:
        with pytest.raises(UsageError, match=told):
            load()
    finally:
        monkeypatch.delenv("MTAM_CONF")
        conf_files.conf_dir.cache_clear()
