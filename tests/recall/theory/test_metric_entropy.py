"""Metric entropy against brute force, and its formulas."""

import itertools
from typing import Any

import numpy as np
import pytest

from mtam.recall.theory import metric_entropy, water_filling


def test_the_covering_number_is_exact_for_a_box_that_can_be_searched() -> None:
    """An interval of length 2 a needs ceil(a / theta) intervals of length 2 theta: greedily, left to right."""
    for half, theta in itertools.product([0.3, 1.0, 2.5], [0.11, 0.3, 0.7, 3.0]):
        covered, count = -half, 0
        while covered < half - 1e-12:
            covered, count = covered + 2 * theta, count + 1
        found = metric_entropy.cube_entropy(np.log([half]), np.log([theta]))[0]
        assert found == pytest.approx(np.log(count))


@pytest.mark.parametrize("radius", [0.02, 0.1, 0.5])
def test_as_many_points_lie_apart_as_cubes_cover(radius: float) -> None:
    """The certificate, and its two claims by hand in the first two axes."""
    axes = np.sqrt(3 * np.exp(-np.arange(1, 9)))
    cell, gap = metric_entropy.certificate(np.log(axes), np.log(radius))
    assert cell <= 1 < gap
    kept = axes[:2][axes[:2] > radius]
    parts = np.ceil(kept / radius).astype(int)
    lines = [np.linspace(-a, a, m) for a, m in zip(kept, parts, strict=True)]
    points = np.array(list(itertools.product(*lines)))
    between = np.abs(points[:, None] - points).max(-1)
    assert between[~np.eye(len(points), dtype=bool)].min() > 2 * radius
    assert np.log(len(points)) == pytest.approx(metric_entropy.cube_entropy(np.log(kept), np.log([radius]))[0])


@pytest.mark.parametrize(("spectrum", "alpha"), [("exponential", 0.6), ("exponential", 2.0), ("polynomial", 1.5)])
def test_entropies_are_in_order_and_come_to_their_formula(spectrum: Any, alpha: float) -> None:
    axes = water_filling.log_half_axes(alpha, 0.8, spectrum, 20000)
    radii = np.linspace(-1, axes[10000], 12)
    exact, water = metric_entropy.cube_entropy(axes, radii), metric_entropy.water_entropy(axes, radii)
    assert (water <= exact + 1e-12).all()
    assert (exact <= water + metric_entropy.split_axes(axes, radii) * np.log(2)).all()
    formula = metric_entropy.leading_entropy(alpha, 0.8, spectrum, radii) + metric_entropy.next_entropy(
        alpha, spectrum, radii
    )
    assert water[-1] == pytest.approx(formula[-1], rel=2e-4)


def test_the_constant_of_cubes_is_the_limit_and_not_alpha() -> None:
    for alpha in (0.8, 1.0, 2.0):
        axes = water_filling.log_half_axes(alpha, 1.0, "polynomial", 300_000)
        ratio = metric_entropy.cube_entropy(axes, axes[[200_000]])[0] / 200_000
        assert ratio == pytest.approx(metric_entropy.cube_constant(alpha), rel=2e-3)
        assert ratio > 1.04 * alpha


def test_a_radius_below_every_number_is_answered() -> None:
    axes = water_filling.log_half_axes(1.0, 1.0, "exponential", 40_000)
    assert metric_entropy.cube_entropy(axes, np.array([-1e4]))[0] == pytest.approx(1e8, rel=1e-3)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_the_local_exponent_comes_to_its_limit(alpha: float) -> None:
    last = metric_entropy.local_gamma(alpha, 1.0, np.array([1e6]), 0.1)[0]
    assert last == pytest.approx(alpha / (alpha + 1), rel=0.03)


def test_the_local_power_comes_to_its_limit() -> None:
    assert metric_entropy.local_power(1.5, np.array([2e4]), 0.1)[0] == pytest.approx(2.0, rel=0.01)


def test_the_three_points_give_the_exponent_of_a_curve_of_the_law(monkeypatch: pytest.MonkeyPatch) -> None:
    def exact(_: Any, log_sizes: Any, __: float) -> Any:
        risk = 0.4 - 1.7 * np.asarray(log_sizes) ** 0.37
        return water_filling.BestCover(risk, risk, np.zeros(len(risk), dtype=np.int64))

    monkeypatch.setattr(metric_entropy, "best_covers", exact)
    np.testing.assert_allclose(metric_entropy.local_gamma(1.0, 1.0, np.array([5.0, 80.0]), 0.1), 0.37, atol=1e-9)


def test_settled_means_for_good() -> None:
    sizes, limit = np.array([1.0, 2, 3, 4, 5]), 1.0
    assert metric_entropy.stays_within(sizes, np.array([2, 1.0, 2, 1.05, 1.0]), limit, 0.1) == 4
    assert metric_entropy.stays_within(sizes, np.array([1, 1.0, 1, 1, 1.2]), limit, 0.1) is None
    assert metric_entropy.stays_within(sizes, np.ones(5), limit, 0.1) == 1
