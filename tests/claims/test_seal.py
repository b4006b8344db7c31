"""A threshold that is moved after a run shows: manifests keep how each claim was to be judged."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mtam import config
from mtam.analysis.run import Run
from mtam.claims.claim import Claim, load, seals
from mtam.claims.evidence import Gathered
from mtam.claims.judge_claims import judge
from mtam.problems.registry import problem
from mtam.sweep import planning
from tests.conftest import Mtam

CLAIMS = {claim.id: claim for claim in load()}
CLAIM = CLAIMS["recall-attention-mass"]
TINY = ("data.alpha=1", "model=mean", "sweep.sizes=[64]", "sweep.seeds=2", "data.test=64")


def moved(claim: Claim, **changes: object) -> Claim:
    return claim.model_copy(update={"judge": claim.judge.model_copy(update=changes)})


def test_a_seal_follows_the_threshold_and_not_the_words() -> None:
    assert moved(CLAIM, low=0.9).seal != CLAIM.seal
    assert CLAIM.model_copy(update={"at": {"data.alpha": 2.0}}).seal != CLAIM.seal
    assert CLAIM.model_copy(update={"outside": "everything"}).seal != CLAIM.seal
    assert CLAIM.model_copy(update={"claim": "in other words", "why": "so"}).seal == CLAIM.seal


@pytest.mark.parametrize(
    ("stored", "sealed", "because"),
    [
        ({}, "", None),  # a run of a version that kept none
        ({CLAIM.id: CLAIM.seal}, "before the run", None),
        (
            {CLAIM.id: moved(CLAIM, low=0.99).seal},
            "changed after the run",
            "the way to judge was changed after the run",
        ),
        ({"another": "0"}, "written after the run", "the way to judge was written after the run"),
    ],
)
def test_a_claim_younger_than_its_run_says_so(stored: dict[str, str], sealed: str, because: str | None) -> None:
    plan = replace(config.plan_sweep("alpha", list(TINY)), seals=stored)
    run = Run(plan, {key: {"numbers": {"attention_mass": 0.97 + 0.01 * k}} for k, key in enumerate(plan.trials)})
    row = judge(CLAIM, Gathered((run,), {})).row
    assert row["sealed"] == sealed
    assert (because in row["because"]) if because else ("way to judge" not in row["because"])


def test_the_manifest_is_sealed_when_it_is_first_written_and_never_again(mtam: Mtam, here: Path) -> None:
    assert mtam("sweep", "alpha", *TINY, "--out", "run", "--quiet").code == 0
    path = here / "run" / planning.MANIFEST
    tree = json.loads(path.read_text())
    assert tree["claims"] == seals("alpha", problem("recall"))
    assert CLAIM.id in tree["claims"]

    tree["claims"][CLAIM.id] = moved(CLAIM, low=0.5).seal  # as if conf/claims had been changed since
    path.write_text(json.dumps(tree))
    assert mtam("sweep", "alpha", *TINY, "--out", "run", "--quiet", "--force").code == 0
    more = [*TINY[:3], "sweep.seeds=3", TINY[4]]
    assert mtam("sweep", "alpha", *more, "--out", "run", "--quiet", "--extend").code == 0
    assert json.loads(path.read_text())["claims"] == tree["claims"]

    rows = {row["id"]: row for row in json.loads(mtam("claims", "run", "--json").out)["claims"]}
    assert rows[CLAIM.id]["sealed"] == "changed after the run"
    assert rows["recall-query-matters"]["sealed"] == "before the run"
    assert rows["rate-d1"]["sealed"] == ""  # of a sweep that is not here
    page = (here / "run" / "claims.html").read_text()
    assert "changed after the run" in page
    assert "sealed before the run" in page
