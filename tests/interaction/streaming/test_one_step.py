"""One step of scoring on sums that are known: exact where the model is linear, long where the pilot is wrong."""

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.model.low_rank import dimension
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.streaming.normal_sums import Linearisation, block_sums
from mtam.interaction.streaming.one_step import factors, gauge_free, solve


@pytest.mark.parametrize(("d", "rank"), [(4, 1), (5, 2), (3, 3)])
def test_moves_that_leave_a_alone_or_rescale_it_are_left_out(d: int, rank: int) -> None:
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((2, d, rank))
    free = gauge_free(left, right)
    assert free.shape == (2 * d * rank, dimension(d, rank) - 1)
    moved = []
    for column in free.T:
        du, dv = column.reshape(2, d, rank)
        moved.append((du @ right.T + left @ dv.T).ravel())
    matrix = (left @ right.T).ravel()
    assert np.linalg.matrix_rank(np.array([*moved, matrix])) == dimension(d, rank)  # all of the tangent space


def test_factors_are_balanced_and_of_the_rank_asked_for() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((2, 5, 2))
    u, v = factors(left @ right.T, 2)
    np.testing.assert_allclose(u @ v.T, left @ right.T, atol=1e-12)
    np.testing.assert_allclose(u.T @ u, v.T @ v, atol=1e-12)


def fitted(space: SplineSpace, grid: np.ndarray, values: np.ndarray) -> npt.NDArray[np.float64]:
    coefficients = np.linalg.lstsq(space.design(grid), values, rcond=None)[0]
    return np.asarray(coefficients, dtype=np.float64)


def responses(matrix: np.ndarray, phi: Spline, x: np.ndarray) -> np.ndarray:
    u = phi(x @ matrix @ x.transpose(0, 2, 1))
    u[:, np.arange(x.shape[1]), np.arange(x.shape[1])] = 0
    return np.asarray(u.sum(axis=2) / (x.shape[1] - 1))


def test_a_linear_activation_needs_one_step_from_near() -> None:
    """phi(u) = u: bilinear in the factors, so what is left of an error is its square."""
    rng = np.random.default_rng(0)
    space = SplineSpace(2, 4)
    grid = np.linspace(-1, 1, 200)
    line = Spline(space, fitted(space, grid, grid))
    left, right = rng.uniform(-0.3, 0.3, (2, 4, 2))
    x = rng.uniform(-1, 1, (4000, 3, 4))  # |u| < 1: phi is nowhere cut
    assert np.abs(x @ left @ right.T @ x.transpose(0, 2, 1)).max() < 1
    y = responses(left @ right.T, line, x)
    errors = []
    for size in (1e-1, 1e-2):
        du, dv = size * np.random.default_rng(1).standard_normal((2, 4, 2))
        at = Linearisation(left + du, right + dv, line, space, left, right)
        assert np.abs(x @ at.left @ at.right.T @ x.transpose(0, 2, 1)).max() < 1
        basis = space.orthonormaliser((x[:, 0] @ at.left @ at.right.T * x[:, 1]).sum(axis=1))
        estimate = solve(at, block_sums(at, x, y), basis, 3, 100)
        z = rng.uniform(-1, 1, (2, 4000, 4))
        truth = np.einsum("nd,nd->n", z[0] @ left @ right.T, z[1])
        errors.append(float(np.sqrt(np.mean((estimate.g(*z) - truth) ** 2))))
    assert errors[1] < 3e-4
    assert 50 < errors[0] / errors[1] < 200, errors  # quadratic


@pytest.mark.parametrize(("away", "low", "high"), [(0.0, 0.4, 2.0), (0.3, 10.0, np.inf)])
def test_the_length_of_a_step_tells_a_pilot_that_is_worse_than_its_data(away: float, low: float, high: float) -> None:
    """As the minimiser on 4000 samples errs: length 1; moved by 30%: a length that no chance gives."""
    rng = np.random.default_rng(2)
    space, samples, pilot, sigma = SplineSpace(3, 6), 24_000, 4000, 0.3
    grid = np.linspace(-1, 1, 200)
    phi = Spline(space, fitted(space, grid, np.sin(2 * grid) + grid**2))
    left, right, aside = (np.linalg.qr(rng.standard_normal((8, 1)))[0] / np.sqrt(3) for _ in range(3))
    x = rng.standard_normal((samples, 3, 8))
    y = responses(left @ right.T, phi, x) + sigma * rng.standard_normal((samples, 3))
    at = Linearisation(left, right, phi, space, left, right)
    first = solve(at, block_sums(at, x[:pilot], y[:pilot]), np.eye(space.dimension), 3, pilot)
    u, v = factors(first.matrix, 1)
    at = Linearisation(u + away * aside, v, first.phi, space, left, right)
    assert low < solve(at, block_sums(at, x, y), np.eye(space.dimension), 3, pilot).length < high
