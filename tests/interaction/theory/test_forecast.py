"""The forecast against cases that can be computed by hand, against the estimator itself, and against its own limits."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.estimators import erm
from mtam.interaction.estimators.estimators import criterion, spline_space
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial, KRule, interaction_model
from mtam.interaction.model import pair_kernels
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.simulate.squared_error import evaluate
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import draw_truth, simulate
from mtam.interaction.theory import forecast as forecasting
from mtam.interaction.theory.forecast import forecast
from mtam.interaction.theory.tangents import Tangents


def trial(m: int, rule: str = "cp", intervals: int | None = None, **data: object) -> InteractionTrial:
    defaults: dict[str, object] = {"d": 3, "rank": 1, "tokens": 3, "activation": "bspline"}
    settings = InteractionData.model_validate(defaults | data)
    model = interaction_model(k_rule=rule, intervals=intervals)
    return InteractionTrial(data=settings, model=model, n=m, seed=0)


@pytest.mark.parametrize("intervals", [6, 12])
def test_two_tokens_cost_one_unit_per_parameter(intervals: int) -> None:
    """For N = 2 features and pairs have one law, and a spline truth has no bias: sigma^2/(M N) per parameter."""
    task = trial(20000, tokens=2, intervals=intervals)
    unit = task.data.noise**2 / (task.n * task.data.tokens)
    found = forecast(task)
    assert found.oracle == pytest.approx(unit * (intervals + 3), rel=0.1)
    assert found.total == pytest.approx(unit * (intervals + 3 + task.parameters()), rel=0.1)
    assert found.intervals == intervals


def test_the_variance_falls_like_one_over_m_once_bias_is_gone() -> None:
    few, many = forecast(trial(10**6, intervals=6)), forecast(trial(4 * 10**6, intervals=6))
    assert few.total / many.total == pytest.approx(4, rel=0.1)
    assert few.oracle < few.total


def test_in_one_dimension_nothing_is_paid_for_a() -> None:
    found = forecast(trial(4000, d=1))
    assert found.total == pytest.approx(found.oracle)


def test_choosing_k_costs_something_and_not_much() -> None:
    """The best K is among its candidates, so the choice cannot beat it on average; one knot interval suffices here."""
    found = forecast(trial(4000, d=1, degree=8, activation="rate_hard"))
    assert 1.02 * found.best < found.total < 2 * found.best
    assert 1 <= found.intervals < 4


def test_a_penalty_costs_less_than_choosing_k_and_more_than_the_best_one() -> None:
    smooth, chosen = (forecast(trial(2000, rule, activation="rate_hard")) for rule in ("reml", "cp"))
    assert smooth.best <= smooth.total < chosen.total
    assert smooth.oracle < chosen.oracle
    assert smooth.linear_price == pytest.approx(chosen.linear_price, rel=0.1)  # the price of A is that of A
    assert smooth.intervals == 40


def test_a_rough_truth_wants_more_intervals_as_m_grows() -> None:
    chosen = [forecast(trial(m, d=1, activation="rate_hard")).intervals for m in (10**3, 10**6)]
    assert chosen == sorted(chosen)
    assert chosen[0] < chosen[-1]


def test_the_rough_truth_falls_at_the_minimax_rate() -> None:
    """min over K of K^{-2 beta} + K/M falls as M^{-2 beta/(2 beta + 1)} = M^{-0.8} at beta = 2."""
    sizes = 10.0 ** np.array([4, 6])
    risks = [forecast(trial(int(m), d=1, activation="rate_hard")).best for m in sizes]
    slope = np.polyfit(np.log(sizes), np.log(risks), 1)[0]
    assert slope == pytest.approx(-0.8, abs=0.06)


@pytest.mark.parametrize(("rule", "degree"), [("cp", 8), ("bic", 3), ("reml", 3)])
def test_the_estimator_itself_errs_as_forecast(rule: KRule, degree: int) -> None:
    """Twenty-five data sets of one truth, few samples, K chosen from each: within three standard errors of the mean."""
    task = trial(400, rule, d=2, activation="rate_hard", degree=degree)
    truth = draw_truth(task.data, 0)
    errors = []
    for seed in range(25):
        x, y = simulate(task.data, truth, task.n, 1000 + seed)
        options = erm.ErmOptions(criterion=criterion(rule), penalised=rule == "reml")
        fitted = erm.fit(x, y, 1, spline_space(task), np.random.default_rng(seed), options)
        errors.append(float(evaluate(truth, [fitted.g], seed).errors[0]))
    spread = float(np.std(errors, ddof=1)) / 25**0.5
    assert forecast(task).total == pytest.approx(np.mean(errors), abs=3 * spread)


def test_the_typical_error_is_below_the_mean_by_the_spread_of_its_logarithm() -> None:
    """With K given and no bias the error is chi^2 with K + s degrees of freedom: E ln = ln mean - 1/(K + s) or so."""
    found = forecast(trial(10**6, d=1, tokens=2, intervals=6))
    assert np.log(found.oracle / found.typical_oracle) == pytest.approx(1 / 9, rel=0.6)  # of 64 noises
    assert found.typical == pytest.approx(found.typical_oracle)
    many = forecast(trial(10**6, d=1, tokens=2, intervals=60))
    assert 1 < many.oracle / many.typical_oracle < found.oracle / found.typical_oracle


def noise_of_the_slope(task: InteractionTrial, intervals: int) -> float:
    """D_K = E s_1^T H^{-1} s_1/(p sigma^2) over random splines: tr(H^{-1} T_psi^T (I - P) T_psi)/p in expectation."""
    truth = draw_truth(task.data, task.seed)
    tangents, space = Tangents(truth), SplineSpace(3, intervals)
    x = TokenStream(truth.law, 5, "test").take(2000, task.data.tokens)
    raw = np.empty((x.shape[0] * x.shape[1], space.dimension))
    pair_kernels.features(*tangents.arguments(x), x.shape[1], space.pieces, space.intervals, raw)
    q = np.linalg.qr(raw)[0]
    root = np.linalg.inv(np.linalg.qr(raw, mode="r"))  # psi_eps = B root z for eps of variance 1, z standard normal

    def rest(features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(features - q @ (q.T @ features))

    h = rest(tangents.features(x))
    rng = np.random.default_rng(0)
    inverse, total, draws = np.linalg.inv(h.T @ h), 0.0, 40
    for _ in range(draws):
        psi = Spline(space, root @ rng.standard_normal(space.dimension))
        moved = rest(Tangents(replace(truth, shape=psi, shift=0.0, gain=1.0)).features(x))
        total += float(np.sum(inverse * (moved.T @ moved))) / draws
    rows = task.n * task.data.tokens
    return task.data.noise**2 * total * len(raw) / rows / tangents.count


def test_beyond_first_order_a_follows_the_noise_that_phi_has_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The price rises by 3 D_K, to second order; the noises are 64 and orders beyond it are left."""
    monkeypatch.setattr(forecasting, "MOST_EXACT", 64)
    monkeypatch.setattr(forecasting, "EXACT_TOTAL", 10**9)
    task = trial(1500, d=20, intervals=12)
    found = forecast(task)
    rise = (found.total - found.oracle) / found.linear_price - 1
    assert rise == pytest.approx(3 * noise_of_the_slope(task, 12), rel=0.5)


def test_at_large_m_the_first_order_suffices() -> None:
    """Also where the loss is minimised on far fewer rows than the trial has, with less noise."""
    found = forecast(trial(10**6, d=5, intervals=12))
    assert found.total - found.oracle == pytest.approx(found.linear_price, rel=0.03)


def test_with_very_many_parameters_the_forecast_is_of_first_order(monkeypatch: pytest.MonkeyPatch) -> None:
    task = trial(2000, d=5, intervals=6)
    assert forecast(task).total != forecast(task).oracle + forecast(task).linear_price
    monkeypatch.setattr(forecasting, "MOST_PARAMETERS", task.parameters() - 1)
    found = forecast(task)
    assert found.total == pytest.approx(found.oracle + found.linear_price, rel=1e-12)


def test_without_noise_there_is_bias_only() -> None:
    found = forecast(trial(2000, noise=0.0, intervals=6))
    assert found.total == pytest.approx(found.oracle + found.linear_price)
    assert abs(found.total) < 1e-6


def test_a_truth_that_is_drawn_already_is_the_same() -> None:
    task = trial(2000, d=2)
    assert forecast(task, draw_truth(task.data, task.seed, task.n)) == forecast(task)
