"""Looks together spend no more than one interval may."""

import pytest

from mtam.rates.spending import LOOKS, level_at, seeds_at


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_all_looks_together_err_no_more_than_one_interval(level: float) -> None:
    spent = [1 - level_at(look, level) for look in range(1, LOOKS + 1)]
    assert sum(spent) < 1 - level
    assert sum(spent) > 0.99 * (1 - level)  # and leave next to nothing unspent
    assert spent == sorted(spent, reverse=True)


def test_every_look_doubles_the_seeds() -> None:
    assert [seeds_at(look, 3) for look in range(1, 5)] == [3, 6, 12, 24]


@pytest.mark.parametrize("look", [0, LOOKS + 1])
def test_a_look_beyond_the_last_is_refused(look: int) -> None:
    with pytest.raises(ValueError, match="there is no look"):
        level_at(look)
