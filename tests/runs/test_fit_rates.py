"""``mtam rates FILE.csv``: tables of anybody's, JSON, a picture; one sentence for what cannot be done."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from mtam.rates.laws import Floats, PowerLaw
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate
from tests.conftest import Mtam, Said

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


def brought(errors: Floats, sizes: Floats = SIZES, **columns: Any) -> pd.DataFrame:
    """A table of ``errors`` (seeds, sizes), rows with NaN left out."""
    rows = [(s, n, errors[s, k]) for s in range(len(errors)) for k, n in enumerate(sizes) if np.isfinite(errors[s, k])]
    return pd.DataFrame(rows, columns=["seed", "n", "error"]).assign(**columns)


def drawn(seeds: int, key: int = 0, **more: float) -> Floats:
    truth = replace(CurveTruth(PowerLaw(), -0.5, level=0.2, noise=0.03), **more)  # type: ignore[arg-type]
    return simulate(truth, SIZES, seeds, np.random.default_rng(key))


def told(said: Said) -> dict[str, Any]:
    """The only cell of a JSON answer."""
    assert said.code == 0, said.err
    (cell,) = json.loads(said.out)["cells"]
    return dict(cell)


def test_one_seed_has_a_slope_from_its_residuals_and_says_so(mtam: Mtam) -> None:
    brought(drawn(1, level=0.0)).drop(columns="seed").to_csv("one.csv", index=False)
    said = mtam("rates", "one.csv", "--out", "fits")
    assert said.code == 0, said.err
    assert "from the residuals" in said.out
    assert "they say nothing of how much another seed would differ" in said.prose
    assert "no column seed" in said.out
    cell = told(mtam("rates", "one.csv", "--json"))
    assert cell["basis"] == "residuals"
    assert cell["slope_ci"][0] < -0.5 < cell["slope_ci"][1]
    assert cell["slope_ci"][1] - cell["slope_ci"][0] < 0.1
    assert cell["comparison"] != "too few sizes or seeds to compare laws"
    assert pd.read_csv("fits/rates.csv")["basis"].tolist() == ["residuals"]
    floored = told(mtam("rates", "one.csv", "--floor", "--json"))
    assert floored["floor_low"] <= floored["floor"] <= floored["floor_high"]


def test_seeds_that_lack_sizes_are_used_and_told_first(mtam: Mtam) -> None:
    errors = drawn(10)
    errors[2:, -1] = np.nan
    errors[9, 1:] = np.nan
    brought(errors).to_csv("ragged.csv", index=False)
    said = mtam("rates", "ragged.csv", "--out", "fits")
    assert said.code == 0, said.err
    first = "all: 7 of 9 seeds lack sizes (2, 3, 4, 5, 6, 7, 8); each is used with the sizes that it has"
    assert said.prose.startswith(first)
    assert "seeds with one size only (9)" in said.prose.split("┏")[0]
    cell = told(mtam("rates", "ragged.csv", "--json"))
    assert (cell["seeds"], cell["lacking_seeds"], cell["dropped_seeds"]) == (9, 7, [9])
    low, high = cell["slope_ci"]
    assert low < -0.5 < high
    brought(drawn(10)[:2]).to_csv("two.csv", index=False)
    two = told(mtam("rates", "two.csv", "--json"))
    assert high - low < 0.3 * (two["slope_ci"][1] - two["slope_ci"][0])
    assert pd.read_csv("fits/curves.csv")["seeds"].tolist() == [9] * 6 + [2]


def test_a_plateau_fits_neither_law(mtam: Mtam) -> None:
    bent = np.exp(-np.maximum(np.log(SIZES / 512), 0.0))
    brought(drawn(5) ** 0.1 * bent).to_csv("plateau.csv", index=False)
    said = mtam("rates", "plateau.csv")
    assert "neither law fits: n^-b, (ln n)^-b (lack of fit, p" in said.out
    assert "all: n^-b does not fit (lack of fit, p" in said.out
    straight = brought(drawn(5))
    straight.to_csv("straight.csv", index=False)
    said = mtam("rates", "straight.csv")
    assert "n^-b fits better than (ln n)^-b" in said.out
    assert "does not fit" not in said.out


def test_a_second_descent_is_told_with_the_sizes_where_the_error_rises(mtam: Mtam) -> None:
    hump = np.exp(1.2 * np.exp(-(np.log(SIZES / 512) ** 2)))
    brought(drawn(6) * hump).to_csv("double.csv", index=False)
    said = mtam("rates", "double.csv")
    assert "neither law fits" in said.out
    assert "the error rises from n = 128 to 256, from n = 256 to 512, though it falls over all" in said.prose


def test_a_rising_accuracy_gets_a_remark(mtam: Mtam) -> None:
    brought(1 - 0.5 * drawn(5)).to_csv("accuracy.csv", index=False)
    assert "the error rises with n. If the column is an accuracy" in mtam("rates", "accuracy.csv").out
    brought(drawn(5)).to_csv("error.csv", index=False)
    assert "rises" not in mtam("rates", "error.csv").out


ODD = (
    "$\\eps=0.1$",
    "budget $5 or $6",
    "a_b^c",
    "<b>&amp;",
    "[bold]x[/bold]",
    "[/]",
    ":smile:",
    "_x",
    "100%",
    "# 1",
    "{0}",
)


@pytest.mark.parametrize("names", [ODD, ODD[:4], ODD[4:8]], ids=["many", "few", "others"])
def test_text_is_text(mtam: Mtam, here: Path, names: tuple[str, ...]) -> None:
    """In the terminal, in JSON, in tables, and in the titles of an SVG."""
    pd.concat([brought(drawn(3, k), cell=name) for k, name in enumerate(names)]).to_csv("odd.csv", index=False)
    said = mtam("rates", "odd.csv", "--out", "fits")
    assert said.code == 0, said.err
    assert said.err == ""
    for name in names:
        assert f"cell = {name}" in said.out
    assert pd.read_csv(here / "fits" / "rates.csv", dtype=str)["cell"].tolist() == list(names)
    assert (here / "fits" / "curves.png").stat().st_size > 10_000
    ElementTree.parse(here / "fits" / "curves.svg")
    cells = json.loads(mtam("rates", "odd.csv", "--json").out)["cells"]
    assert [cell["cell"] for cell in cells] == list(names)


def test_any_positive_size_and_its_label(mtam: Mtam) -> None:
    for sizes in (
        [12.5, 25, 50, 100],
        [6e18, 2.4e19, 9.6e19, 3.84e20],
        [0.25, 0.5, 1.0, 2.0],
        [1e15 + 1, 1.2e15, 1.5e15, 2e15],
    ):
        pd.DataFrame({"n": sizes, "error": [0.31, 0.27, 0.22, 0.19]}).to_csv("sizes.csv", index=False)
        said = mtam("rates", "sizes.csv", "--gamma", "0.5", "--json")
        assert told(said)["sizes"] == sizes
    assert mtam("rates", "sizes.csv", "--out", "fits").code == 0
    assert pd.read_csv("fits/curves.csv")["n"].tolist() == sizes


@pytest.mark.parametrize(
    "law", [[], ["--law", "sub-polynomial", "--gamma", "0.01"], ["--law", "log-power"], ["--floor"]]
)
def test_close_sizes_divide_by_no_zero(mtam: Mtam, law: list[str]) -> None:
    for start in (1e3, 1e15):
        sizes = start * (1 + 2e-9 * np.arange(5))
        pd.DataFrame({"n": sizes, "error": np.linspace(0.5, 0.4, 5)}).to_csv("close.csv", index=False)
        said = mtam("rates", "close.csv", "--json", *law)
        assert said.code in (0, 2), said
        assert "Traceback" not in said.err
        assert "warning" not in said.err.lower()


def test_a_cell_too_short_for_a_floor_alone_says_why(mtam: Mtam) -> None:
    both = [brought(drawn(3), cell="big"), brought(drawn(3, 1)[:, :3], SIZES[:3], cell="small")]
    pd.concat(both).to_csv("mixed.csv", index=False)
    said = mtam("rates", "mixed.csv", "--floor")
    assert said.code == 0, said.err
    assert said.out.splitlines()[0].startswith("Left out: cell small has 3 sizes; a law with a floor needs at least 4")
    answer = json.loads(mtam("rates", "mixed.csv", "--floor", "--json").out)
    assert [cell["cell"] for cell in answer["cells"]] == ["big"]
    assert list(answer["left_out"]) == ["small"]
    assert [cell["cell"] for cell in json.loads(mtam("rates", "mixed.csv", "--json").out)["cells"]] == ["big", "small"]


def test_columns_of_other_names(mtam: Mtam) -> None:
    table = brought(drawn(3)).rename(columns={"n": "samples", "error": "val loss", "seed": "run"})
    table.to_csv("other.csv", index=False)
    names = ("--n", "samples", "--error", "val loss", "--seed", "run")
    brought(drawn(3)).to_csv("plain.csv", index=False)
    plain, other = (told(mtam("rates", *args, "--json")) for args in (("plain.csv",), ("other.csv", *names)))
    assert plain == other
    said = mtam("rates", "other.csv")
    assert said.code == 2
    assert "no column n; found: run, samples, val loss" in said.err


def test_how_a_file_was_read_is_told_first(mtam: Mtam, here: Path) -> None:
    table = brought(drawn(3)).to_csv(index=False, sep=";", decimal=",")
    (here / "german.csv").write_text(f"# aus dem Labor\n{table}")
    first, second, *_ = mtam("rates", "german.csv").out.splitlines()
    assert first == "1 comment line (#) left out."
    assert "decimal comma" in second
    assert told(mtam("rates", "german.csv", "--json"))["slope"] == pytest.approx(-0.5, abs=0.1)


def test_pipes_and_devices_are_refused_at_once(mtam: Mtam, file: Path, here: Path) -> None:
    os.mkfifo(here / "pipe")
    for args in (["pipe"], ["/dev/zero"], [file.name, "--reference", "pipe"], [file.name, "--reference", "/dev/zero"]):
        said = mtam("rates", *args)
        assert said.code == 2
        assert "not a regular file" in said.err


def test_many_cells_are_counted_in_seconds(mtam: Mtam, here: Path) -> None:
    tables = [brought(drawn(3, k, slope=-0.2 - 0.01 * k), cell=f"model {k}") for k in range(60)]
    pd.concat(tables).to_csv("many.csv", index=False)
    started = time.process_time()
    said = mtam("rates", "many.csv", "--out", "fits")
    assert time.process_time() - started < 20  # all of them used to be followed by simulations of half a second each
    assert said.code == 0, said.err
    assert "of 60 cells." in said.out
    assert said.out.count("cell = model") == 60
    assert len(pd.read_csv(here / "fits" / "rates.csv")) == 60


WRONG = [
    (["nowhere.csv"], "no such file"),
    ([], "Missing argument"),
    (["."], "is a folder"),
    (["curves.csv", "--law", "cubic"], "valid: power, sub-polynomial, log-power, entropy-balance"),
    (["curves.csv", "--law", "sub-polynomial"], "needs its gamma"),
    (["curves.csv", "--gamma", "-1"], "out of range"),
    (["curves.csv", "--gamma", "nan"], "out of range"),
    (["curves.csv", "--gamma", "1e-300"], "valid: numbers from 0.01 to 10"),
    (["curves.csv", "--seed", "run"], "no column run; found: cell, seed, n, error"),
    (["less.csv", "--law", "sub-polynomial", "--gamma", "0.5"], "n = 0.5, where (ln n)^gamma is not defined"),
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
    (here / "less.csv").write_text("n,error\n0.5,.5\n16,.4\n32,.3\n")
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
