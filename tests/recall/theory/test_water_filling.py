"""The best cover against a numerical search, the formula of water-filling, and sizes that no number can hold."""

from typing import Any

import numpy as np
import pytest
import scipy.optimize

from mtam.recall.theory import water_filling


def _log_level(box: water_filling.Box, found: water_filling.BestCover, at: int) -> float:
    """ln theta from ln N = S_D - D ln theta; that of the widest axis where none is split."""
    split = int(found.dimension[at])
    return float((box.log_axes[:split].sum() - found.log_cells[at]) / split if split else box.log_axes[0])


def _risk(box: water_filling.Box, log_level: float, log_size: float, sigma: float) -> tuple[float, float, int]:
    """Risk, ln N and D at one level, straight from the definition."""
    axes, theta = np.exp(box.log_axes), np.exp(log_level)
    parts = np.maximum(1.0, axes / theta)
    bias = ((axes**2 / parts**2).sum() + np.exp(box.log_beyond)) / 3 / np.exp(box.log_unit)
    cells = float(np.log(parts).sum())
    return bias + sigma**2 * float(np.exp(min(cells, 600.0) - log_size)), cells, int((parts > 1).sum())


@pytest.mark.parametrize("spectrum", ["exponential", "polynomial"])
@pytest.mark.parametrize("alpha", [0.7, 1.0, 3.0])
@pytest.mark.parametrize("sigma", [0.0, 0.05, 2.0])
def test_no_level_is_better(spectrum: Any, alpha: float, sigma: float) -> None:
    box = water_filling.finite_box(alpha, 1.3, spectrum, 60, 0.7)
    sizes = np.log([1, 5, 64, 1000, 10**6])
    found = water_filling.best_covers(box, sizes, sigma)
    for at, size in enumerate(sizes):
        here, cells, split = _risk(box, _log_level(box, found, at), size, sigma)
        assert (np.exp(found.log_risk[at]), found.log_cells[at]) == pytest.approx((here, cells), rel=1e-9, abs=1e-9)
        assert found.dimension[at] == split
        assert cells <= size + 1e-9
        for other in np.linspace(-25, box.log_axes[0], 3001):
            rival, more, _ = _risk(box, float(other), size, sigma)
            assert more > size or rival >= here * (1 - 1e-9)


def test_the_minimum_between_two_axes_is_stationary() -> None:
    box = water_filling.finite_box(1.0, 1.0, "exponential", 60)
    found = water_filling.best_covers(box, np.array([12.0]), 1.0)
    start = _log_level(box, found, 0)
    best = scipy.optimize.minimize_scalar(
        lambda level: _risk(box, level, 12.0, 1.0)[0], bounds=(start - 0.3, start + 0.3), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    assert start == pytest.approx(float(best.x), abs=1e-6)


def test_sizes_beyond_every_number_are_finite_and_ordered() -> None:
    sizes = np.geomspace(1, 1e9, 40)
    found = water_filling.best_covers(water_filling.whole_box(1.0, 1.0, "exponential", 1e9), sizes, 0.1)
    assert np.isfinite(found.log_risk).all()
    assert (np.diff(found.log_risk) < 0).all()
    assert (np.diff(found.dimension) >= 0).all()
    assert -found.log_risk[-1] == pytest.approx(2 * 1e9**0.5, rel=1e-3)  # C^{-g} 2 (ln n)^g with C = 1 at alpha = c = 1


def test_the_tail_of_a_polynomial_spectrum_is_counted() -> None:
    """At n = 1 nothing is split: the risk is the whole trace, zeta(2 alpha), in its own unit."""
    box = water_filling.whole_box(1.0, 1.0, "polynomial", 5.0)
    assert np.exp(box.log_unit) == pytest.approx(np.pi**2 / 6)
    assert water_filling.best_covers(box, np.array([0.0]), 1e-6).log_risk[0] == pytest.approx(0.0, abs=1e-9)
    short = water_filling.finite_box(1.0, 1.0, "polynomial", len(box.log_axes))
    assert np.exp(short.log_unit) < np.exp(box.log_unit) - 0.5 / len(box.log_axes)


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        water_filling.best_covers(water_filling.finite_box(1.0, 1.0, "exponential", 4), np.array([-0.1]), 0.1)
    with pytest.raises(ValueError, match="no finite trace"):
        water_filling.whole_box(0.5, 1.0, "polynomial", 5.0)
    with pytest.raises(ValueError, match="needs more than"):
        water_filling.whole_box(0.1, 1.0, "exponential", 1e12)
