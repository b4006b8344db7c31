"""Estimators by name: what they are given, what they say of themselves, how they tell of their progress."""

import math

import numpy as np
import pytest

from mtam.interaction.estimators.estimators import (
    fit_als,
    fit_erm,
    fit_oracle_a,
    intervals,
    progress,
    settings,
    spline_space,
)
from mtam.interaction.interaction_models import AlsModel, IpsErmModel
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.truth import draw_truth, simulate


def test_number_of_intervals() -> None:
    """K = ceil(4 M^{1/5}) at P = 3, unless given."""
    assert intervals(InteractionTrial(n=20000)) == 29
    assert intervals(InteractionTrial.model_validate({"n": 20000, "model": {"intervals": 7}})) == 7


def trial(name: str, **model: object) -> InteractionTrial:
    data = {"d": 2, "rank": 1, "tokens": 4}
    return InteractionTrial.model_validate({"data": data, "model": {"name": name, **model}, "n": 300})


def test_the_space_has_the_degree_and_the_intervals_of_the_trial() -> None:
    assert spline_space(trial("ips_erm", intervals=7, degree=2)) == SplineSpace(2, 7)


def test_settings_of_another_estimator_are_an_error_of_the_program() -> None:
    assert settings(trial("als"), AlsModel).name == "als"
    with pytest.raises(TypeError, match="the settings of als are no IpsErmModel"):
        settings(trial("als"), IpsErmModel)


@pytest.mark.parametrize(("name", "fit"), [("ips_erm", fit_erm), ("als", fit_als), ("oracle_a", fit_oracle_a)])
def test_an_interaction_is_its_phi_at_its_matrix(name: str, fit: object) -> None:
    """And its numbers are the loss of just that interaction."""
    given = trial(name, **({} if name == "oracle_a" else {"max_starts": 3}))
    truth = draw_truth(given.data, 0)
    x, y = simulate(given.data, truth, given.n, 0)
    heard: list[float] = []
    assert callable(fit)
    found = fit(given, truth, x, y, "cpu", heard.append)
    pairs = found.phi(x @ found.matrix @ x.transpose(0, 2, 1))
    np.testing.assert_allclose(found.g(x[:, 1], x[:, 2]), pairs[:, 1, 2], atol=1e-10)
    mean = (pairs.sum(axis=2) - np.einsum("mii->mi", pairs)) / 3
    ridge = 2e-3 if name == "oracle_a" else 1e-4  # at this size; of oracle-A the loss is that which is minimised
    assert found.numbers["loss"] == pytest.approx(np.mean((y - mean) ** 2), rel=ridge)
    assert found.space == spline_space(given)
    assert heard == sorted(heard)
    assert all(0 <= part < 1 for part in heard)
    if name == "oracle_a":
        np.testing.assert_array_equal(found.matrix, truth.matrix)


def test_progress_of_unknown_length_rises_and_never_ends() -> None:
    heard: list[float] = []
    tick = progress(heard.append, 50)
    for _ in range(200):
        tick()
    assert heard[0] == 0
    assert heard == sorted(set(heard))
    assert heard[50] == pytest.approx(1 - math.exp(-1))
    assert heard[-1] < 1
