"""Factors of A: balanced, of fixed norm, and the same matrix whatever the gauge."""

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.model.low_rank import balance, chart, full, moved, moving, truncate

Array = npt.NDArray[np.float64]


def factors(d: int = 4, rank: int = 2) -> tuple[Array, Array]:
    """Balanced factors of norm 1/3."""
    u, v = np.random.default_rng(0).standard_normal((2, d, rank))
    return balance(u, v, 1 / 3)


def test_gauge() -> None:
    u, v = factors()
    g = np.array([[2.0, 1.0], [0.3, -1.0]])
    same = balance(u @ g, v @ np.linalg.inv(g).T, 1 / 3)
    np.testing.assert_allclose(same[0] @ same[1].T, u @ v.T, atol=1e-12)
    np.testing.assert_allclose(same[0].T @ same[0], same[1].T @ same[1], atol=1e-12)
    exact = truncate(u @ v.T, 2, 1 / 3)
    np.testing.assert_allclose(exact[0] @ exact[1].T, u @ v.T, atol=1e-12)


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_balanced_factors_have_the_norm_and_share_the_singular_values(rank: int) -> None:
    left, right = np.random.default_rng(1).standard_normal((2, 4, rank))
    u, v = balance(left, right, 2.5)
    product = left @ right.T
    np.testing.assert_allclose(u @ v.T, 2.5 * product / np.linalg.norm(product), atol=1e-12)
    singular = np.linalg.svd(u @ v.T, compute_uv=False)[:rank]
    np.testing.assert_allclose(u.T @ u, np.diag(singular), atol=1e-12)
    np.testing.assert_allclose(v.T @ v, np.diag(singular), atol=1e-12)


def test_the_chart_of_full_rank_is_the_matrix_itself() -> None:
    left, right = np.random.default_rng(4).standard_normal((2, 4, 4))
    u, v = chart(left, right, 1 / 3)
    np.testing.assert_array_equal(v, np.eye(4))
    product = left @ right.T
    np.testing.assert_allclose(u, product / np.linalg.norm(product) / 3)
    assert full(u)
    assert moving(u, v).shape == (16,)
    step = np.random.default_rng(5).standard_normal(16)
    np.testing.assert_allclose(moved(u, v, step, 1 / 3)[0], chart(u - step.reshape(4, 4), v, 1 / 3)[0])


def test_a_step_of_low_rank_moves_both_factors() -> None:
    u, v = factors()
    assert not full(u)
    step = 0.1 * np.random.default_rng(2).standard_normal(16)
    to = moving(u, v) - step
    wanted = to[:8].reshape(4, 2) @ to[8:].reshape(4, 2).T
    found = moved(u, v, step, 1 / 3)
    np.testing.assert_allclose(found[0] @ found[1].T, wanted / np.linalg.norm(wanted) / 3, atol=1e-12)


def test_truncation_is_the_best_approximation_of_that_rank() -> None:
    """Eckart and Young: what is left is orthogonal to it on both sides, and has the small singular values."""
    matrix = np.random.default_rng(3).standard_normal((5, 5))
    u, v = truncate(matrix, 2, 1.0)
    singular = np.linalg.svd(matrix, compute_uv=False)
    best = u @ v.T * np.linalg.norm(singular[:2])
    left = matrix - best
    np.testing.assert_allclose(left @ best.T, 0, atol=1e-12)
    np.testing.assert_allclose(left.T @ best, 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.svd(left, compute_uv=False)[:3], singular[2:], atol=1e-12)
