"""The last lines of a sweep: slopes, verdicts and levels, in few words that are true."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtam.analysis.cell_results import CellResult
from mtam.base.table import SweepAnswer
from mtam.rates.curve import Curve, curve
from mtam.rates.laws import PowerLaw, law
from mtam.report.summary_lines import CELLS, MOST, in_short

SIZES = [1000, 2000, 4000, 8000]


def simulated(exponent: float, noise: float = 0.01, sizes: list[int] = SIZES) -> Curve:
    """Pairs of seeds err to opposite sides, so that the mean slope is the exponent."""
    errors = noise * np.random.default_rng(0).normal(size=(2, len(sizes)))
    seeds = enumerate(np.concatenate([errors, -errors]))
    rows = [(n, seed, n**exponent * np.exp(e)) for seed, own in seeds for n, e in zip(sizes, own, strict=True)]
    return curve(pd.DataFrame(rows, columns=["n", "seed", "error"]))


def cell(points: Curve, d: int = 1, **more: Any) -> CellResult:
    return CellResult({"data.d": d}, PowerLaw(0.8), points, levels={"error": (0.0123, None)}, **more)


@pytest.mark.parametrize(
    ("exponent", "told"),
    [(-0.8, "holds theory's -0.80"), (-0.9, "excludes theory's -0.80")],
)
def test_whether_the_interval_holds_theorys_figure(exponent: float, told: str) -> None:
    (line,) = in_short([cell(simulated(exponent))], "M")
    assert line.startswith(f"d = 1: error ~ M^b, b = {exponent:.2f} [")
    assert told in line
    assert line.endswith("error 0.0123 at M = 8000")


def test_the_forecast_is_told_beside_theory() -> None:
    (line,) = in_short([cell(simulated(-0.9), parts={"forecast_error": simulated(-0.9, 0.0)})], "M")
    assert "holds the forecast's -0.90; excludes theory's -0.80" in line


def test_another_law_has_its_own_axis_and_verdict() -> None:
    rng = np.random.default_rng(1)
    sizes = 2 ** np.arange(6, 15)
    rows = [(n, seed, np.exp(-3 * np.log(n) ** 0.5 + 0.02 * rng.normal())) for seed in range(5) for n in sizes.tolist()]
    points = curve(pd.DataFrame(rows, columns=["n", "seed", "error"]))
    (line,) = in_short([CellResult({"data.alpha": 1.0}, law({"name": "sub_polynomial", "gamma": 0.5}), points)], "n")
    assert line.startswith("alpha = 1.0: slope -3.0")
    assert "on (ln n)^0.5; theory's law fits better" in line


def test_a_law_preferred_by_a_curve_without_an_exponent_of_its_own() -> None:
    """More concave than any exp(a - C (ln n)^gamma): the power law is out, and no gamma is found either."""
    sizes = 2 ** np.arange(6, 15)
    rng = np.random.default_rng(1)
    rows = [(n, seed, np.log(n) ** -3 * np.exp(0.02 * rng.normal())) for seed in range(5) for n in sizes.tolist()]
    points = curve(pd.DataFrame(rows, columns=["n", "seed", "error"]))
    (line,) = in_short([CellResult({"data.alpha": 0.5}, law({"name": "sub_polynomial", "gamma": 0.333}), points)], "n")
    assert "but the curve's own γ ends at 0.02, as far as is searched" in line


def test_never_more_than_five_lines() -> None:
    """The sixth tells where the page is."""
    assert len(in_short([cell(simulated(-0.8), d) for d in range(CELLS)], "M")) == CELLS <= 5
    together = in_short([cell(simulated(-0.8), d) for d in range(CELLS + 1)], "M")
    assert 1 <= len(together) <= 3
    assert "over 5 cells" in together[0] or "(d = 0)" in together[0]


def test_what_the_problem_answers_comes_first() -> None:
    answers = [SweepAnswer(key=f"a{k}", sentence="answer {k}", figures={"k": k}) for k in range(3)]
    cells = [cell(simulated(-0.8), d) for d in range(CELLS)]
    told = in_short(cells, "M", answers)
    assert told[:3] == ["answer 0", "answer 1", "answer 2"]
    assert len(told) <= MOST
    assert "d = 0: error" not in "".join(told), "some cells have a line and others have none"
    assert [line[:5] for line in in_short(cells, "M", answers[:1])] == ["answe", "d = 0", "d = 1", "d = 2", "d = 3"]
    assert len(in_short(cells, "M", answers * 3)) == MOST


@pytest.mark.parametrize("sizes", [SIZES, [1000]])
def test_estimators_are_compared_with_the_papers_own(sizes: list[int]) -> None:
    """Seed by seed: all of a rival's errors are twice as large, whatever these are."""
    own = simulated(-0.8, 0.3, sizes)
    twice = replace(own, errors=2 * own.errors)
    rival, paper = (CellResult({"model": name}, PowerLaw(0.8), c) for name, c in (("als", twice), ("ips_erm", own)))
    told = in_short([rival, paper], "M")
    assert told[0] == f"error at M = {sizes[-1]} against model = ips_erm: model = als x 2 [2, 2]"


def test_cells_of_other_data_are_compared_where_there_are_no_slopes() -> None:
    pair = [cell(simulated(-0.8, sizes=[1000]), d) for d in (1, 5)]
    assert in_short(pair, "M")[0].startswith("error at M = 1000 against d = 1: d = 5 x 1 [1, 1]")
    assert "against" not in in_short([cell(simulated(-0.8), d) for d in (1, 5)], "M")[0]
    gone = replace(pair[1].curve, seeds=(7, 8, 9, 10))
    assert "against" not in in_short([pair[0], replace(pair[1], curve=gone)], "M")[0]


def test_a_slope_that_may_be_flat_holds_no_figure() -> None:
    (line,) = in_short([cell(simulated(-0.1, noise=2.0))], "M")
    assert "the interval holds 0" in line
    assert "theory" not in line


def test_one_size_has_levels_alone() -> None:
    assert in_short([cell(simulated(-0.8, sizes=[1000]))], "M") == ["The error at M = 1000 is 0.0123."]


def test_nothing_finished_is_said() -> None:
    assert in_short([], "M") == ["No trial has finished yet."]
