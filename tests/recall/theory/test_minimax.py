"""The reference curve and the lower bound against brute force, known limits and each other."""

import itertools
from typing import Any

import numpy as np
import pytest

from mtam.rates.fitting.gamma import free_gamma
from mtam.recall.theory import minimax

SIZES = [2**k for k in range(6, 15)]


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("sigma", [0.1, 1.0])
def test_the_curve_is_the_least_over_all_levels(alpha: float, sigma: float) -> None:
    """Against a direct search on another grid of levels, without any of the module's shortcuts."""
    axes = np.sqrt(3 * np.exp(-(np.arange(1, 400) ** alpha)))
    unit = (axes**2).sum() / 3
    best = np.full(len(SIZES), np.inf)
    for theta in axes[0] * np.geomspace(1, 1e-6, 30000):
        parts = np.maximum(1.0, axes / theta)
        cells = np.exp(min(np.log(parts).sum(), 600.0))
        risk = (axes**2 / (3 * parts**2)).sum() / unit + sigma**2 * cells / np.array(SIZES)
        best = np.where((cells <= SIZES) & (risk < best), risk, best)
    np.testing.assert_allclose(minimax.reference_curve(alpha, 1.0, SIZES, sigma), best, rtol=5e-4)


@pytest.mark.parametrize("spectrum", ["exponential", "polynomial"])
@pytest.mark.parametrize("alpha", [0.7, 1.0, 2.0])
@pytest.mark.parametrize("sigma", [0.05, 0.5, 1.0])
def test_the_lower_bound_lies_below_the_curve_and_both_fall(spectrum: Any, alpha: float, sigma: float) -> None:
    upper = minimax.reference_curve(alpha, 1.0, SIZES, sigma, spectrum=spectrum)
    lower = minimax.lower_bound(alpha, 1.0, SIZES, sigma, spectrum=spectrum)
    assert (lower > 0).all()
    assert (lower < upper).all()
    assert (np.diff(upper) < 0).all()
    assert (np.diff(lower) <= 0).all()


def test_the_bump_has_the_mean_square_of_the_formula() -> None:
    """E (theta - ||x||_inf)_+^2 over a cube of half-width theta is 2 theta^2 / ((D + 1)(D + 2))."""
    points = (np.arange(60) + 0.5) / 60
    for dim in (1, 2, 3):
        cube = np.array(list(itertools.product(points, repeat=dim)))
        assert ((1 - cube.max(1)) ** 2).mean() == pytest.approx(2 / ((dim + 1) * (dim + 2)), rel=2e-2)


def test_one_dimension_has_the_classical_rate() -> None:
    """A single axis: R ~ n^{-2/3}, the Lipschitz rate in dimension one, for the curve and for the bound."""
    sizes = [2**k for k in range(12, 22)]
    for curve in (minimax.reference_curve, minimax.lower_bound):
        risks = curve(30.0, 1.0, sizes, 1.0)
        assert np.polyfit(np.log(sizes), np.log(risks), 1)[0] == pytest.approx(-2 / 3, abs=0.02)


def test_faster_decay_is_lower_and_needs_fewer_dimensions() -> None:
    curves = [minimax.reference_curve(a, 1.0, SIZES, 0.1) for a in (0.5, 1.0, 2.0, 4.0)]
    dims = [minimax.effective_dimension(a, 1.0, SIZES, 0.1) for a in (0.5, 1.0, 2.0, 4.0)]
    for (above, below), (more, fewer) in zip(itertools.pairwise(curves), itertools.pairwise(dims), strict=True):
        assert (below < above).all()
        assert (fewer <= more).all()
    assert all((np.diff(each) >= 0).all() for each in dims)
    assert dims[3].max() == 1
    assert dims[1][-1] > dims[1][0]


def test_an_axis_for_the_query_can_only_cost() -> None:
    plain = minimax.reference_curve(2.0, 1.0, SIZES, 0.1)
    assert (minimax.reference_curve(2.0, 1.0, SIZES, 0.1, query_range=1.0) > plain).all()


def test_no_feasible_size_shows_the_asymptotic_exponent() -> None:
    """The reference's own free exponent on these sizes is far from alpha / (alpha + 1) for fast decay."""
    found = free_gamma(np.array(SIZES, dtype=float), np.log(minimax.reference_curve(4.0, 1.0, SIZES, 0.1)))
    assert found == pytest.approx(1.0, abs=0.05)
    assert abs(found - 4 / 5) > 0.1


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        minimax.reference_curve(1.0, 1.0, [0, 4], 0.1)
    with pytest.raises(ValueError, match="noise above zero"):
        minimax.lower_bound(1.0, 1.0, SIZES, 0.0)
