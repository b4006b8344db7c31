"""``mtam rates FILE.csv``: tables of anybody's, JSON, a picture; one sentence for what cannot be done."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtam.rates.laws import Floats, PowerLaw
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate
from tests.conftest import Mtam

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 13), dtype=np.float64)


@pytest.fixture
def file(here: Path) -> Path:
    """Two cells with five seeds: power laws of exponents 0.5 and 1, the second above a floor."""
    rows = []
    for cell, truth in (
        ("fast", CurveTruth(PowerLaw(), -1.0, level=0.2, noise=0.03, floor=0.001)),
        ("slow", CurveTruth(PowerLaw(), -0.5, level=0.2, noise=0.03)),
    ):
        errors = simulate(truth, SIZES, 5, np.random.default_rng(0))
        rows += [(cell, seed, int(n), errors[seed, k]) for seed in range(5) for k, n in enumerate(SIZES)]
    pd.DataFrame(rows, columns=["cell", "seed", "n", "error"]).to_csv("curves.csv", index=False)
    return here / "curves.csv"


def test_slopes_and_comparison_as_json(mtam: Mtam, file: Path, here: Path) -> None:
    said = mtam("rates", "curves.csv", "--gamma", "0.5", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["file"] == "curves.csv"
    fast, slow = told["cells"]
    assert (fast["cell"], slow["cell"]) == ("fast", "slow")
    assert slow["slope_ci"][0] < -0.5 < slow["slope_ci"][1]
    assert slow["sizes"] == SIZES.tolist()
    assert slow["r2"] > 0.99
    assert len(slow["mean_errors"]) == 7
    assert [side["law"] for side in slow["laws"]] == ["n^-b", "exp(-C (ln n)^0.5)", "(ln n)^-b"]
    assert slow["comparison"].startswith("n^-b fits better than exp(-C (ln n)^0.5)")
    assert list(here.iterdir()) == [file]


def test_a_floor(mtam: Mtam, file: Path) -> None:
    del file
    fast, slow = json.loads(mtam("rates", "curves.csv", "--floor", "--json").out)["cells"]
    assert fast["floor_low"] < 0.001 < fast["floor_high"]
    assert fast["slope_ci"][0] < -1 < fast["slope_ci"][1]
    assert slow["floor_low"] == 0


def test_tables_and_a_picture(mtam: Mtam, file: Path, here: Path) -> None:
    del file
    said = mtam("rates", "curves.csv", "--out", "fits")
    assert said.code == 0, said.err
    for words in ("cell = fast", "95% Student intervals", "Laws side by side", "the smallest n left out", "gamma"):
        assert words in said.out
    names = sorted(path.name for path in (here / "fits").iterdir())
    assert names == ["curves.csv", "curves.png", "curves.svg", "rates.csv"]
    first = {name: (here / "fits" / name).read_bytes() for name in names}
    assert mtam("rates", "curves.csv", "--out", "fits").code == 0
    assert {name: (here / "fits" / name).read_bytes() for name in names} == first
    assert pd.read_csv(here / "fits" / "rates.csv")["cell"].tolist() == ["fast", "slow"]


def test_a_reference_curve(mtam: Mtam, here: Path) -> None:
    n = np.array([64, 128, 256, 512, 1024])
    curve = 0.01 + 1 / n
    rng = np.random.default_rng(0)
    rows = [(s, k, c * (1 + s) * np.exp(0.01 * rng.normal())) for s in range(4) for k, c in zip(n, curve, strict=True)]
    pd.DataFrame(rows, columns=["seed", "n", "error"]).to_csv("own.csv", index=False)
    pd.DataFrame({"n": n, "reference": curve}).to_csv("reference.csv", index=False)
    said = mtam("rates", "own.csv", "--law", "entropy-balance", "--reference", "reference.csv", "--json")
    (cell,) = json.loads(said.out)["cells"]
    assert cell["law"] == "R_ref(n)^b"
    assert cell["slope_ci"][0] < 1 < cell["slope_ci"][1]
    assert "R_ref(n)^b fits better than n^-b" in cell["comparison"]
    pd.read_csv("own.csv").assign(reference=np.tile(curve, 4)).to_csv("both.csv", index=False)
    said = mtam("rates", "both.csv", "--law", "entropy-balance", "--json")
    assert json.loads(said.out)["cells"][0]["slope"] == pytest.approx(cell["slope"])
    pd.DataFrame({"n": n[1:], "reference": curve[1:]}).to_csv("short.csv", index=False)
    said = mtam("rates", "own.csv", "--law", "entropy-balance", "--reference", "short.csv")
    assert said.code == 2
    assert "covers n = 128 to 1024" in said.err
    assert (here / "own.csv").exists()


def test_one_seed_has_no_slope_and_says_why(mtam: Mtam) -> None:
    pd.DataFrame({"n": [64, 128, 256, 512], "error": [0.5, 0.3, 0.2, 0.1]}).to_csv("one.csv", index=False)
    said = mtam("rates", "one.csv", "--out", "fits")
    assert said.code == 0, said.err
    assert "at least two seeds" in said.out
    assert "no column seed" in said.out
    (cell,) = json.loads(mtam("rates", "one.csv", "--json").out)["cells"]
    assert cell["slope"] is None
    assert cell["slope_ci"] is None


WRONG = [
    (["nowhere.csv"], "no such file"),
    ([], "Missing argument"),
    (["."], "is a folder"),
    (["curves.csv", "--law", "cubic"], "valid: power, sub-polynomial, log-power, entropy-balance"),
    (["curves.csv", "--law", "sub-polynomial"], "needs its gamma"),
    (["curves.csv", "--gamma", "-1"], "out of range"),
    (["curves.csv", "--gamma", "nan"], "out of range"),
    (["curves.csv", "--gamma", "1"], "is a power law"),
    (["curves.csv", "--law", "entropy-balance"], "needs a reference curve"),
    (["curves.csv", "--reference", "none.csv"], "no such file"),
    (["short.csv", "--floor"], "needs at least 4"),
    (["ones.csv", "--law", "log-power"], "n = 1"),
    (["bad.csv"], "error = 'x' is not a number"),
    (["curves.csv", "--out", "curves.csv"], "is not a folder"),
    (["curves.csv", "--out", "mine"], "holds other things"),
    (["curves.csv", "--out", "blocked"], "blocked cannot be written: Is a directory"),
]


@pytest.mark.parametrize(("args", "hint"), WRONG)
def test_wrong_input_is_one_sentence(mtam: Mtam, file: Path, here: Path, args: list[str], hint: str) -> None:
    (here / "short.csv").write_text("n,error,seed\n8,.5,0\n16,.4,0\n32,.3,0\n")
    (here / "ones.csv").write_text("n,error\n1,.5\n16,.4\n32,.3\n")
    (here / "bad.csv").write_text("n,error\n1,.5\n16,x\n")
    (here / "mine").mkdir()
    (here / "mine" / "notes.txt").write_text("precious")
    (here / "blocked" / "rates.csv").mkdir(parents=True)
    before = sorted(here.rglob("*"))
    said = mtam("rates", *args)
    assert said.code == 2, said
    assert said.out == ""
    assert len(said.err.splitlines()) == 1, said.err
    assert said.err.startswith("mtam: ")
    assert hint in said.err
    assert sorted(here.rglob("*")) == before
    assert file.exists()


@pytest.mark.parametrize("options", [[], ["--floor"], ["--law", "sub-polynomial", "--gamma", "0.5"]])
@pytest.mark.parametrize("power", [0.0, 0.5, -0.5])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_curves_that_do_not_fall_are_no_accident(mtam: Mtam, power: float, noise: float, options: list[str]) -> None:
    """Flat, rising and exact curves: an answer without a warning, which tests turn into failures."""
    rng = np.random.default_rng(0)
    rows = [(s, n, (1 + s) * n**power * np.exp(noise * rng.normal())) for s in range(3) for n in (8, 16, 32, 64, 128)]
    pd.DataFrame(rows, columns=["seed", "n", "error"]).to_csv("odd.csv", index=False)
    said = mtam("rates", "odd.csv", "--json", *options)
    assert said.code == 0, said.err
    assert "warning" not in said.err
    assert json.loads(said.out)["cells"][0]["seeds"] == 3
