"""Heads are matched whatever their order, scale and sign."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from mtam.interaction.heads.match_heads import cosines, matching


@given(st.permutations(range(4)), st.lists(st.floats(0.1, 10), min_size=4, max_size=4), st.integers(0, 15))
def test_a_permutation_is_undone(order: list[int], scales: list[float], signs: int) -> None:
    rng = np.random.default_rng(0)
    u, v = rng.standard_normal((2, 4, 6, 2))
    factor = np.array([s * (-1) ** (signs >> k & 1) for k, s in enumerate(scales)])[:, None, None]
    alike = cosines((u * factor)[order], v[order], u, v)
    rows, columns = matching(alike)
    assert rows.tolist() == [0, 1, 2, 3]
    assert columns.tolist() == order
    np.testing.assert_allclose(alike[rows, columns], 1)


def test_cosines_are_those_of_the_matrices() -> None:
    rng = np.random.default_rng(1)
    u, v, left, right = rng.standard_normal((4, 3, 5, 2))
    found = cosines(u, v, left[:2, :, :1], right[:2, :, :1])
    assert found.shape == (3, 2)
    for g in range(3):
        for h in range(2):
            a, b = u[g] @ v[g].T, left[h, :, :1] @ right[h, :, :1].T
            expected = abs(np.vdot(a, b)) / (np.linalg.norm(a) * np.linalg.norm(b))
            np.testing.assert_allclose(found[g, h], expected)


def test_the_best_total_wins_over_the_best_pair() -> None:
    alike: npt.NDArray[np.float64] = np.array([[0.9, 0.8], [0.85, 0.1]])
    assert matching(alike)[1].tolist() == [1, 0]
