"""The minimum next to the truth: exact where there is no noise, and that of a fit from there where there is."""

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import Array, draw_truth, simulate
from mtam.interaction.theory.forecast_exact import Nearest

DATA = InteractionData(d=3, tokens=4, rank=1, activation="tanh", noise=0.0)
TRUTH = draw_truth(DATA, 0)
X = np.asarray(simulate(DATA, TRUTH, 400, 0)[0], dtype=np.float64)
PAIRS = TokenStream(TRUTH.law, 5, "test").take(2000, 2)
SPACES = [SplineSpace(3, 8), SplineSpace(3, 4), SplineSpace(3, 12)]


def nearest(noise: float, count: int = 2) -> Nearest:
    noises = noise * np.random.default_rng(1).standard_normal((count, *X.shape[:2]))
    return Nearest(TRUTH, X, noises, PAIRS, SPACES)


def moved(size: float, count: int = 2) -> Array:
    """Starts at a distance from A*."""
    return np.asarray(TRUTH.matrix + size * np.random.default_rng(2).standard_normal((count, 3, 3)))


def test_without_noise_only_the_bias_of_the_splines_is_left() -> None:
    for index, error in nearest(0.0).errors(moved(0.02), None):
        assert index == 0
        assert error < 1e-4


def test_the_start_does_not_matter_within_the_basin() -> None:
    (near, far) = (nearest(0.3).errors(moved(size), None) for size in (1e-4, 0.03))
    for (_, one), (_, other) in zip(near, far, strict=True):
        assert one == pytest.approx(other, rel=0.02)


def test_the_norm_of_a_start_does_not_matter() -> None:
    one, other = (nearest(0.3).errors(scale * moved(0.01), None) for scale in (1.0, 7.0))
    assert [error for _, error in one] == pytest.approx([error for _, error in other], rel=1e-6)


def test_errors_grow_with_the_square_of_the_noise() -> None:
    quiet, loud = (np.mean([e for _, e in nearest(sigma, 6).errors(moved(0.0, 6), None)]) for sigma in (0.1, 0.3))
    assert loud / quiet == pytest.approx(9, rel=0.25)


def test_the_choice_sees_the_losses_of_the_candidates_less_that_of_the_noise() -> None:
    seen: list[Array] = []

    def choose(losses: Array) -> int:
        seen.append(losses)
        return len(seen) - 1

    found = nearest(0.5).errors(moved(0.01), choose)
    assert [index for index, _ in found] == [1, 2]  # after that of the rule, which is no candidate
    for losses in seen:
        assert losses[0] > losses[1]  # a finer space fits more
        assert np.all(np.abs(losses) < 0.1 * 0.5**2)
