"""Splines with uniform knots against scipy, and the orthonormal basis."""

import numpy as np
import pytest
from scipy.interpolate import BSpline

from mtam.interaction.model.splines import Spline, SplineSpace, between

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


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("bends", [(0, 7), (2, 7), (0, 4), (2, 5), (3, 4), (6, 7), (0, 1)])
def test_free_coefficients_span_what_bends_between_two_knots_only(degree: int, bends: tuple[int, int]) -> None:
    """Against the null space of the conditions: no power of t beyond the first on the intervals outside."""
    space = SplineSpace(degree, 7, bends)
    outside = [k for k in range(7) if not bends[0] <= k < bends[1]]
    rows = [SplineSpace(degree, 7).table(unit)[outside, 2:].ravel() for unit in np.eye(space.dimension)]
    if degree == 1:  # nothing is beyond the first power, but the intervals of one side still have to agree
        rows = [np.concatenate([np.diff(np.diff(unit)[side]) for side in _sides(space)]) for unit in np.eye(8)]
    conditions = np.array(rows)
    expected = space.dimension - np.linalg.matrix_rank(conditions) if conditions.size else space.dimension
    assert np.linalg.matrix_rank(space.free) == space.free.shape[1] == expected
    np.testing.assert_allclose(space.free.T @ conditions, 0, atol=1e-12)


def _sides(space: SplineSpace) -> list[slice]:
    assert space.bends is not None
    return [slice(None, space.bends[0]), slice(space.bends[1], None)]


def test_between_covers_the_part_where_arguments_are() -> None:
    for low, high, count in ((-0.8, 0.8, 10), (0.1, 0.3, 7), (-0.9, -0.85, 1), (-0.01, 0.5, 30), (-1.0, 1.0, 5)):
        space = between(3, count, low, high)
        assert space.bends is not None
        first, last = (-1 + 2 / space.intervals * knot for knot in space.bends)
        assert space.bending == count
        assert first <= low + 1e-12 < high - 1e-12 <= last
        assert last - first <= 4 * (high - low) + 2 / count
    assert between(8, 4, -0.2, 0.2) == SplineSpace(8, 4)


def test_a_reach_only_stretches() -> None:
    narrow = SplineSpace(3, 9, (2, 6))
    wide = SplineSpace(3, 9, (2, 6), 2.5)
    u = np.linspace(-2, 2, 41)
    np.testing.assert_allclose(wide.design(2.5 * u), narrow.design(u), atol=1e-12)
    np.testing.assert_allclose(wide.orthonormaliser(2.5 * u), narrow.orthonormaliser(u), rtol=1e-7, atol=1e-9)
    coefficients = np.arange(12.0) ** 2
    np.testing.assert_allclose(Spline(wide, coefficients)(2.5 * u), Spline(narrow, coefficients)(u), atol=1e-10)


@pytest.mark.parametrize(("degree", "bends"), [(4, (1, 2)), (3, (2, 2)), (3, (-1, 2)), (3, (0, 8))])
def test_impossible_bends_are_refused(degree: int, bends: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a spline"):
        SplineSpace(degree, 7, bends)
