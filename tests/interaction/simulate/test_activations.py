"""Activations are what their names say."""

import numpy as np
import pytest

from mtam.interaction.interaction_spec import Activation, InteractionData
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.activations import FREQUENCIES, activation, rate_hard, rough_series

GRID = np.linspace(-1, 1, 2001)


@pytest.mark.parametrize(("name", "sign"), [("odd", -1), ("even", 1)])
def test_parity(name: Activation, sign: int) -> None:
    phi = activation(InteractionData(activation=name), 5)
    np.testing.assert_allclose(phi(-GRID), sign * phi(GRID), atol=1e-12)
    assert np.ptp(phi(GRID)) > 0.1


@pytest.mark.parametrize("name", ["bspline", "rate_hard", "tanh", "exp", "relu", "odd", "even"])
def test_constant_outside(name: Activation) -> None:
    phi = activation(InteractionData(activation=name), 2)
    np.testing.assert_allclose(phi(np.array([-4.0, 3.0])), phi(np.array([-1.0, 1.0])))


def test_seed_is_the_identity() -> None:
    one, same, other = (activation(InteractionData(), seed)(GRID) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


@pytest.mark.parametrize("beta", [1, 2])
def test_rate_hard_is_its_fourier_series(beta: int) -> None:
    phi = rate_hard(beta, np.random.default_rng(7).standard_normal((2, FREQUENCIES)))
    k = np.arange(1, FREQUENCIES + 1)
    a, b = np.random.default_rng(7).standard_normal((2, FREQUENCIES)) * k ** -(beta + 0.5)
    angles = np.pi / 2 * GRID[:, None] * k
    np.testing.assert_allclose(phi(GRID), np.cos(angles) @ a + np.sin(angles) @ b, atol=1e-7)


def test_a_longer_series_goes_on_from_the_shorter_one() -> None:
    short, long = (rough_series(3, frequencies) for frequencies in (100, 2048))
    np.testing.assert_array_equal(long[:, :100], short)
    k = np.arange(FREQUENCIES + 1.0, 2049)
    for degree in (2, 3):
        data = InteractionData(activation="rate_hard", degree=degree)
        more = data.model_copy(update={"frequencies": 2048})
        apart = activation(more, 3)(GRID) - activation(data, 3)(GRID)
        assert apart.std() == pytest.approx(np.sum(k ** -(2.0 * degree - 1)) ** 0.5, rel=0.2)


def test_rate_hard_approximation_error_falls_like_two_beta() -> None:
    """Squared error of the best cubic spline on K intervals ~ K^{-2 beta}: no class of the fit contains it."""
    grid = np.linspace(-1, 1, 20001)
    sizes, slopes = np.array([8, 16, 32, 64, 128]), []
    for seed in range(8):
        values = rate_hard(2, np.random.default_rng(seed).standard_normal((2, FREQUENCIES)))(grid)
        errors = []
        for intervals in sizes:
            design = SplineSpace(3, int(intervals)).design(grid)
            errors.append(np.mean((values - design @ np.linalg.lstsq(design, values, rcond=None)[0]) ** 2))
        slopes.append(np.polyfit(np.log(sizes), np.log(errors), 1)[0])
    assert np.mean(slopes) == pytest.approx(-4, abs=0.4)
