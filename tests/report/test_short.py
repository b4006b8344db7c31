"""The last lines of a sweep: slopes, verdicts and levels, in few words that are true."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtam.rates.curve import Curve, curve
from mtam.rates.laws import PowerLaw, law
from mtam.report.short import CELLS, in_short
from mtam.report.tables import CellResult

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


def test_one_size_has_levels_alone() -> None:
    assert in_short([cell(simulated(-0.8, sizes=[1000]))], "M") == ["The error at M = 1000 is 0.0123."]


def test_nothing_finished_is_said() -> None:
    assert in_short([], "M") == ["No trial has finished yet."]
