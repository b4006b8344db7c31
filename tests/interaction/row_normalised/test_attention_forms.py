"""Responses as in the readable reference; derivatives as difference quotients; what cannot be known changes nothing."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from mtam.interaction.row_normalised import attention_reference
from mtam.interaction.row_normalised.attention_forms import FORMS, respond, scores

PHI: dict[str, Callable[[float], float]] = {
    "softmax": math.exp,
    "sigmoid": lambda u: 1 / (1 + math.exp(-u)),
    "relu": lambda u: max(u, 0.0),
    "sigmoid_rows": lambda u: 1 / (1 + math.exp(-u)),
    "softplus_rows": lambda u: math.log1p(math.exp(u)),
}
RNG = np.random.default_rng(0)
X, V, A = RNG.standard_normal((7, 5, 3)), RNG.standard_normal((7, 5)), RNG.standard_normal((3, 3))
U = scores(X, A, np.eye(3))


def test_every_form_is_held_to_the_reference() -> None:
    assert set(PHI) == set(FORMS)


@pytest.mark.parametrize("name", FORMS)
def test_responses_are_those_of_the_reference(name: str) -> None:
    form = FORMS[name]
    slow = attention_reference.row_normalised if form.rows else attention_reference.over_pairs
    expected = [slow(x, v, A, PHI[name]) for x, v in zip(X, V, strict=True)]
    found = respond(form, U, V)
    np.testing.assert_allclose(found.mean, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(np.einsum("sij,sj->si", found.weights, V), expected, rtol=1e-12, atol=1e-12)
    assert not found.weights[:, np.arange(5), np.arange(5)].any()


@pytest.mark.parametrize("name", FORMS)
def test_derivatives_are_difference_quotients(name: str) -> None:
    form, step = FORMS[name], 1e-6
    found = respond(form, U, V)
    np.testing.assert_allclose((form.value(U + step) - form.value(U - step)) / (2 * step), form.slope(U), atol=1e-8)
    for j in range(5):
        move = np.zeros((5, 5))
        move[:, j] = step
        numeric = (respond(form, U + move, V).mean - respond(form, U - move, V).mean) / (2 * step)
        np.testing.assert_allclose(numeric, (found.pull * form.slope(U))[:, :, j], atol=1e-8)


def test_scores_are_not_changed_by_reading_them() -> None:
    before = U.copy()
    respond(FORMS["softmax"], U, V)
    np.testing.assert_array_equal(U, before)


def test_large_scores_overflow_nowhere() -> None:
    found = respond(FORMS["softmax"], 1e4 * U, V)
    np.testing.assert_allclose(found.weights.sum(axis=2), 1.0)


@pytest.mark.parametrize("name", [name for name in FORMS if FORMS[name].rows])
def test_a_factor_of_a_row_cancels_and_a_value_that_is_constant_tells_nothing(name: str) -> None:
    """phi c(x_i) gives what phi gives; and with v = 1 the response is 1 whatever A is."""
    plain, form = respond(FORMS[name], U, V).mean, FORMS[name]
    np.testing.assert_allclose(respond(form, U, np.ones_like(V)).mean, 1.0)
    others = U.copy()
    others[:, np.arange(5), np.arange(5)] = 99.0  # a token's own score is not read
    np.testing.assert_allclose(respond(form, others, V).mean, plain)


def test_of_softmax_the_norm_is_known_and_on_a_hyperplane_a_column_is_not() -> None:
    softmax = FORMS["softmax"]
    assert np.abs(respond(softmax, 2 * U, V).mean - respond(softmax, U, V).mean).max() > 0.05
    flat = np.concatenate([X, np.ones((7, 5, 1))], axis=2)  # b^T x = 1 with b the last axis
    wide = np.zeros((4, 4))
    wide[:3, :3] = A
    moved = wide.copy()
    moved[:, 3] += [0.5, -1.0, 2.0, 3.0]
    same = [respond(softmax, scores(flat, each, np.eye(4)), V).mean for each in (wide, moved)]
    np.testing.assert_allclose(same[0], same[1], atol=1e-12)
    apart = [respond(FORMS["sigmoid_rows"], scores(flat, each, np.eye(4)), V).mean for each in (wide, moved)]
    assert np.abs(apart[0] - apart[1]).max() > 0.05


def test_a_power_of_rank_one_knows_nothing_of_the_query() -> None:
    """|a^T x|^m cancels in a row: the exception of identifiability."""
    a, other, b = RNG.standard_normal((3, 3))
    responses = [
        [attention_reference.row_normalised(x, v, np.outer(left, b), lambda u: abs(u) ** 3)
         for x, v in zip(X, V, strict=True)]
        for left in (a, other)
    ]  # fmt: skip
    np.testing.assert_allclose(responses[0], responses[1], rtol=1e-9)
