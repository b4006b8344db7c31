"""The tabulated kernel against the Bessel function, and products against the matrices that they stand for."""

import numpy as np
import pytest

from mtam.recall.evaluation import matern

Array = np.ndarray


def _points(n: int, dim: int, seed: int) -> Array:
    return np.random.default_rng(seed).standard_normal((n, dim))


def test_the_table_is_the_bessel_function() -> None:
    left, right = _points(70, 3, 0), _points(600, 3, 1)
    radii = np.linalg.norm(left[:, None] - right, axis=-1)
    found = matern.tabulated((left, right), 1.7).matrix(left, right)
    np.testing.assert_allclose(found, 1.7 * matern.matern1(radii), rtol=0, atol=1e-8)


@pytest.mark.parametrize("n", [1, 64, 513, 1100])  # one block and many, whole and cut off
def test_products_are_those_of_the_matrices(n: int) -> None:
    points, others = _points(n, 4, n), _points(77, 4, 2)
    given = np.random.default_rng(3).standard_normal(n)
    kernel = matern.tabulated((points, others), 0.8)
    whole = kernel.matrix(points, points)
    whole[np.diag_indices(n)] = 0.8 + kernel.shift(0.01)
    scale = np.abs(whole) @ np.abs(given)
    assert (np.abs(kernel.symmetric_product(points, 0.01, given) - whole @ given) <= 1e-10 * scale).all()
    np.testing.assert_allclose(np.triu(kernel.upper(points, 0.01, np.float64)), np.triu(whole), rtol=0, atol=1e-10)
    expected = kernel.matrix(others, points) @ given
    np.testing.assert_allclose(kernel.product(others, points, given), expected, rtol=0, atol=1e-10 * scale.max())


def test_far_points_have_no_covariance_and_equal_points_the_variance() -> None:
    points = np.array([[0.0, 0.0], [0.0, 0.0], [1e3, 0.0]])
    np.testing.assert_allclose(
        matern.tabulated((points,), 2.0).matrix(points, points), [[2, 2, 0], [2, 2, 0], [0, 0, 2]], atol=1e-15
    )
