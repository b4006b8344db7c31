"""Sums over blocks are the products of features and Jacobian."""

import numpy as np
import pytest

from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.streaming.normal_sums import Linearisation, NormalSums, block_sums


def mean_response(left: np.ndarray, right: np.ndarray, phi: Spline, x: np.ndarray) -> np.ndarray:
    return pair_kernels_reference.off_diagonal_mean(phi((x @ left) @ (x @ right).transpose(0, 2, 1)))


def features(left: np.ndarray, right: np.ndarray, space: SplineSpace, x: np.ndarray) -> np.ndarray:
    """F, a column per B-spline, each by the mean response to it  # (S N, K+s)."""
    units = np.eye(space.dimension)
    columns = [np.ravel(mean_response(left, right, Spline(space, unit), x)) for unit in units]
    return np.stack(columns, axis=1)


def case(d: int, rank: int, tokens: int) -> tuple[Linearisation, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    known = rng.standard_normal((2, d, rank)) / np.sqrt(3 * d)
    left, right = known + 0.1 * rng.standard_normal((2, d, rank))
    phi = Spline(SplineSpace(3, 7), rng.standard_normal(10))
    at = Linearisation(left, right, phi, SplineSpace(3, 5), *known)
    x = rng.standard_normal((700, tokens, d))
    return at, x, rng.standard_normal((700, tokens))


@pytest.mark.parametrize(("d", "rank", "tokens"), [(4, 2, 3), (3, 1, 2), (5, 1, 6), (1, 1, 3)])
def test_products(d: int, rank: int, tokens: int) -> None:
    at, x, y = case(d, rank, tokens)
    sums, flat = block_sums(at, x, y), y.ravel()
    f, known = (features(*ends, at.space, x) for ends in ((at.left, at.right), (at.known_left, at.known_right)))
    np.testing.assert_allclose(sums.gram(tokens), f.T @ f, atol=1e-9)
    np.testing.assert_allclose(sums.moment, f.T @ flat, atol=1e-9)
    np.testing.assert_allclose(sums.known_gram(tokens), known.T @ known, atol=1e-9)
    np.testing.assert_allclose(sums.known_moment, known.T @ flat, atol=1e-9)
    assert sums.power[0] == pytest.approx(flat @ flat)
    assert sums.rows[0] == flat.size
    j = np.zeros((flat.size, at.moves))
    for column in range(at.moves):  # central differences; phi_0 has a continuous second derivative
        move = np.zeros(at.moves)
        move[column] = 1e-5
        du, dv = move.reshape(2, d, rank)
        ends = [mean_response(at.left + k * du, at.right + k * dv, at.phi, x).ravel() for k in (1, -1)]
        j[:, column] = (ends[0] - ends[1]) / 2e-5
    for part, expected in ((sums.moves, j.T @ j), (sums.mixed, f.T @ j), (sums.pull, j.T @ flat)):
        np.testing.assert_allclose(part, expected, rtol=1e-6, atol=1e-5)


def test_blocks_add_up() -> None:
    at, x, y = case(4, 2, 3)
    whole, total = block_sums(at, x, y), NormalSums.zero(at)
    for start in (0, 300):
        stop = 300 if start == 0 else len(x)
        total.add(block_sums(at, x[start:stop], y[start:stop]))
    for name, part in whole.parts().items():
        np.testing.assert_allclose(total.parts()[name], part, rtol=1e-9, atol=1e-9)
