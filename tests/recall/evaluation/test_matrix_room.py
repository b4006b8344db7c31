"""Space for a matrix: used again, one borrower at a time, never more than is kept."""

import numpy as np
import pytest

from mtam.recall.evaluation.matrix_room import MatrixRoom
from mtam.recall.evaluation.posterior import factored


def test_the_same_space_is_lent_again_and_to_one_at_a_time() -> None:
    room = MatrixRoom(kept=100)
    with room.lent(10) as first:
        first[:] = 1.0
        with room.lent(10) as other:
            assert not np.shares_memory(first, other)
            other[:] = 2.0
        assert (first == 1.0).all()
    with room.lent(5) as smaller:
        assert smaller.shape == (5, 5)
        assert smaller.flags.c_contiguous
        assert np.shares_memory(first, smaller)
    with room.lent(11) as larger:
        assert larger.shape == (11, 11)
        assert not np.shares_memory(first, larger)


def test_an_error_gives_the_space_back() -> None:
    room = MatrixRoom(kept=100)
    with pytest.raises(ValueError, match="stopped"), room.lent(10) as first:
        raise ValueError("stopped")
    with room.lent(10) as again:
        assert np.shares_memory(first, again)


def test_a_factor_in_used_space_has_the_same_bits_as_in_fresh_space() -> None:
    rng = np.random.default_rng(0)
    train, test = rng.random((300, 3)), rng.random((40, 3))
    observed, room = rng.standard_normal(300), MatrixRoom()
    plain = factored(train, test, 0.01)
    with room.lent(400) as used:
        used[:] = np.nan
    with room.lent(300) as space:
        again = factored(train, test, 0.01, space)
        assert np.shares_memory(again.factor, space)
        np.testing.assert_array_equal(again.variance(test), plain.variance(test))
        np.testing.assert_array_equal(again.mean(observed)(test), plain.mean(observed)(test))
