"""``mtam rates --law two-resources``, and predictions and budgets of ``mtam rates``."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtam.rates.simulation.calibrate import PLAIN, SIZES
from mtam.rates.simulation.calibrate_predictions import draw
from mtam.rates.simulation.simulate_curves import simulate
from tests.conftest import Mtam


@pytest.fixture
def runs(here: Path) -> Path:
    drawn, _ = draw("5 x 5 runs", np.random.default_rng(0))
    frame = pd.DataFrame({"params": drawn.first, "tokens": drawn.second, "loss": drawn.errors})
    frame.to_csv(here / "runs.csv", index=False)
    return here / "runs.csv"


@pytest.fixture
def curve(here: Path) -> Path:
    errors = simulate(PLAIN, SIZES, 5, np.random.default_rng(0))
    rows = [(s, n, errors[s, k]) for s in range(5) for k, n in enumerate(SIZES)]
    pd.DataFrame(rows, columns=["seed", "n", "error"]).to_csv(here / "curve.csv", index=False)
    return here / "curve.csv"


def test_tables_and_json_of_two_resources(mtam: Mtam, runs: Path) -> None:
    del runs
    asked = ["rates", "runs.csv", "--law", "two-resources", "--columns", "params,tokens"]
    said = mtam(*asked, "--predict", "1e10:2e11", "--budget", "1e21", "--out", "fits")
    assert said.code == 0, said.err
    for words in ("profile t intervals", "β / (α + β)", "90% prediction intervals", "tells most of the law at params"):
        assert words in said.prose
    told = json.loads(mtam(*asked, "--predict", "1e10:2e11", "--budget", "1e21", "--json").out)
    assert told["alpha"][1] < 0.3478 < told["alpha"][2]
    assert pd.read_csv("fits/rates.csv")["parameter"].tolist() == ["E", "A", "B", "alpha", "beta", "share"]
    (one,) = told["predictions"]
    assert one["low"] < one["error"] < one["high"]
    first, second = told["next_run"]["run"]
    assert 6 * first * second == pytest.approx(1e21)
    assert told["next_run"]["target"] == [1e10, 2e11]


def test_huber(mtam: Mtam, runs: Path) -> None:
    del runs
    said = mtam("rates", "runs.csv", "--law", "two-resources", "--columns", "params,tokens", "--huber", "0.001")
    assert said.code == 0, said.err
    assert "bootstrap percentile intervals" in " ".join(said.out.split())


def test_predictions_and_a_budget_of_one_resource(mtam: Mtam, curve: Path) -> None:
    del curve
    said = mtam("rates", "curve.csv", "--predict", "1e5,1e6", "--budget", "1e5")
    assert said.code == 0, said.err
    assert "90% prediction intervals" in said.prose
    assert "more seeds" in said.out
    (cell,) = json.loads(mtam("rates", "curve.csv", "--predict", "1e6,1e5", "--budget", "1e5", "--json").out)["cells"]
    assert [one["n"] for one in cell["predictions"]] == [1e5, 1e6]
    assert all(one["low"] < one["error"] < one["high"] for one in cell["predictions"])
    assert all(one["half_width"] < one["now"] for one in cell["next_runs"])
    said = mtam("rates", "curve.csv", "--budget", "1")
    assert "buys no run of it" in said.prose


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["curve.csv", "--law", "two-resources"], "no column N"),
        (["runs.csv", "--law", "two-resources", "--floor"], "--floor is of laws of one resource"),
        (["runs.csv", "--law", "two-resources", "--columns", "params"], "names no two columns"),
        (["runs.csv", "--law", "two-resources", "--columns", "params,tokens", "--predict", "1e9"], "no list of runs"),
        (["runs.csv", "--law", "two-resources", "--columns", "params,tokens", "--predict", "-1:2"], "out of range"),
        (["runs.csv", "--law", "two-resources", "--columns", "params,tokens", "--huber", "0"], "--huber 0 is out of"),
        (["runs.csv", "--law", "two-resources", "--columns", "params,tokens", "--budget", "1e40"], "ten times"),
        (["curve.csv", "--columns", "N,D"], "--columns is of --law two-resources"),
        (["curve.csv", "--huber", "1"], "--huber is of --law two-resources"),
        (["curve.csv", "--predict", "many"], "--predict many is no list of sizes"),
        (["curve.csv", "--predict", "0"], "--predict 0 is out of range"),
        (["curve.csv", "--budget", "0"], "--budget 0 is out of range"),
    ],
)
def test_one_sentence(mtam: Mtam, here: Path, runs: Path, curve: Path, args: list[str], words: str) -> None:
    del runs, curve
    said = mtam("rates", *args, "--out", "fits")
    assert said.code == 2
    assert words in said.err
    assert not (here / "fits").exists()
