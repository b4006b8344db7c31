"""The benchmarks against direct formulas, and the order in which knowledge helps."""

import numpy as np
import pytest
import scipy.special
from scipy.spatial import cKDTree

from mtam.recall.evaluation import matern, oracles


def _points(n: int, m: int, dim: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    train = rng.standard_normal((n, dim))
    return train, np.sin(train).sum(1), rng.standard_normal((m, dim))


def test_the_gaussian_process_is_the_textbook_formula() -> None:
    train, y, test = _points(600, 700)
    radius = np.sqrt(2) * np.linalg.norm(train[:, None] - train, axis=-1) + np.sqrt(2) * 1e-12 * np.eye(600)
    cross = np.sqrt(2) * np.linalg.norm(test[:, None] - train, axis=-1)
    kernel = 1.7 * radius * scipy.special.k1(radius)
    plain = 1.7 * cross * scipy.special.k1(cross) @ np.linalg.solve(kernel + 0.04 * np.eye(600), y)
    np.testing.assert_allclose(oracles.gaussian_process(train, y, test, 1.7, 0.2), plain, atol=1e-6)


def test_without_noise_the_process_interpolates() -> None:
    train, y, _ = _points(100, 1)
    np.testing.assert_allclose(oracles.gaussian_process(train, y, train, 1.0, 0.0), y, atol=1e-5)


def test_nearest_neighbours_against_a_tree() -> None:
    train, y, test = _points(2500, 900)
    noisy = y + np.random.default_rng(2).standard_normal(2500)
    found, k = oracles.nearest_neighbours(train, noisy, test)
    index = np.asarray(cKDTree(train).query(test, k=k)[1])
    np.testing.assert_allclose(found, noisy[index].mean(1), atol=1e-12)
    loss = []
    for each in oracles.NEIGHBOURS:  # leave-one-out: the nearest of each point is itself
        near = np.asarray(cKDTree(train).query(train[: oracles.TRIED], k=each + 1)[1])
        loss.append(((noisy[near[:, 1:]].mean(1) - noisy[: oracles.TRIED]) ** 2).mean())
    assert k == oracles.NEIGHBOURS[int(np.argmin(loss))]


def test_noise_asks_for_more_neighbours() -> None:
    train, y, test = _points(1500, 10)
    few = oracles.nearest_neighbours(train, y, test)[1]
    many = oracles.nearest_neighbours(train, y + 2 * np.random.default_rng(2).standard_normal(1500), test)[1]
    assert few < many


@pytest.mark.parametrize(("spread", "noise"), [(0.3, 0.1), (1e-2, 1e-5)])
def test_the_factor_in_single_precision_solves_in_double(spread: float, noise: float) -> None:
    """For a matrix of the condition that the studies meet, and for one beyond single precision."""
    train, y, test = _points(900, 300)
    train, test = spread * train, spread * test
    kernel = matern.tabulated((train, test), 1.7)
    matrix = kernel.matrix(train, train)
    matrix[np.diag_indices(900)] = 1.7 + kernel.shift(noise**2)
    direct = kernel.matrix(test, train) @ np.linalg.solve(matrix, y)
    found = oracles.gaussian_process(train, y, test, 1.7, noise)
    assert np.linalg.norm(found - direct) <= (1e-9 if noise == 0.1 else 1e-4) * np.linalg.norm(direct)
