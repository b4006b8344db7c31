"""Quadrature for Gaussian tokens against cases done by hand, against simulated features, forecasts and actual fits."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import k0

from mtam.interaction.estimators import erm, oracle_a
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial, interaction_model
from mtam.interaction.model import pair_kernels
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.squared_error import evaluate
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import Truth, draw_truth, simulate
from mtam.interaction.theory.forecast import forecast
from mtam.interaction.theory.gaussian_arguments import GaussianArguments, gaussian_arguments, spread_evenly
from mtam.interaction.theory.gaussian_risk import (
    DiagonalDirections,
    diagonal_directions,
    price_of_a,
    spline_risk,
)
from mtam.interaction.theory.rough_truths import RoughTruths, mean_bias, outside_splines, rough_truths
from mtam.interaction.theory.tangents import Tangents

Array = npt.NDArray[np.float64]

ONE = np.array([1 / 3])


@pytest.fixture(scope="module")
def law() -> GaussianArguments:
    return gaussian_arguments(ONE)


@pytest.fixture(scope="module")
def truths(law: GaussianArguments) -> RoughTruths:
    return rough_truths(2, range(6), law)


def data(d: int, rank: int = 1, tokens: int = 3) -> InteractionData:
    return InteractionData(d=d, rank=rank, tokens=tokens, degree=3, activation="rate_hard", token_law="gaussian")


def trial(m: int, intervals: int, **settings: int) -> InteractionTrial:
    model = interaction_model("ips_erm", intervals=intervals)
    return InteractionTrial(data=data(**settings), model=model, n=m, seed=0)


def test_the_law_of_a_product_of_two_normals(law: GaussianArguments) -> None:
    """u = s t/3 has variance 1/9, fourth moment 9/81, density 3 K_0(3 |u|)/pi."""
    assert law.law.sum() == pytest.approx(1, abs=1e-9)
    inner = slice(1, -1)
    edges = np.linspace(0.2, 0.8, 4)
    for low, high in combinations(edges, 2):
        chosen = (np.abs(law.u) > low) & (np.abs(law.u) < high)
        fine = np.linspace(low, high, 20001)
        expected = 2 * np.trapezoid(3 * k0(3 * fine) / np.pi, fine)
        assert law.law[chosen].sum() == pytest.approx(expected, rel=2e-3)  # a panel may straddle an edge
    smooth = np.exp(-((law.u[inner] / 0.2) ** 2))
    fine = np.concatenate([-np.geomspace(1, 1e-12, 200001), np.geomspace(1e-12, 1, 200001)])
    expected = np.trapezoid(3 * k0(3 * np.abs(fine)) / np.pi * np.exp(-((fine / 0.2) ** 2)), fine)
    assert law.law[inner] @ smooth == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("rank", [2, 3, 5])
def test_the_law_of_higher_rank_is_that_of_draws(rank: int) -> None:
    singular = spread_evenly(rank)
    found = gaussian_arguments(singular, panels=512)
    assert found.second.sum(axis=1) == pytest.approx(np.ones(len(found.v)))
    rng = np.random.default_rng(0)
    s, t = rng.standard_normal((2, 400_000, rank))
    v = np.linalg.norm(singular * s, axis=1)
    inside = np.abs((singular * s * t).sum(axis=1)) < 1
    assert found.inside == pytest.approx(inside.mean(), abs=4 * inside.std() / len(v) ** 0.5)
    assert found.weight @ found.v**2 == pytest.approx(1 / 9, rel=1e-3)
    lead = (singular[-1] * s[:, -1] / v) ** 2
    for power in (0, 1, 2):
        drawn = lead * v**power
        exact = found.weight @ (found.second[:, -1] * found.v**power)
        assert exact == pytest.approx(drawn.mean(), abs=4 * drawn.std() / len(v) ** 0.5)


def test_a_scramble_changes_a_law_of_higher_rank_by_little() -> None:
    one, two = (gaussian_arguments(spread_evenly(5), panels=512, seed=seed) for seed in (0, 1))
    prices = [price_of_a(each, rough_truths(2, [0], each, 512), 3) for each in (one, two)]
    traces = [spline_risk(each, rough_truths(2, [0], each, 512), SplineSpace(3, 20), 3).trace for each in (one, two)]
    assert traces[0] == pytest.approx(traces[1], rel=1e-3)
    assert prices[0].at(30, 5) == pytest.approx(prices[1].at(30, 5), rel=1e-3)
    assert prices[0].at(30, 5) != prices[1].at(30, 5)


def test_the_truths_are_the_simulated_ones(truths: RoughTruths, law: GaussianArguments) -> None:
    """Up to frequencies above 512, and to the Monte Carlo error of the mean and variance of the simulated truth."""
    near = np.abs(law.u) < 1
    for seed in range(3):
        simulated = draw_truth(data(3), seed).phi(law.u[near])
        assert np.abs(simulated - truths.phi[near, seed]).max() < 0.02 * np.abs(simulated).max()
        other = np.abs(simulated - truths.phi[near, seed + 1]).max()
        assert other > 0.2 * np.abs(simulated).max()


def test_slopes_are_derivatives(law: GaussianArguments) -> None:
    smooth = rough_truths(3, [0], law, frequencies=16)
    steps = np.diff(law.u[1:-1])
    quotient = np.diff(smooth.phi[1:-1, 0]) / steps
    middle = (smooth.slope[1:-2, 0] + smooth.slope[2:-1, 0]) / 2
    assert quotient[steps > 1e-5] == pytest.approx(middle[steps > 1e-5], abs=1e-3 * np.abs(middle).max())


def test_with_two_tokens_every_direction_costs_one_unit(law: GaussianArguments, truths: RoughTruths) -> None:
    """For N = 2 features and pairs have one law: tr(G^{-1} B) counts parameters."""
    assert spline_risk(law, truths, SplineSpace(3, 20), 2).trace == pytest.approx(23)
    assert price_of_a(law, truths, 2).at(30, 1) == pytest.approx(58 * np.ones(6))


@pytest.mark.parametrize(("rank", "d"), [(2, 4), (3, 3), (5, 30)])
def test_with_two_tokens_so_it_is_at_every_rank(rank: int, d: int) -> None:
    wide = gaussian_arguments(spread_evenly(rank), panels=512)
    some = rough_truths(2, [0, 1], wide, 512)
    diagonal = spline_risk(wide, some, SplineSpace(3, 12), 2, diagonal_directions(wide, some, 2)).diagonal
    whole = price_of_a(wide, some, 2).at(d, rank) + diagonal
    assert whole == pytest.approx((2 * rank * d - rank**2 - 1) * np.ones(2))


def simulated_traces(truth: Truth, tokens: int, intervals: int, samples: int) -> tuple[float, float]:
    """tr(G^{-1} B) of splines, and what the tangents add, from sums over simulated tokens."""
    tangents, space = Tangents(truth), SplineSpace(3, intervals)

    def features(purpose: str, count: int, width: int) -> Array:
        x = TokenStream(truth.law, 0, purpose).take(count, width)
        raw = np.empty((count * width, space.dimension))
        pair_kernels.features(*tangents.arguments(x), width, space.pieces, space.intervals, raw)
        return np.concatenate([raw, tangents.features(x)], axis=1)

    gram, pair = (z.T @ z / len(z) for z in (features("gram", samples, tokens), features("pair", samples, 2)))
    size = space.dimension
    known = float(np.trace(np.linalg.solve(gram[:size, :size], pair[:size, :size])))
    return known, float(np.trace(np.linalg.solve(gram, pair))) - known


@pytest.mark.parametrize(
    ("rank", "d", "tokens"),
    [
        (2, 4, 4),
        pytest.param(1, 4, 3, marks=pytest.mark.slow),
        pytest.param(1, 4, 10, marks=pytest.mark.slow),
        pytest.param(3, 3, 5, marks=pytest.mark.slow),
    ],
)
def test_traces_are_those_of_simulated_features(rank: int, d: int, tokens: int) -> None:
    """To 2%: with 120 000 samples the Monte Carlo error of a trace is below 1%."""
    truth = draw_truth(data(d, rank, tokens), 0)
    exact = gaussian_arguments(np.linalg.svd(truth.matrix)[1][:rank])
    some = rough_truths(2, [0], exact)
    found = spline_risk(exact, some, SplineSpace(3, 10), tokens, diagonal_directions(exact, some, tokens))
    known, more = simulated_traces(truth, tokens, 10, 120_000)
    assert found.trace == pytest.approx(known, rel=0.02)
    assert float((price_of_a(exact, some, tokens).at(d, rank) + found.diagonal)[0]) == pytest.approx(more, rel=0.02)


def test_directions_that_share_an_axis_with_phi_are_solved_for_together_with_it() -> None:
    """Against the traces of the whole matrices, splines and directions in one; blind to phi it is another figure."""
    wide = gaussian_arguments(np.array([0.3, 0.12, 0.08]), panels=512)
    some = rough_truths(2, [0], wide, 512)
    own = diagonal_directions(wide, some, 5)
    assert own is not None
    design, law = SplineSpace(3, 10).design(wide.u), wide.law[:, None]
    means = design.T @ wide.given
    pairs = np.block([[design.T @ (law * design), design.T @ own.at], [own.at.T @ design, own.pair[0]]])
    cross = (design.T @ own.at) / 4 + 3 / 4 * (means @ own.means)
    splines = design.T @ (law * design) / 4 + 3 / 4 * (means * wide.weight) @ means.T
    gram = np.block([[splines, cross], [cross.T, own.whole[0]]])
    both = float(np.trace(np.linalg.solve(gram, pairs)))
    found = spline_risk(wide, some, SplineSpace(3, 10), 5, own)
    assert found.trace + found.diagonal[0] == pytest.approx(both, rel=1e-8)
    blind = DiagonalDirections(0 * own.at, 0 * own.means, own.pair, own.whole)
    assert spline_risk(wide, some, SplineSpace(3, 10), 5, blind).diagonal[0] != pytest.approx(found.diagonal[0], 1e-5)


@pytest.mark.parametrize(("m", "d"), [(10**6, 12), pytest.param(10**5, 2, marks=pytest.mark.slow)])
def test_errors_are_those_of_the_forecast(m: int, d: int) -> None:
    """64 noises: the variance of phi is known to (2/(64 (K+s)))^{1/2}, the price to (2/(64 p))^{1/2}; 3 of these."""
    task = trial(m, 24, d=d)
    exact = gaussian_arguments(ONE)
    some = rough_truths(2, [0], exact)
    found = spline_risk(exact, some, SplineSpace(3, 24), 3)
    unit = task.data.noise**2 / (m * 3)
    known = float(found.bias[0]) + unit * found.trace
    told = forecast(task)
    assert told.oracle == pytest.approx(known, abs=3 * unit * found.trace * (2 / (64 * 27)) ** 0.5)
    price = unit * float(price_of_a(exact, some, 3).at(d, 1)[0])
    assert told.linear_price == pytest.approx(price, rel=3 * (2 / (64 * task.parameters())) ** 0.5)


def test_actual_fits_err_as_computed() -> None:
    """Twelve data sets of one truth, d = 5, M = 6000: the mean error within three standard errors, after the remainder.

    3 D_K ~ K^3 sigma^2/(M N) of the price is not in the computed error; with K = 12 it is a few percent.
    """
    task = trial(6000, 12, d=5)
    truth = draw_truth(task.data, 0)
    errors = []
    for seed in range(12):
        x, y = simulate(task.data, truth, task.n, 500 + seed)
        fitted = erm.fit(x, y, 1, SplineSpace(3, 12), np.random.default_rng(seed))
        errors.append(float(evaluate(truth, [fitted.g], seed).errors[0]))
    exact = gaussian_arguments(ONE)
    some = rough_truths(2, [0], exact)
    found = spline_risk(exact, some, SplineSpace(3, 12), 3)
    price = float(price_of_a(exact, some, 3).at(5, 1)[0])
    computed = float(found.bias[0]) + task.data.noise**2 / (6000 * 3) * (found.trace + price)
    spread = float(np.std(errors, ddof=1)) / 12**0.5
    assert spread < 0.1 * computed
    assert np.mean(errors) == pytest.approx(computed, abs=3 * spread)


@pytest.mark.slow
def test_actual_fits_in_thirty_dimensions_err_as_computed() -> None:
    """Five truths, three data sets each, M = 16 000, K by the rule: total, oracle-A and price, as ratios."""
    exact = gaussian_arguments(ONE)
    some = rough_truths(2, range(5), exact)
    space = SplineSpace(3, 28)
    found, price = spline_risk(exact, some, space, 3), price_of_a(exact, some, 3).at(30, 1)
    unit = 0.3**2 / (16000 * 3)
    ratios = []
    for seed in range(5):
        truth = draw_truth(data(30), seed)
        for repeat in range(3):
            x, y = simulate(data(30), truth, 16000, 700 + 10 * seed + repeat)
            fitted = erm.fit(x, y, 1, space, np.random.default_rng(repeat))
            known = oracle_a.fit(x, y, truth.left, truth.right, space, None)
            errors = evaluate(truth, [fitted.g, known.g], seed)
            oracle = found.bias[seed] + unit * found.trace
            total = oracle + unit * price[seed]
            ratios.append([errors.errors[0] / total, errors.errors[1] / oracle, errors.excess / (unit * price[seed])])
    spread = np.std(ratios, axis=0, ddof=1) / len(ratios) ** 0.5
    assert np.all(spread < 0.1)
    assert np.all(np.abs(np.mean(ratios, axis=0) - 1) < 3 * spread)


@pytest.mark.parametrize("beta", [1, 2, 3])
def test_bias_is_on_average_what_waves_outside_the_splines_have(beta: int, law: GaussianArguments) -> None:
    """At K = 256 over 24 truths, within three standard errors."""
    some = rough_truths(beta, range(24), law)
    found = spline_risk(law, some, SplineSpace(beta + 1, 256), 3)
    tail, whole = (mean_bias(beta, beta + 1, np.array([256.0]), beyond)[0] for beyond in (2048, 0))
    level = some.gain**2 * law.inside
    ratios = (found.bias + level * tail) / (level * whole)
    assert ratios.mean() == pytest.approx(1, abs=3 * ratios.std(ddof=1) / 24**0.5)
    assert ratios.std(ddof=1) / 24**0.5 < 0.08


def test_a_wave_of_few_periods_is_missed_by_the_power_of_the_order() -> None:
    """E_s(x) ~ 2 zeta(2 s + 2) x^{2 s + 2}: the order of approximation by splines of degree s."""
    x = np.array([0.01, 0.02])
    for degree, zeta in ((1, np.pi**4 / 90), (2, np.pi**6 / 945)):
        share = outside_splines(x, degree)
        assert share / x ** (2 * degree + 2) == pytest.approx(2 * zeta * np.ones(2), rel=0.01)
    aliases = (2.0 * np.arange(100) + 1) ** -8
    assert outside_splines(np.array([0.5]), 3)[0] == pytest.approx(1 - 1 / (2 * aliases.sum()), rel=1e-6)
    assert outside_splines(np.array([1 + 1e-7, 7.3]), 3) == pytest.approx([1, 1], abs=1e-3)


@pytest.mark.parametrize("beta", [1, 2, 3])
def test_mean_bias_is_its_sum_and_falls_as_a_power(beta: int) -> None:
    k = np.arange(1.0, 60001)
    direct = float((k ** -(2.0 * beta + 1) * outside_splines(k / 100 + 1e-9, beta + 1)).sum())
    assert mean_bias(beta, beta + 1, np.array([50.0]))[0] == pytest.approx(direct, rel=1e-3)
    two = mean_bias(beta, beta + 1, np.array([1000.0, 2000.0]))
    assert two[0] / two[1] == pytest.approx(4**beta, rel=1e-3)


def test_more_truths_do_not_change_the_first(law: GaussianArguments, truths: RoughTruths) -> None:
    alone = rough_truths(2, [1], law)
    assert alone.phi[:, 0] == pytest.approx(truths.phi[:, 1], abs=1e-12)
