"""The empirical risk minimiser: recovery, symmetry, determinism, honesty."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.estimators import erm
from mtam.interaction.estimators.erm import Erm
from mtam.interaction.estimators.estimators import fit_erm
from mtam.interaction.interaction_spec import Activation, InteractionData, InteractionTrial
from mtam.interaction.model.low_rank import balance, truncate
from mtam.interaction.model.pair_kernels_reference import off_diagonal_mean
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.simulate.squared_error import evaluate
from mtam.interaction.simulate.truth import SCALE, draw_truth, simulate
from mtam.interaction.solver.levenberg_marquardt import refine, start
from mtam.interaction.solver.row_sums import Data
from mtam.interaction.solver.varpro import whitener

Array = npt.NDArray[np.float64]


def interactions(x: Array, matrix: Array, phi: Spline) -> Array:
    """The noise-free model, in plain numpy."""
    return off_diagonal_mean(phi(x @ matrix @ x.transpose(0, 2, 1))).reshape(x.shape[:2])


def exact_data(d: int, rank: int, space: SplineSpace, samples: int = 1500) -> tuple[Array, Array, Array, Spline]:
    """Noise-free data whose truth lies in the class: ||A||_F = 1/3 in the whitened coordinates of this very sample."""
    rng = np.random.default_rng(d + rank)
    x = rng.standard_normal((samples, 6, d)) @ (np.eye(d) + 0.3 * rng.standard_normal((d, d)) / np.sqrt(d))
    white = whitener(x)
    u, v = balance(rng.standard_normal((d, rank)), rng.standard_normal((d, rank)), SCALE)
    matrix = (white @ u) @ (white @ v).T
    shape = np.cumsum(rng.standard_normal(space.dimension))
    phi = Spline(space, shape - shape.mean())
    return x, interactions(x, matrix, phi), matrix, phi


@pytest.mark.parametrize(("d", "rank"), [(3, 1), (5, 2), (12, 3), (4, 4), (8, 8)])
def test_noise_free_data_are_recovered(d: int, rank: int) -> None:
    space = SplineSpace(3, 8)
    x, y, matrix, _ = exact_data(d, rank, space)
    fit = erm.fit(x, y, rank, space, np.random.default_rng(0))
    cosine = np.vdot(fit.matrix, matrix) / (np.linalg.norm(fit.matrix) * np.linalg.norm(matrix))
    assert abs(cosine) == pytest.approx(1, abs=1e-7)
    assert np.mean((interactions(x, fit.matrix, fit.phi) - y) ** 2) < 1e-7 * np.var(y)
    assert fit.converged


def noisy(seed: int = 0, activation: Activation = "bspline", samples: int = 1500) -> tuple[Data, Array]:
    data = InteractionData(d=6, tokens=5, rank=2, activation=activation)
    return simulate(data, draw_truth(data, seed), samples, seed)


def fitted(x: Data, y: Array) -> Erm:
    return erm.fit(x, y, 2, SplineSpace(3, 8), np.random.default_rng(0))


@pytest.mark.bits
def test_equal_input_gives_equal_numbers() -> None:
    one, two = fitted(*noisy()), fitted(*noisy())
    np.testing.assert_array_equal(one.matrix, two.matrix)
    np.testing.assert_array_equal(one.phi.coefficients, two.phi.coefficients)
    assert (one.loss, one.starts, one.agreeing) == (two.loss, two.starts, two.agreeing)


def test_relabelling_tokens_changes_nothing() -> None:
    """Exchangeability: the fit to (X_pi, Y_pi), a permutation per sample, is the fit to (X, Y)."""
    x, y = noisy()
    order = np.random.default_rng(1).permuted(np.tile(np.arange(5), (len(x), 1)), axis=1)
    moved = fitted(np.take_along_axis(x, order[:, :, None], axis=1), np.take_along_axis(y, order, axis=1))
    same = fitted(x, y)
    assert moved.loss == pytest.approx(same.loss, rel=1e-6)
    np.testing.assert_allclose(moved.matrix, same.matrix, atol=1e-3)


def test_rotating_tokens_rotates_the_matrix() -> None:
    """g(x, y) = phi(x^T A y) is phi((Qx)^T (Q A Q^T)(Qy)): the estimator must not care about coordinates."""
    x, y = noisy()
    q = np.linalg.qr(np.random.default_rng(2).standard_normal((6, 6)))[0]
    scaled = np.diag([0.1, 1, 1, 1, 1, 10]) @ q
    moved, same = fitted(x @ scaled, y), fitted(x, y)
    assert moved.loss == pytest.approx(same.loss, rel=0.05 / y.size)  # chi^2 units: iterations stop at 0.01
    back = scaled @ moved.matrix @ scaled.T
    sign = np.sign(np.vdot(back, same.matrix))
    np.testing.assert_allclose(sign * back, same.matrix, atol=2e-3)


@pytest.mark.parametrize("activation", ["bspline", "odd", "even"])
def test_as_good_as_a_fit_started_at_the_truth(activation: Activation) -> None:
    for seed in range(3):
        data = InteractionData(d=6, tokens=5, rank=2, activation=activation)
        truth = draw_truth(data, seed)
        x, y = simulate(data, truth, 1500, seed)
        found = fitted(x, y)
        profile = erm.prepare(x, y, 2, SplineSpace(3, 8), np.random.default_rng(0))
        back = np.linalg.inv(profile.white)
        best = refine(profile, profile, start(profile, back @ truth.left, back @ truth.right, SCALE), 60)
        assert profile.rows * (found.loss - best.fit.loss) / best.fit.loss < 0.5
        assert found.converged


def test_one_dimension_is_linear() -> None:
    data = InteractionData(d=1, tokens=4, rank=1)
    x, y = simulate(data, draw_truth(data, 0), 500, 0)
    fit = erm.fit(x, y, 1, SplineSpace(3, 6), np.random.default_rng(0))
    assert (fit.starts, fit.agreeing, fit.iterations, fit.converged) == (1, 1, 0, True)


def test_one_start_alone_is_never_called_agreement() -> None:
    x, y = noisy()
    fit = erm.fit(x, y, 2, SplineSpace(3, 8), np.random.default_rng(0), erm.ErmOptions(max_starts=1))
    assert fit.agreeing == 1
    assert not fit.converged


def test_tick_may_stop_a_fit() -> None:
    class Stop(Exception):
        pass

    def tick() -> None:
        raise Stop

    with pytest.raises(Stop):
        erm.fit(*noisy(), 2, SplineSpace(3, 8), np.random.default_rng(0), tick=tick)


def test_a_penalised_fit_is_smoothed_once_at_the_coarse_matrix_and_settled_there() -> None:
    """The loss with the penalty has its bottom at the fit: no descent from the truth with the same lambda is lower."""
    data = InteractionData(d=6, tokens=5, rank=2, activation="tanh")
    truth = draw_truth(data, 1)
    x, y = simulate(data, truth, 1500, 1)
    options = erm.ErmOptions(penalised=True)
    found = erm.fit(x, y, 2, SplineSpace(3, 40), np.random.default_rng(0), options)
    assert found.converged
    assert not found.at_end
    assert found.smoothing is not None
    assert 3 < found.freedom < 20
    profile = replace(erm.prepare(x, y, 2, SplineSpace(3, 40), np.random.default_rng(0)), smoothing=found.smoothing)
    back = np.linalg.inv(profile.white)
    ours = start(profile, *truncate(back @ found.matrix @ back.T, 2, SCALE), SCALE)
    best = refine(profile, profile, start(profile, back @ truth.left, back @ truth.right, SCALE), 60)
    assert profile.squared_residual(ours.fit) == pytest.approx(found.loss, rel=1e-6)
    assert profile.rows * (ours.fit.loss - best.fit.loss) / best.fit.loss < 0.5


def test_a_penalised_fit_is_better_than_the_rule_on_few_samples() -> None:
    """Errors of either on the same eight data sets; the seeds were not looked at before."""
    ratios = []
    for seed in range(500, 508):
        model = {"name": "ips_erm", "k_rule": "reml"}
        data = {"d": 5, "rank": 1, "tokens": 3, "activation": "rate_hard"}
        trials = [
            InteractionTrial.model_validate({"data": data, "n": 1000, "seed": seed, "model": one})
            for one in (model, {"name": "ips_erm"})
        ]
        truth = draw_truth(trials[0].data, seed, 1000)
        x, y = simulate(trials[0].data, truth, 1000, seed)
        fits = [fit_erm(trial, truth, x, y, "cpu", lambda _: None) for trial in trials]
        errors = evaluate(truth, [fit.g for fit in fits], seed, 3).errors
        ratios.append(float(np.log(errors[0] / errors[1])))
    assert np.mean(ratios) + 2 * np.std(ratios, ddof=1) / 8**0.5 < 0
