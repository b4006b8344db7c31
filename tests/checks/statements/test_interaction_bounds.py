"""The truths and bounds of paper B again, by other means: simulation, least squares, counting."""

import numpy as np
import pytest

from mtam.base.streams import generator
from mtam.checks.statements import interaction_bounds


def test_coercivity_by_simulation() -> None:
    one = interaction_bounds.coercivity(5)
    h = generator(5, "check", "statements", "coercivity").integers(-8, 9, (3, 3)) / 4
    rng = np.random.default_rng(1)
    for k, count in enumerate(interaction_bounds.TOKENS):
        tokens = rng.choice(3, (200_000, count), p=[1 / 2, 1 / 3, 1 / 6])
        excess = h[tokens[:, :1], tokens[:, 1:]].mean(axis=1) ** 2
        assert abs(excess.mean() - one.low[k]) < 5 * excess.std() / len(excess) ** 0.5
        norm = (h[tokens[:, 0], tokens[:, 1]] ** 2).mean() / (count - 1)
        assert np.isclose(norm, one.bounds[k], rtol=0.03)


def test_the_moments_of_noise_by_quadrature() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(60)
    one = interaction_bounds.bounded_noise()
    told = [weights @ np.exp(t * 3**0.5 * nodes) / 2 for t in interaction_bounds.ARGUMENTS]
    np.testing.assert_allclose(one.low, told, rtol=1e-12)


@pytest.mark.parametrize("at", range(5))
def test_pieces_by_least_squares_on_a_fine_grid(at: int) -> None:
    pieces = interaction_bounds.INTERVALS[at]
    rest = []
    for left in np.linspace(-1, 1, pieces + 1)[:-1]:
        u = left + (np.arange(400) + 0.5) / 400 * 2 / pieces
        phi = np.sin(2 * np.pi * u)
        rest.append(np.mean((phi - np.polyval(np.polyfit(u - left, phi, 1), u - left)) ** 2))
    assert np.isclose(np.sqrt(np.mean(rest)), interaction_bounds.piecewise_polynomials().low[at], rtol=1e-4)


@pytest.mark.parametrize("eps", interaction_bounds.RADII)
def test_the_grid_covers_every_matrix_of_rank_one(eps: float) -> None:
    rng = np.random.default_rng(2)
    lengths = (1.0, np.pi, 2 * np.pi)
    counts = [int(np.ceil(length / (2 * eps / 3))) for length in lengths]
    assert interaction_bounds.explicit_cover(eps) == np.prod(counts)
    drawn = [rng.uniform(0, length, 2000) for length in lengths]
    nearest = [
        (np.floor(x / length * count) + 0.5) * length / count
        for x, length, count in zip(drawn, lengths, counts, strict=True)
    ]
    one, other = (s[:, None] * np.stack([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a) * np.cos(b),
                                         np.sin(a) * np.sin(b)], axis=1) for s, a, b in (drawn, nearest))  # fmt: skip
    assert np.linalg.norm(one - other, axis=1).max() <= eps


def test_a_packing_is_separated_and_cannot_grow() -> None:
    points = np.linspace(0, 1, 101)[:, None]
    assert interaction_bounds.packing(points, 0.095) == 11
    assert interaction_bounds.packing(points, 2.0) == 1


@pytest.mark.parametrize("at", range(3))
def test_the_best_test_by_simulation(at: int) -> None:
    count = interaction_bounds.HYPOTHESES[at]
    rng = np.random.default_rng(3)
    seen = rng.standard_normal((20_000, count))
    seen[:, 0] += np.log(count) ** 0.5
    wrong = seen.argmax(axis=1) != 0
    assert abs(wrong.mean() - interaction_bounds.fano().low[at]) < 4 * wrong.std() / len(wrong) ** 0.5
