"""Bases are orthonormal on their grids, and the functions that their names promise."""

from typing import get_args

import numpy as np
import pytest
from numpy.polynomial import Legendre

from mtam.recall.recall_spec import Basis
from mtam.recall.simulate import bases

BASES = get_args(Basis)


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize(("modes", "nodes"), [(1, 8), (48, 128), (None, 128)])
def test_orthonormal_with_the_constant(name: Basis, modes: int | None, nodes: int) -> None:
    modes = modes or (nodes // 2 if name == "bspline" else nodes - 1)  # as many as there are
    mesh = bases.grid(name, modes, nodes)
    everything = np.concatenate([np.ones((1, nodes)), mesh.values])
    np.testing.assert_allclose((everything * mesh.weights) @ everything.T, np.eye(modes + 1), atol=1e-11)


@pytest.mark.parametrize("name", BASES)
def test_modes_mean_what_they_say_between_the_nodes(name: Basis) -> None:
    """Trapezoids on a fine mesh know nothing of the quadrature."""
    x = (np.arange(2**16) + 0.5) / 2**16
    values = bases.evaluate(name, 12, x)
    np.testing.assert_allclose(values @ values.T / len(x), np.eye(12), atol=2e-4)
    assert np.all(values.max(axis=1) <= bases.grid(name, 12, 64).profile.max(axis=1) + 1e-9)


def test_a_grid_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 47"):
        bases.grid("cosine", 48, 48)
    with pytest.raises(ValueError, match="power of two"):
        bases.grid("haar", 20, 96)
    with pytest.raises(ValueError, match="at most 64"):
        bases.grid("bspline", 65, 128)
    with pytest.raises(ValueError, match="must be one of"):
        bases.grid("fourier", 4, 16)  # type: ignore[arg-type]


def test_legendre_polynomials_and_cosines_are_those_of_the_textbook() -> None:
    x = np.linspace(0, 1, 17)
    for j in (1, 2, 5):
        expected = np.sqrt(2 * j + 1) * Legendre.basis(j, domain=[0, 1])(x)
        np.testing.assert_allclose(bases.legendre(5, x)[j - 1], expected, atol=1e-12)
        np.testing.assert_allclose(bases.cosine(5, x)[j - 1], np.sqrt(2) * np.cos(j * np.pi * x), atol=1e-12)


def test_haar_functions_live_on_their_half_cells() -> None:
    x = np.array([0.1, 0.3, 0.6, 0.9, 1.0])
    root = np.sqrt(2)
    expected = [[1, 1, -1, -1, -1], [root, -root, 0, 0, 0], [0, 0, root, -root, -root]]
    np.testing.assert_allclose(bases.haar(3, x), expected)
    assert np.all((np.abs(bases.haar(7, x)[3:]) == 2).sum(axis=0) == 1)  # every x lies in one cell of a level


def test_splines_are_continuous_and_linear_on_dyadic_cells() -> None:
    """Level l has hats of width 2^-l: 1 + 2 + 4 functions and the line use cells of an eighth."""
    x = np.linspace(0, 1, 8 * 16 + 1)
    values = bases.bspline(8, x)
    assert values.shape == (8, 129)
    bends = np.abs(np.diff(values, 2, axis=1)).max(axis=0)
    inside = np.arange(1, 128) % 16 != 0
    assert bends[inside].max() < 1e-10
    assert bends[~inside].max() > 0.1


@pytest.mark.parametrize("name", BASES)
def test_weights_are_a_distribution_on_the_interval(name: Basis) -> None:
    nodes, weights = bases.quadrature(name, 16)
    assert len(nodes) == len(weights) == 16
    assert weights.sum() == pytest.approx(1)
    assert np.all((nodes > 0) & (nodes < 1) & (weights > 0))


def test_gauss_rules_integrate_polynomials_of_twice_their_length() -> None:
    nodes, weights = bases.quadrature("legendre", 6)
    for power in range(12):
        assert weights @ nodes**power == pytest.approx(1 / (power + 1))
    assert weights @ nodes**12 != pytest.approx(1 / 13, rel=1e-9)
