"""Choosing K: the rule, and the three criteria against brute force."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.estimators import erm, oracle_a
from mtam.interaction.estimators.choose_k import Criterion, choose, grid, rule
from mtam.interaction.estimators.estimators import spline_space
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.run_interaction import run
from mtam.interaction.simulate.squared_error import evaluate
from mtam.interaction.simulate.truth import Truth, draw_truth, simulate
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]


def known_matrix(activation: str, samples: int) -> tuple[Profile, Truth]:
    data = InteractionData.model_validate({"d": 4, "tokens": 4, "rank": 1, "activation": activation})
    truth = draw_truth(data, 0)
    x, y = simulate(data, truth, samples, 0)
    arguments = ((x[:300] @ truth.left) @ (x[:300] @ truth.right).transpose(0, 2, 1)).ravel()
    return Profile(x, y, np.eye(4), SplineSpace(3, 8), arguments), truth


def test_rule() -> None:
    assert rule(20000, 2, 4.0) == 29
    assert rule(32, 2, 1.0) == 2


def test_grid_rises_to_its_end() -> None:
    values = grid(10000)
    assert values == sorted(set(values))
    assert values[:4] == [1, 2, 3, 4]
    assert values[-1] == 51


def test_the_grid_of_rougher_truths_goes_on_where_that_of_smooth_ones_ends() -> None:
    for samples in (100, 10000, 1600000):
        smooth, rough = grid(samples), grid(samples, 1)
        assert rough[: len(smooth)] == smooth
        assert rough == sorted(set(rough))
        assert rough[-1] == np.ceil(8 * samples ** (1 / 3))
        assert grid(samples, 7) == smooth


def test_a_rough_truth_gets_the_intervals_that_it_asks_for() -> None:
    """beta = 1: the best K grows as M^{1/3}, and a grid that ends with M^{1/5} leaves a bias."""
    data = InteractionData.model_validate({"d": 1, "tokens": 3, "rank": 1, "degree": 2, "activation": "rate_hard"})
    truth = draw_truth(data, 1)
    x, y = simulate(data, truth, 16000, 1)
    space = SplineSpace(2, 50)
    errors = []
    for beta in (2, 1):
        found = oracle_a.fit(x, y, truth.left, truth.right, space, "cp", beta)
        errors.append(float(evaluate(truth, [found.g], 1).errors[0]))
    assert errors[1] < 0.6 * errors[0]


def test_a_choice_at_the_end_of_the_grid_is_said() -> None:
    """A truth rougher than the grid asks for takes the last K of it."""
    data = InteractionData.model_validate({"d": 1, "tokens": 3, "rank": 1, "degree": 2, "activation": "rate_hard"})
    x, y = simulate(data, draw_truth(data, 0), 16000, 0)
    rough, enough = (
        erm.fit(x, y, 1, SplineSpace(2, 50), np.random.default_rng(0), erm.ErmOptions(criterion="cp", beta=beta))
        for beta in (2, 1)
    )
    assert rough.at_end
    assert rough.phi.space.intervals == grid(16000)[-1]
    assert not enough.at_end


@pytest.mark.parametrize("criterion", ["cp", "holdout", "bic"])
def test_prediction_is_near_the_best_on_fresh_data(criterion: Criterion) -> None:
    """The chosen K loses at most a little against the K that fresh data would choose."""
    profile, truth = known_matrix("rate_hard", 3000)
    data = InteractionData(d=4, tokens=4, rank=1, activation="rate_hard", noise=0.0)
    x, y = simulate(data, truth, 3000, 77)
    risks = {}
    for k in grid(3000):
        problem = Profile(profile.x, profile.y, profile.white, SplineSpace(3, k), profile.arguments)
        fit = problem.fit(truth.left, truth.right)
        fresh = Profile(x, y, profile.white, SplineSpace(3, k), profile.arguments)
        risks[k] = float(np.mean(fresh.residuals(truth.left, truth.right, fit) ** 2))
    chosen = choose(profile, truth.left, truth.right, criterion)
    assert risks[chosen] < (4.0 if criterion == "bic" else 2.5) * min(risks.values())


def test_holdout_is_the_honest_computation() -> None:
    """The normal equations of the halves give what fitting on one half and predicting the other gives."""
    profile, truth = known_matrix("bspline", 400)
    scores = []
    for k in grid(400):
        parts = [slice(None, 200), slice(200, None)]
        halves = [
            Profile(profile.x[p], profile.y[p], profile.white, SplineSpace(3, k), profile.arguments) for p in parts
        ]
        fits = [half.fit(truth.left, truth.right) for half in halves]
        errors = [
            np.mean(halves[0].residuals(truth.left, truth.right, fits[1]) ** 2),
            np.mean(halves[1].residuals(truth.left, truth.right, fits[0]) ** 2),
        ]
        scores.append(np.mean(errors))
    assert choose(profile, truth.left, truth.right, "holdout") == grid(400)[int(np.argmin(scores))]


def test_bic_is_no_larger_than_cp() -> None:
    profile, truth = known_matrix("rate_hard", 3000)
    sizes = [choose(profile, truth.left, truth.right, "bic"), choose(profile, truth.left, truth.right, "cp")]
    assert sizes[0] <= sizes[1]


@pytest.mark.parametrize("k_rule", ["cp", "holdout", "bic"])
@pytest.mark.parametrize("name", ["ips_erm", "oracle_a"])
def test_criteria_end_to_end(k_rule: str, name: str) -> None:
    settings: dict[str, Any] = {
        "data": {"d": 4, "tokens": 4, "rank": 1, "activation": "rate_hard"},
        "model": {"name": name, "k_rule": k_rule},
        "n": 1500,
    }
    trial = InteractionTrial.model_validate(settings)
    result = run([trial], device="cpu", tick=lambda _: None)[0]
    assert result["intervals"] in grid(1500)
    assert result["error"] < 0.02


def test_a_given_number_of_intervals_wins_over_the_criterion() -> None:
    trial = InteractionTrial.model_validate({"model": {"intervals": 9, "k_rule": "cp"}})
    assert trial.k_rule() == "rule"
    assert spline_space(trial).intervals == 9


@pytest.mark.parametrize("degree", [5, 8, 9])
def test_high_degrees_are_stable(degree: int) -> None:
    """Oracle-A with a spline of high degree is as good as a cubic one on a smooth truth."""
    errors = []
    for s in (3, degree):
        trial = InteractionTrial.model_validate(
            {
                "data": {"d": 4, "tokens": 5, "rank": 2, "activation": "tanh"},
                "model": {"degree": s, "intervals": 12},
                "n": 3000,
            }
        )
        errors.append(run([trial], device="cpu", tick=lambda _: None)[0])
    assert errors[1]["converged"]
    assert errors[1]["error"] < 1.7 * errors[0]["error"]
