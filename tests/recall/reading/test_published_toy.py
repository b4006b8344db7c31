"""The verdict on the reported toy follows from the controls, not from the shuffled error."""

from typing import Any

import pytest

from mtam.base.table import Estimate
from mtam.rates.verdict import Judgement, Verdict
from mtam.recall.reading.published_toy import Shown, tables
from mtam.recall.recall_spec import RecallData, RecallTrial, ReportedToy

DATA = RecallData(modes=16, length=5000, noise=0.01, test=2000)
TRIALS = [RecallTrial(protocol="reported", data=DATA, n=n, seed=seed) for n in (32, 64) for seed in (0, 1)]


def numbers(**changed: Any) -> dict[str, Any]:
    base = {"mse": 0.3, "sign_only_mse": 0.3, "shuffled_mse": 0.8, "shuffled_expected": 0.775, "swap_gain": 0.0}
    heads = {"heads_matching": 2, "heads_opposite": 1, "heads_symmetric": 1}
    return (
        base | heads | {"sign_plateau": False, "token_weight_same": [4e-4, 2e-4], "token_weight_other": [0.0]} | changed
    )


@pytest.mark.parametrize(
    ("changed", "shown", "complete", "reached"),
    [
        ({"sign_plateau": True}, Shown.PLATEAU, Verdict.CONTRADICTED, Verdict.CONTRADICTED),
        ({"swap_gain": 0.95, "mse": 0.0144}, Shown.RECALL, Verdict.SUPPORTED, Verdict.SUPPORTED),
        ({"swap_gain": 0.9, "mse": 0.144}, Shown.BEGUN, Verdict.CONTRADICTED, Verdict.CONTRADICTED),
    ],
)
def test_the_verdict(changed: dict[str, Any], shown: Shown, complete: Verdict, reached: Verdict) -> None:
    worse = numbers(swap_gain=-9.0)  # smaller samples must not be read
    found = tables(TRIALS, [worse, worse, numbers(**changed), numbers(**changed)])
    (verdict,) = [table for table in found if table.title == "Verdict"]
    assert verdict.column("what this run shows") == [shown]
    (said,), (near,) = verdict.column("recall complete?"), verdict.column("published error reached?")
    assert isinstance(said, Judgement)
    assert said.verdict is complete
    assert isinstance(near, Judgement)
    assert near.verdict is reached
    assert verdict.column("error / published") == [Estimate(value=(changed.get("mse", 0.3)) / 0.0144, se=0.0)]


def test_seeds_that_differ_leave_the_verdict_open() -> None:
    some = [numbers(swap_gain=gain, mse=mse) for gain, mse in ((0.9, 0.01), (0.99, 0.03)) * 2]
    (verdict,) = [table for table in tables(TRIALS, some) if table.title == "Verdict"]
    for column in ("recall complete?", "published error reached?"):
        (said,) = verdict.column(column)
        assert isinstance(said, Judgement)
        assert said.verdict is Verdict.UNDECIDED


def test_published_figures_stand_beside_this_run() -> None:
    anchors = tables(TRIALS, [numbers()] * 4)[0]
    assert anchors.title.endswith("n = 64")
    assert anchors.headings == ["quantity", "published", "alpha = 1"]
    assert {0.0144, 0.775, 0.0004} <= set(anchors.column("published"))
    here = dict(zip(anchors.column("quantity"), anchors.column("alpha = 1"), strict=True))
    assert here["heads on the queried tag"] == 2
    assert here["largest weight per token of the queried tag"] == 4e-4


def test_the_claimed_protocol_has_no_anchors() -> None:
    assert tables([RecallTrial()], [{}]) == []
    assert tables([], []) == []


def test_a_search_names_its_cells_and_counts_seeds_that_have_all_figures() -> None:
    """The three figures of different seeds are no figures together."""
    trials = [
        RecallTrial(protocol="reported", data=DATA, reported=ReportedToy(weights=weights), n=64, seed=seed)
        for weights in ("root", "whole") for seed in (0, 1)
    ]  # fmt: skip
    near = {"mse": 0.015, "shuffled_mse": 0.7, "token_weight_same": [3.9e-4]}
    some = [numbers(mse=0.015, token_weight_same=[2e-4]), numbers(), numbers(**near), numbers(shuffled_mse=0.4)]
    (found,) = [table for table in tables(trials, some) if table.name == "toy_together"]
    assert found.column("cell") == ["alpha = 1, weights = root", "alpha = 1, weights = whole"]
    assert found.rows[0][1:] == [64, 2, 1, 2, 1, 0]
    assert found.rows[1][1:] == [64, 2, 1, 1, 2, 1]


def test_weights_of_densities_are_a_later_setting() -> None:
    """No key of an older record moves, and the other choice is another trial."""
    plain = RecallTrial(protocol="reported", data=DATA, n=64)
    assert "weights" not in plain.key_fields()["reported"]
    assert plain.model_copy(update={"reported": ReportedToy(weights="whole")}).key() != plain.key()
