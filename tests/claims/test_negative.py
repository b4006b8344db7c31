"""Negative controls on real runs: a model that cannot recall, shuffled queries, an estimator that cannot fit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtam.claims.claim import load
from mtam.claims.evidence import Gathered, gather
from mtam.claims.judge_claims import judge
from tests.conftest import Mtam

CLAIMS = {claim.id: claim for claim in load()}
SMALL = (
    "model.width=32",
    "data.modes=8",
    "data.test=256",
    "model.steps=40",
    "sweep.sizes=[512]",
    "sweep.seeds=4",
    "data.alpha=1",
)


def judged(mtam: Mtam, out: str, *names: str) -> dict[str, Any]:
    said = mtam("claims", out, "--json")
    assert said.code == 0, said.err
    rows = {each["id"]: each for each in json.loads(said.out)["claims"]}
    return {name: rows[name]["verdict"] for name in names}


def test_attention_that_ignores_the_query_contradicts_recall(mtam: Mtam) -> None:
    names = ("recall-attention-mass", "recall-query-matters")
    assert mtam("sweep", "alpha", *SMALL, "model=mean", "--out", "mean", "--quiet").code == 0
    assert set(judged(mtam, "mean", *names).values()) == {"contradicted"}
    assert mtam("claims", "mean", "--strict", "--quiet").code == 1
    assert mtam("sweep", "alpha", *SMALL, "--out", "softmax", "--quiet").code == 0
    assert judged(mtam, "softmax", "recall-query-matters") == {"recall-query-matters": "supported"}


def test_shuffled_queries_contradict_recall(mtam: Mtam, here: Path) -> None:
    """The error under shuffled queries, posing as the error of the run."""
    assert mtam("sweep", "alpha", *SMALL, "--out", "run", "--quiet").code == 0
    run = gather([here / "run"]).sweeps["alpha"]
    shuffled = {
        key: record | {"numbers": record["numbers"] | {"error": record["numbers"]["shuffled_error"]}}
        for key, record in run.records.items()
    }
    found = Gathered((replace(run, records=shuffled),), {})
    assert judge(CLAIMS["recall-query-matters"], found).row["verdict"] == "contradicted"


def test_attention_that_is_not_trained_contradicts_that_it_is_learned(mtam: Mtam, here: Path) -> None:
    """The claims about a random form, asked about a random form that keeps its start."""
    names = ("attention-learned", "attention-learned-risk")
    small = ("model.width=32", "data.modes=8", "data.test=512", "sweep.sizes=[2048]", "sweep.seeds=3")
    assert mtam("sweep", "start", *small, "--out", "run", "--quiet").code == 0
    assert set(judged(mtam, "run", *names).values()) == {"supported"}
    frozen = [CLAIMS[name].model_copy(update={"at": {"model.init": "random_frozen"}}) for name in names]
    found = gather([here / "run"])
    assert {judge(claim, found).row["verdict"] for claim in frozen} == {"contradicted"}


def test_an_estimator_with_one_knot_interval_contradicts_the_rate(mtam: Mtam) -> None:
    """A single cubic cannot follow a rough truth: its error stays at the bias, whatever M."""
    settings = ("data.d=1", "sweep.n_min=4000", "sweep.n_max=64000", "sweep.seeds=4")
    assert mtam("sweep", "d", *settings, "model.intervals=1", "--out", "broken", "--quiet").code == 0
    assert judged(mtam, "broken", "rate-d1") == {"rate-d1": "contradicted"}


def test_training_that_stops_too_early_contradicts_that_it_reaches_the_risk_of_the_minimiser(mtam: Mtam) -> None:
    name = "training-ratio-adam-moment"
    one = ("data.d=5", "model.optimiser=adam", "model.start=moment", "model.starts=1", "sweep.seeds=3")
    for steps, verdict in (("40", "contradicted"), ("2000", "supported")):
        settings = (*one, f"model.steps={steps}", "sweep.first_seed=60", "launcher=inline")
        assert mtam("sweep", "training", *settings, "--out", steps, "--quiet").code == 0
        assert judged(mtam, steps, name) == {name: verdict}


@pytest.mark.parametrize("model", ["oracle_a", pytest.param("ips_erm", marks=pytest.mark.slow)])
def test_a_smoother_truth_in_one_dimension_is_not_parallel(mtam: Mtam, model: str) -> None:
    """Fits of two truths, d = 1 and 5 at sizes inside the condition: beta = 1 in both, then beta = 3 in d = 5."""
    settings = (
        "sweep.n_min=8000",
        "sweep.n_max=128000",
        "sweep.seeds=5",
        "sweep.first_seed=40",
        "launcher=inline",
        f"model={model}",
    )
    for name, d, degree in (("rough", "1,5", "2"), ("smooth", "5", "4")):
        said = mtam("sweep", "inside", f"data.d={d}", f"data.degree={degree}", *settings, "--out", name, "--quiet")
        assert said.code == 0, said.err
    rough, smooth = (gather([Path(name)]).sweeps["inside"] for name in ("rough", "smooth"))
    claim = CLAIMS["inside-parallel"]
    claim = claim.model_copy(update={"judge": claim.judge.model_copy(update={"values": [1, 5]})})
    found = judge(claim, Gathered((rough,), {})).row
    assert found["verdict"] != "contradicted", found
    at = {(trial.n, trial.seed): key for cell, keys in zip(smooth.plan.cells, smooth.plan.keys, strict=True)
          for key, trial in zip(keys, cell.trials, strict=True)}  # fmt: skip
    place = rough.index({"data.d": 5})
    swapped = {
        key: smooth.records[at[trial.n, trial.seed]]
        for key, trial in zip(rough.plan.keys[place], rough.plan.cells[place].trials, strict=True)
    }
    mixed = replace(rough, records={**rough.records, **swapped})
    assert judge(claim, Gathered((mixed,), {})).row["verdict"] == "contradicted"
