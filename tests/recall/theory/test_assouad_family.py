"""Assouad's family: geometry, mean squares, and its Bayes risk against brute force and the bound."""

import itertools

import numpy as np
import pytest

from mtam.recall.theory import assouad_family, minimax


def test_bumps_lie_on_disjoint_cubes_inside_the_box_and_are_lipschitz() -> None:
    axes = np.array([1.0, 0.5, 0.1])
    family = assouad_family.bumps(axes, 0.22)
    assert family.cells.tolist() == [4, 2]
    rng = np.random.default_rng(0)
    u = rng.uniform(-axes[:2], axes[:2], (900, 2))
    where, height = family.at(u)
    assert height.min() == 0
    assert height.max() < 0.22
    signs = rng.choice([-1.0, 1.0], family.count)
    values = signs[where] * height
    slopes = np.abs(values[:, None] - values) / (np.abs(u[:, None] - u).max(-1) + 1e-15)
    assert slopes[~np.eye(len(u), dtype=bool)].max() <= 1 + 1e-9
    centres = np.array(list(itertools.product(*[(np.arange(m) - (m - 1) / 2) * 0.44 for m in (4, 2)])))
    found, heights = family.at(centres)
    assert sorted(found.tolist()) == list(range(8))
    np.testing.assert_allclose(heights, 0.22)


@pytest.mark.parametrize("theta", [0.07, 0.19, 0.3])
def test_the_mean_square_of_a_bump_is_that_of_sampled_points(theta: float) -> None:
    axes = np.array([1.0, 0.8, 0.35])
    family = assouad_family.bumps(axes, theta)
    u = np.random.default_rng(1).uniform(-family.half_widths, family.half_widths, (200_000, len(family.cells)))
    assert (family.at(u)[1] ** 2).mean() == pytest.approx(family.count * family.square, rel=0.03)


@pytest.mark.parametrize("dim", [1, 3, 7])
def test_three_ways_to_the_mean_square_agree(dim: int) -> None:
    mean, se = assouad_family.mean_square_by_sampling(dim, 20000, np.random.default_rng(2))
    assert assouad_family.mean_square_by_quadrature(dim) == pytest.approx(assouad_family.mean_square(dim), rel=1e-12)
    assert abs(mean - assouad_family.mean_square(dim)) < 4 * se


def test_the_best_scale_has_the_lower_bound_of_the_curve() -> None:
    for alpha in (0.5, 1.0, 2.0):
        axes = minimax.half_axes(alpha, 1.0)
        unit = float((axes**2).sum() / 3)
        family = assouad_family.hardest(axes, 512, 0.1 * unit**0.5, assouad_family.assouad)
        found = assouad_family.assouad(family, 512, 0.1 * unit**0.5) / unit
        assert found == pytest.approx(minimax.lower_bound(alpha, 1.0, [512], 0.1)[0], rel=0.05)


def test_the_error_of_a_sign_is_that_of_simulation_and_convex() -> None:
    rng = np.random.default_rng(3)
    for snr in (0.1, 1.0, 5.0):
        x = snr**0.5 + rng.standard_normal(400_000)
        assert assouad_family.sign_error(np.array(snr)) == pytest.approx(
            ((np.tanh(snr**0.5 * x) - 1) ** 2).mean(), rel=0.02
        )
    grid = assouad_family.sign_error(np.linspace(0, 30, 3001))
    assert (np.diff(grid, 2) > 0).all()  # what the floor's use of Jensen's inequality rests on


@pytest.mark.parametrize("signed", [True, False])
def test_the_bayes_rule_is_that_of_enumeration(signed: bool) -> None:
    """Two bumps, a handful of points: the posterior over all four functions, by hand."""
    family = assouad_family.bumps(np.array([0.5]), 0.25)
    sigma, n = 0.1, 6
    risk, _ = assouad_family.bayes_risk(family, n, sigma, signed=signed, repeats=1500, rng=np.random.default_rng(4))
    rng = np.random.default_rng(5)
    levels = (-1.0, 1.0) if signed else (0.0, 1.0)
    every = np.array(list(itertools.product(levels, repeat=2)))
    losses = []
    for _ in range(1500):
        truth = every[rng.integers(4)]
        where, height = family.at(rng.uniform(-0.5, 0.5, (n, 1)))
        observed = truth[where] * height + sigma * rng.standard_normal(n)
        fit = -((observed - every[:, where] * height) ** 2).sum(1) / (2 * sigma**2)
        posterior = np.exp(fit - fit.max())
        guess = posterior @ every / posterior.sum()
        losses.append(family.square * ((guess - truth) ** 2).sum())
    assert risk == pytest.approx(np.mean(losses), rel=0.08)


def test_the_risk_lies_between_the_bound_and_ignorance() -> None:
    family = assouad_family.bumps(np.array([1.0, 0.7]), 0.1)
    for n in (20, 500):
        risk, se = assouad_family.bayes_risk(family, n, 0.05, signed=False, repeats=60, rng=np.random.default_rng(6))
        assert assouad_family.assouad(family, n, 0.05) < risk - 3 * se
        assert risk < family.count * family.square / 4 + 3 * se
        risk, se = assouad_family.bayes_risk(family, n, 0.05, signed=True, repeats=60, rng=np.random.default_rng(6))
        assert assouad_family.sign_floor(family, n, 0.05) <= risk + 3 * se


def test_impossible_scales_are_refused() -> None:
    with pytest.raises(ValueError, match="as wide as 2"):
        assouad_family.bumps(np.array([1.0]), 2.0)
    with pytest.raises(ValueError, match="too many"):
        assouad_family.bumps(np.ones(9), 0.01)
