"""The rank by hold-out: paired differences decide, doubling and bisection find it."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.own_data import choose_rank
from mtam.interaction.own_data.choose_rank import Attempt, Choice, Split
from mtam.interaction.own_data.fitted_interaction import FittedInteraction

Array = npt.NDArray[np.float64]


def attempt(losses: Array, rank: int = 1, lack: float = 0.0) -> Attempt:
    return Attempt(rank, losses, np.zeros_like(losses), True, lack)


@pytest.mark.parametrize("lack", [0.0, 50.0])
def test_the_rank_is_the_smallest_that_is_not_beaten(lack: float) -> None:
    """Against predictors of known error: 1 > 2 > 5 = 8 = 16, so bisection between 4 and 8 has to find 5."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((100, 3, 2)), 0.01 * rng.standard_normal((100, 3))
    asked: list[int] = []

    def fit(_x: Array, _y: Array, rank: int, _layout: object) -> Any:
        asked.append(rank)
        found = type("Found", (), {"converged": True, "lack_of_fit": lack})()
        return found, FittedInteraction(np.eye(2), np.full(4, float(max(0, 5 - rank))), 3, 1)

    choice = choose_rank.choose(fit, Split(x, y, x, y), [1, 2, 4, 8, 16])
    assert choice.rank == 5
    assert asked == [1, 2, 4, 8, 16, 6, 5]
    assert [one.rank for one in choice.attempts] == sorted(asked)
    assert choice.chosen.error == pytest.approx(float(np.mean(y**2)))


def test_a_rank_beats_another_by_the_paired_difference_alone() -> None:
    """What the two have in common, however large, cancels; two standard errors are asked for, one in doubt."""
    rng = np.random.default_rng(0)
    common = 100 * rng.exponential(size=400)
    better = np.where(np.arange(400) % 2, 2.0, -1.0)  # mean 0.5, standard deviation 1.5: 6.7 standard errors
    one, other = attempt(common), attempt(common - better)
    assert other.beats(one)
    assert not one.beats(other)
    assert not one.beats(one)
    for errors, clearly, doubtful in ((1.5, False, True), (2.5, True, True), (0.5, False, False)):
        noise = better - better.mean()
        gain = noise + errors * noise.std(ddof=1) / 20
        assert attempt(common - gain).beats(one) == clearly
        assert attempt(common - gain).beats(attempt(common, lack=50.0)) == doubtful


def test_errors_are_means_over_samples() -> None:
    losses = np.array([1.0, 2.0, 4.0, 5.0])
    assert attempt(losses).error == 3
    assert attempt(losses).standard_error == pytest.approx(np.sqrt((4 + 1 + 1 + 4) / 3 / 4))


def test_a_raised_choice_keeps_what_was_tried() -> None:
    losses = np.arange(3.0)
    before = Choice(2, (attempt(losses, 1), attempt(losses, 2), attempt(losses, 4)))
    assert before.chosen.rank == 2
    after = before.raised(attempt(losses + 1, 3))
    assert [one.rank for one in after.attempts] == [1, 2, 3, 4]
    assert (after.rank, after.chosen.error) == (3, 2.0)


def test_one_rank_needs_no_comparison() -> None:
    asked: list[int] = []

    def fit(_x: Array, _y: Array, rank: int, _layout: object) -> Any:
        asked.append(rank)
        return type("Found", (), {"converged": True, "lack_of_fit": 0.0})(), FittedInteraction(
            np.eye(2), np.ones(4), 3, 1
        )

    x, y = np.ones((5, 3, 2)), np.arange(15.0).reshape(5, 3)
    assert choose_rank.choose(fit, Split(x, y, x, y), [3]).rank == 3
    assert asked == [3]
