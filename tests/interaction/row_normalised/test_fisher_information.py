"""The price of A is the variance of least squares, coercivity the smallest excess risk; and where there is none."""

import numpy as np
import pytest

from mtam.interaction.row_normalised.attention_fit import fit_attention
from mtam.interaction.row_normalised.attention_forms import FORMS, respond, scores
from mtam.interaction.row_normalised.fisher_information import information
from tests.interaction.row_normalised.helpers import known, squared_error

SOFTMAX = FORMS["softmax"]


def test_the_price_is_the_squared_error_of_least_squares() -> None:
    """24 fits; the sum of squared errors of 9 coefficients has a relative standard error of about .1."""
    truth = known(0, (4000, 5, 3), 3)
    told = information(SOFTMAX, truth.x, truth.values, truth.matrix)
    rng, errors = np.random.default_rng(9), []
    for _ in range(24):
        x = rng.standard_normal((300, 5, 3))
        clean = respond(SOFTMAX, scores(x, truth.matrix, np.eye(3)), x @ truth.linear).mean
        y = clean + truth.sigma * rng.standard_normal(clean.shape)
        fit = fit_attention(x, y, 3, np.random.default_rng(0), values=x @ truth.linear)
        errors.append(squared_error(fit.matrix, truth.matrix))
    expected = told.price * told.norm**2 * truth.sigma**2 / told.variance / 1500
    assert np.mean(errors) == pytest.approx(expected, rel=0.35)


@pytest.mark.parametrize("name", FORMS)
def test_coercivity_is_the_smallest_ratio_of_excess_risk_near_the_truth(name: str) -> None:
    truth, form = known(1, (400, 5, 2), 2), FORMS[name]
    told = information(form, truth.x, truth.values, truth.matrix)
    here = respond(form, scores(truth.x, truth.matrix, np.eye(2)), truth.values).mean
    ratios = []
    for angle in np.random.default_rng(2).standard_normal((300, 4)):
        move = 1e-4 * (angle / np.linalg.norm(angle)).reshape(2, 2)
        there = respond(form, scores(truth.x, truth.matrix + move, np.eye(2)), truth.values).mean
        ratios.append(np.mean((there - here) ** 2) / 1e-8 / told.variance * told.norm**2)
    assert told.coercivity <= min(ratios) * 1.01
    assert told.coercivity > 0.5 * min(ratios)


def test_on_a_hyperplane_softmax_is_not_coercive_and_sigmoid_is() -> None:
    truth = known(3, (300, 5, 2), 2)
    flat = np.concatenate([truth.x, np.ones((300, 5, 1))], axis=2)
    matrix = np.zeros((3, 3))
    matrix[:2, :2] = truth.matrix
    assert information(SOFTMAX, flat, truth.values, matrix).coercivity < 1e-12
    assert information(FORMS["sigmoid"], flat, truth.values, matrix).coercivity > 1e-4
