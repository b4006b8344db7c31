"""The verdict on the reported toy follows from the controls, not from the shuffled error."""

from typing import Any

import pytest

from mtam.recall.reading.published_toy import remarks
from mtam.recall.recall_spec import RecallData, RecallTrial

DATA = RecallData(modes=16, length=5000, noise=0.01, test=2000)
TRIALS = [RecallTrial(protocol="reported", data=DATA, n=n, seed=seed) for n in (32, 64) for seed in (0, 1)]


def numbers(**changed: Any) -> dict[str, Any]:
    base = {"mse": 0.3, "sign_only_mse": 0.3, "shuffled_mse": 0.8, "shuffled_expected": 0.775, "swap_gain": 0.0}
    heads = {"heads_matching": 2, "heads_opposite": 1, "heads_symmetric": 1}
    return (
        base | heads | {"sign_plateau": False, "token_weight_same": [4e-4, 2e-4], "token_weight_other": [0.0]} | changed
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sign_plateau": True}, "sign-only plateau"),
        ({"swap_gain": 0.95, "mse": 0.0144}, "is recalled"),
        ({"swap_gain": 0.95, "mse": 0.0144}, "is reached"),
        ({"swap_gain": 0.4, "mse": 0.144}, "not complete"),
        ({"swap_gain": 0.4, "mse": 0.144}, "missed by a factor of 10"),
    ],
)
def test_the_verdict(changed: dict[str, Any], words: str) -> None:
    worse = numbers(swap_gain=-9.0)  # smaller samples must not be read
    tables = remarks(TRIALS, [worse, worse, numbers(**changed), numbers(**changed)])
    (verdict,) = [rows for title, _, rows in tables if title == "Verdict"]
    assert words in verdict[0][1]


def test_published_figures_stand_beside_this_run() -> None:
    title, heads, rows = remarks(TRIALS, [numbers()] * 4)[0]
    assert title.endswith("n = 64")
    assert heads == ["quantity", "published", "alpha = 1"]
    assert {row[1] for row in rows} >= {"0.0144", "0.775", "0.0004"}
    assert all(len(row) == len(heads) for row in rows)


def test_the_claimed_protocol_has_no_anchors() -> None:
    assert remarks([RecallTrial()], [{}]) == []
    assert remarks([], []) == []
