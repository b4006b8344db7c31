"""Worst risks over bumps: by hand, by simulation, and on the scale of theory."""

import numpy as np
import pytest

from mtam.checks.log_factor import hardest_family as module
from mtam.checks.log_factor.hardest_family import (
    FamilyCase,
    HardestFamily,
    grid,
    hard_threshold,
    hardest_family,
    threshold_risk,
)
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.theory.gaussian_arguments import gaussian_arguments, spread_evenly
from mtam.interaction.theory.gaussian_risk import spline_risk

CASE = FamilyCase(beta=2, tokens=3, noise=0.3, holder=10.0, draws=3, seed=0)


@pytest.fixture(scope="module")
def family() -> HardestFamily:
    return hardest_family(CASE, grid(4, 120, 1.2))


@pytest.mark.parametrize("mean", [0.0, 0.4, 1.7, -3.0])
def test_the_risk_of_a_hard_threshold(mean: float) -> None:
    rng = np.random.default_rng(0)
    s, level = 0.5, 2.2
    y = mean + s * rng.standard_normal(400_000)
    squares = np.where(np.abs(y) > level * s, y - mean, mean) ** 2
    expected = float(hard_threshold(mean, np.array([s]), level)[0])
    assert abs(squares.mean() - expected) < 4 * squares.std() / len(squares) ** 0.5 + 1e-12


def test_words_are_signs_and_follow_from_the_seed_and_the_width() -> None:
    words = module._words(CASE, 12)
    assert words.shape == (5, 12)
    assert set(np.unique(words)) == {-1.0, 1.0}
    np.testing.assert_array_equal(words, module._words(CASE, 12))
    np.testing.assert_array_equal(words[-1], np.ones(12))
    assert np.all(words[-2, 1:] == -words[-2, :-1])


def test_the_slope_is_that_of_phi() -> None:
    law = gaussian_arguments(spread_evenly(1), panels=512)
    phi, slope = module._bumps(CASE, law, 8)
    inner = slice(300, -300)
    numeric = np.gradient(phi[:, 0], law.u)
    assert np.abs(numeric[inner] - slope[inner, 0]).max() < 0.05 * np.abs(slope[inner, 0]).max()
    assert slope[0, 0] == slope[-1, 0] == 0


def test_bias_is_the_worst_over_widths_and_falls_as_theory_says(family: HardestFamily) -> None:
    scaled = family.bias * family.intervals[:, None] ** 4
    late = scaled[family.intervals > 30]
    assert late.max() < 2 * late.min()
    ratio = family.ratio[family.intervals > 30]
    assert module.RATIOS[0] < ratio.min() <= ratio.max() < module.RATIOS[-1]  # wider and narrower ones were looked at
    law = gaussian_arguments(spread_evenly(1), panels=2048)
    count = int(family.intervals[-1])
    for ratio in module.RATIOS[::6]:  # no single width is worse than the worst
        truths = module._together([module._bumps(CASE, law, round(count * ratio))], law, 2)
        bias = spline_risk(law, truths, SplineSpace(3, count), 3).bias
        assert np.all(bias[:3] <= family.bias[-1] * 1.05)


def test_the_rate_is_theirs_and_a_is_paid_for_once(family: HardestFamily) -> None:
    sizes = np.geomspace(1e4, 1e7, 7)
    known = family.scaled(sizes, family.known(sizes))
    assert known.max() < 1.25 * known.min()
    np.testing.assert_allclose(family.worst(sizes, 1), family.known(sizes))
    price = family.worst(sizes, 30) - family.known(sizes)
    np.testing.assert_allclose(price * sizes[:, None], price[:1] * sizes[0] * np.ones((7, 1)), rtol=1e-9)
    assert 0.3 < price[0, 0] * sizes[0] / (0.09 * 58) < 1.0  # c1 of the sweeps, about .6 at N = 3


def test_the_threshold_pays_more_and_more() -> None:
    sizes = np.array([1e4, 1e8, 1e12])
    scaled = threshold_risk(CASE, sizes, grid(4, 1300, 1.1)) * sizes**0.8
    assert np.all(np.diff(np.log(scaled)) > 0.2)
