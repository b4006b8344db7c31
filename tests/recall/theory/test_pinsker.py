"""Levels counted on a grid bracket the enumerated ones; Pinsker's risk is that of its two defining sums."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mtam.recall.spectrum import Spectrum
from mtam.recall.theory import pinsker
from tests.recall.theory.helpers import levels_of

Array = NDArray[np.float64]
CASES: list[tuple[float, Spectrum, float]] = [
    (0.5, "exponential", 1.5), (1.0, "exponential", 2.5), (2.0, "exponential", 4.5), (1.0, "polynomial", 2.3)
]  # fmt: skip


@pytest.mark.parametrize(("alpha", "spectrum", "span"), CASES)
def test_counts_from_below_and_above_hold_the_enumerated_ones(alpha: float, spectrum: Spectrum, span: float) -> None:
    rates, top, levels = levels_of(alpha, spectrum, span)
    assert len(levels) > 300
    counts = [pinsker.count_levels(rates, top, above=above) for above in (False, True)]
    grid = counts[0].log_w[counts[0].log_w <= top]
    exact = np.log(np.searchsorted(levels, np.exp(2 * grid) * (1 + 1e-12), side="right"))
    assert (counts[0].log_count[: len(grid)] <= exact + 1e-9).all()
    assert (counts[1].log_count[: len(grid)] >= exact - 1e-9).all()
    assert counts[1].log_count[len(grid) - 1] - counts[0].log_count[len(grid) - 1] < 0.1


@pytest.mark.parametrize(("alpha", "spectrum", "span"), CASES)
def test_the_risk_of_enumerated_levels_lies_in_the_bracket(alpha: float, spectrum: Spectrum, span: float) -> None:
    rates, top, levels = levels_of(alpha, spectrum, span)
    w, unit, sigma = np.sqrt(levels), pinsker.unit(alpha, 1.0, spectrum), 0.1
    curves = [pinsker.risk_curve(pinsker.count_levels(rates, top, above=above), sigma, unit) for above in (False, True)]
    noise = sigma**2 * np.exp(unit)
    for share in (0.5, 0.8, 0.98):
        mu = share * np.exp(top)
        size = noise * (w * np.maximum(mu - w, 0)).sum()
        risk = np.log(noise / size * np.maximum(1 - w / mu, 0).sum()) - unit
        below, above = (
            float(curve.at(np.log([size]), above=at)[0]) for curve, at in zip(curves, (False, True), strict=True)
        )
        assert below <= risk <= above
        assert above - below < 0.02 * abs(risk)


def test_finer_grids_close_the_bracket() -> None:
    size = np.array([np.log(1e8)])
    gaps = []
    for step in (8e-3, 1e-3):
        below, above = pinsker.bracket(1.0, 1.0, "exponential", 0.1, float(size[0]), step=step)
        gaps.append(float(above.at(size, above=True)[0] - below.at(size, above=False)[0]))
    assert 0 < gaps[1] < gaps[0] / 4


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_the_saddle_point_is_within_the_bracket(alpha: float) -> None:
    sizes = np.log([1e5, 1e12, 1e30])
    below, above = pinsker.bracket(alpha, 1.0, "exponential", 0.1, float(sizes[-1]))
    curve = pinsker.any_size(alpha, 1.0, "exponential", 0.1, float(sizes[-1]))
    risk = np.interp(sizes, curve.log_size, curve.log_risk)
    assert (below.at(sizes, above=False) - 5e-3 <= risk).all()
    assert (risk <= above.at(sizes, above=True) + 5e-3).all()


def test_the_exponent_comes_to_its_limit_where_the_cover_does_not_yet_show_it() -> None:
    """alpha = 1: within 5% of 1/2 at n = 10^20, where the covering curve is 29% off."""
    x = np.log(10) * 20 * (14 / 6) ** np.array([-0.5, 0.0, 0.5])
    curve = pinsker.any_size(1.0, 1.0, "exponential", 0.1, float(x[-1]))
    first, middle, last = np.interp(x, curve.log_size, curve.log_risk)
    gamma = np.log((last - middle) / (middle - first)) / np.log((14 / 6) ** 0.5)
    assert gamma == pytest.approx(0.5, rel=0.05)


def test_sizes_beyond_the_axes_are_refused() -> None:
    with pytest.raises(ValueError, match="axes"):
        pinsker.log_rates(0.6, 1.0, "polynomial", 20.0)
    below, _ = pinsker.bracket(2.0, 1.0, "exponential", 0.1, 20.0)
    with pytest.raises(ValueError, match="ln n must lie"):
        below.at(np.array([1e6]), above=False)
