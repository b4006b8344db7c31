"""Ranks with their gap."""

import numpy as np
import pytest

from mtam.interaction.identifiability.fisher_rank import fisher_rank, independent, largest_change


def test_the_rank_of_a_product_is_found_whatever_the_scales_of_its_columns() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((60, 7)) @ rng.standard_normal((7, 12)) * np.geomspace(1e-8, 1e8, 12)
    found = fisher_rank(matrix)
    assert (found.rank, found.nullity) == (7, 5)
    assert found.clear


def test_a_column_of_zeros_lacks() -> None:
    matrix = np.random.default_rng(1).standard_normal((20, 4))
    matrix[:, 2] = 0
    assert fisher_rank(matrix).nullity == 1


def test_full_rank_has_no_rounding_to_show() -> None:
    found = fisher_rank(np.random.default_rng(2).standard_normal((30, 5)))
    assert (found.nullity, found.rounding) == (0, 0.0)
    assert found.clear


def test_a_gap_that_is_narrow_is_said() -> None:
    values = np.diag(np.append(np.ones(4), 1e-13))
    blurred = np.linalg.qr(np.random.default_rng(3).standard_normal((9, 5)))[0] @ values
    mixed = blurred @ np.linalg.qr(np.random.default_rng(4).standard_normal((5, 5)))[0]
    close = mixed + 2e-11 * np.random.default_rng(5).standard_normal(mixed.shape)
    assert fisher_rank(mixed).rank == 4
    assert not (fisher_rank(close).clear and fisher_rank(close).nullity == 1)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="valid: at least 5"):
        fisher_rank(np.ones((4, 5)))


def test_nothing_is_independent_of_nothing() -> None:
    assert independent(np.zeros((0, 3))) == 0
    assert independent(np.zeros((1, 3))) == 0
    assert largest_change(np.ones((4, 3)), np.zeros((0, 3))) == 0
    assert independent(np.array([[1.0, 0], [1e9, 0], [1, 1]])) == 2
