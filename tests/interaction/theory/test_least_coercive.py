"""The adversary: the h of smallest coercivity ratio in a space of splines."""

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.simulate.tokens import token_law
from mtam.interaction.theory.coercivity_ratio import measure
from mtam.interaction.theory.least_coercive import _smallest, least_coercive


@pytest.mark.parametrize("tokens", [3, 6])
def test_the_adversary_reaches_the_floor_of_a_finite_population(tokens: int) -> None:
    law = token_law(InteractionData(d=1, tokens=tokens, rank=1, token_law="without_replacement"), 2)
    assert law.population is not None
    floor = 1 - (tokens - 2) / (len(law.population) - 2)
    h = least_coercive(law, tokens, 8, 4000, seed=2)
    (found,) = measure([h], law, tokens, 20000, seed=2)
    ratio, se = found.ratio(tokens)
    assert floor - 4 * se < ratio < floor + 0.03 + 4 * se


def test_the_adversary_finds_nothing_below_one_for_independent_tokens() -> None:
    law = token_law(InteractionData(d=1, tokens=5, rank=1, token_law="cube"), 0)
    (found,) = measure([least_coercive(law, 5, 8, 4000, seed=0)], law, 5, 20000, seed=0)
    ratio, se = found.ratio(5)
    assert ratio > 1 - 4 * se
    assert ratio < 1.05


def test_the_smallest_ratio_of_two_forms_is_found_among_what_the_lower_one_sees() -> None:
    rng = np.random.default_rng(0)
    root = rng.standard_normal((4, 4))
    bottom = root @ root.T + np.eye(4)
    top = rng.standard_normal((4, 4))
    top = top @ top.T
    c = _smallest(top, bottom)
    ratio = (c @ top @ c) / (c @ bottom @ c)
    assert ratio == pytest.approx(np.linalg.eigvals(np.linalg.solve(bottom, top)).real.min(), abs=1e-10)
    unseen = np.zeros((5, 5))
    unseen[:4, :4] = bottom
    padded = np.zeros((5, 5))
    padded[:4, :4] = top
    np.testing.assert_allclose(np.abs(_smallest(padded, unseen)[:4]), np.abs(c), atol=1e-8)


def test_the_adversary_repeats() -> None:
    law = token_law(InteractionData(d=2, tokens=4, rank=1, token_law="cube"), 0)
    one, two = (least_coercive(law, 4, 4, 200, seed=1) for _ in range(2))
    x = np.random.default_rng(0).uniform(-1, 1, (3, 4, 2))
    np.testing.assert_array_equal(one.pairs(x), two.pairs(x))
