"""Evaluation on fresh pairs: known errors come out, with the promised precision."""

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.simulate.squared_error import FEWEST, evaluate
from mtam.interaction.simulate.truth import Truth, draw_truth

Array = npt.NDArray[np.float64]


def test_known_errors() -> None:
    """An estimate off by a constant c has error c^2, the zero estimate has error Var g* = 1."""
    truth = draw_truth(InteractionData(d=4, rank=1), 0)
    found = evaluate(
        truth, [lambda x, y: 0 * (x + y)[:, 0], lambda x, y: truth.phi(truth.arguments(x, y)) + 0.1], seed=0
    )
    assert found.errors[0] == pytest.approx(1, abs=5 * found.standard_errors[0] + 0.01)
    assert found.errors[1] == pytest.approx(0.01)
    assert found.standard_errors[1] < 1e-8
    assert found.excess == pytest.approx(found.errors[0] - 0.01)


def test_pairs_are_added_until_the_precision_is_reached() -> None:
    truth = draw_truth(InteractionData(d=4, rank=1), 0)

    def rare(x: Array, y: Array) -> Array:
        u = truth.arguments(x, y)
        return np.asarray(truth.phi(u) + (np.abs(u) > 0.9))

    found = evaluate(truth, [rare], seed=0)
    assert found.pairs > FEWEST
    assert found.standard_errors[0] <= 0.015 * found.errors[0]


def test_responses_are_compared_where_no_function_of_pairs_is_the_truth() -> None:
    """Softmax attention of two tokens is the pair's own score; of more tokens, no function of pairs has no error."""
    for tokens, least, most in ((2, 0.0, 1e-20), (6, 0.01, 9.0)):
        data = InteractionData(d=3, rank=1, tokens=tokens, activation="exp", row_normalised=True)
        truth = draw_truth(data, 0)

        def score(x: Array, y: Array, t: Truth = truth) -> Array:
            return (np.clip(t.arguments(x, y), -1, 1) - t.shift) * t.gain

        found = evaluate(truth, [score, lambda x, y: 0 * (x + y)[:, 0]], seed=0, tokens=tokens)
        assert least <= found.errors[0] <= most
        assert found.errors[1] == pytest.approx(1, abs=5 * found.standard_errors[1] + 0.02)
