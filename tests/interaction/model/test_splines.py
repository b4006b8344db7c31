"""Splines with uniform knots against scipy, and the orthonormal basis."""

import numpy as np
import pytest
from scipy.interpolate import BSpline

from mtam.interaction.model.pair_kernels_reference import derivative
from mtam.interaction.model.splines import Spline, SplineSpace

DEGREES = range(1, 10)


@pytest.mark.parametrize("degree", DEGREES)
def test_design_is_scipys(degree: int) -> None:
    space = SplineSpace(degree, 7)
    knots = -1 + 2 / 7 * np.arange(-degree, 7 + degree + 1)
    u = np.random.default_rng(0).uniform(-1, 1, 300)
    expected = BSpline.design_matrix(u, knots, degree).toarray()
    np.testing.assert_allclose(space.design(u), expected, atol=1e-13)


@pytest.mark.parametrize("degree", DEGREES)
def test_partition_of_unity_and_constant_continuation(degree: int) -> None:
    space = SplineSpace(degree, 3)
    np.testing.assert_allclose(space.design(np.linspace(-3, 3, 101)).sum(axis=1), 1, atol=1e-12)
    phi = Spline(space, np.random.default_rng(1).standard_normal(space.dimension))
    np.testing.assert_allclose(phi(np.array([-2.0, -1.0, 1.0, 5.0])), phi(np.array([-1.0, -1.0, 1.0, 1.0])))


def test_callable_on_any_shape_and_equal_to_the_design() -> None:
    space = SplineSpace(3, 5)
    phi = Spline(space, np.arange(space.dimension, dtype=float) ** 2)
    u = np.random.default_rng(2).uniform(-1.3, 1.3, (4, 6))
    np.testing.assert_allclose(phi(u), (space.design(u.ravel()) @ phi.coefficients).reshape(4, 6), atol=1e-12)


def test_derivative_is_the_slope() -> None:
    space = SplineSpace(4, 6)
    phi = Spline(space, np.random.default_rng(3).standard_normal(space.dimension))
    u = np.concatenate([np.linspace(-0.99, 0.99, 57), [-1.5, 1.5]])
    slope = (phi(u + 1e-6) - phi(u - 1e-6)) / 2e-6
    np.testing.assert_allclose(derivative(phi.table, u), slope, atol=1e-6)


@pytest.mark.parametrize(("degree", "intervals"), [(1, 20), (3, 30), (8, 12), (9, 40)])
def test_orthonormalised_basis(degree: int, intervals: int) -> None:
    space = SplineSpace(degree, intervals)
    u = np.random.default_rng(4).standard_normal(20000) / 3
    basis = space.orthonormaliser(u)
    grid = np.linspace(-1, 1, 16 * space.dimension + 1)
    sample, uniform = space.design(u) @ basis, space.design(grid) @ basis
    gram = 0.9 * sample.T @ sample / len(u) + 0.1 * uniform.T @ uniform / len(grid)
    np.testing.assert_allclose(gram, np.eye(space.dimension), atol=1e-8)


@pytest.mark.parametrize("bad", [(0, 3), (3, 0)])
def test_refuses_empty_spaces(bad: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="degree >= 1 and intervals >= 1"):
        SplineSpace(*bad)
