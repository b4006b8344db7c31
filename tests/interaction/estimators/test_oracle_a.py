"""Oracle-A: least squares over splines at the true A."""

import numpy as np
import pytest

from mtam.interaction.estimators import oracle_a
from mtam.interaction.estimators.choose_k import grid
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.truth import Array, draw_truth, simulate
from mtam.interaction.solver.row_sums import double

DATA = InteractionData(d=3, tokens=4, rank=2)
TRUTH = draw_truth(DATA, 0)
SPACE = SplineSpace(3, 6)


def data(samples: int, seed: int = 0) -> tuple[Array, Array]:
    x, y = simulate(DATA, TRUTH, samples, seed)
    return double(x), y


def test_it_is_the_least_squares_fit_of_the_mean_splines() -> None:
    x, y = data(400)
    found = oracle_a.fit(x, y, TRUTH.left, TRUTH.right, SPACE)
    u = x @ TRUTH.matrix @ x.transpose(0, 2, 1)
    design = SPACE.design(u.ravel()).reshape(*u.shape, -1)
    rows = (design.sum(axis=2) - np.einsum("miib->mib", design)).reshape(y.size, -1) / 3
    plain = rows @ np.linalg.lstsq(rows, y.ravel(), rcond=None)[0]
    np.testing.assert_allclose(rows @ found.phi.coefficients, plain, atol=5e-3)  # but for a ridge of 0.1 / n
    assert found.loss == pytest.approx(np.mean((y.ravel() - plain) ** 2), rel=1e-3)


def test_the_interaction_is_phi_at_the_true_matrix() -> None:
    x, y = data(100)
    found = oracle_a.fit(x, y, TRUTH.left, TRUTH.right, SPACE)
    np.testing.assert_allclose(found.g(x[:, 0], x[:, 3]), found.phi(TRUTH.arguments(x[:, 0], x[:, 3])), atol=1e-12)


def test_more_samples_come_nearer_to_the_truth() -> None:
    fresh, _ = data(2000, 9)
    wanted = TRUTH.phi(TRUTH.arguments(fresh[:, 0], fresh[:, 1]))
    errors = []
    for samples in (100, 6400):
        found = oracle_a.fit(*data(samples), TRUTH.left, TRUTH.right, SPACE)
        errors.append(float(np.mean((found.g(fresh[:, 0], fresh[:, 1]) - wanted) ** 2)))
    assert errors[1] < errors[0] / 8


def test_a_criterion_takes_the_place_of_the_intervals_that_are_given() -> None:
    x, y = data(300)
    chosen = {
        k: oracle_a.fit(x, y, TRUTH.left, TRUTH.right, SplineSpace(3, k), "bic").phi.space.intervals for k in (2, 20)
    }
    assert chosen[2] == chosen[20]
    assert chosen[2] in grid(300)


def test_penalised_it_is_the_smoothest_fit_that_the_likelihood_wants() -> None:
    """Less rough than least squares on the same knots, and nearer to the truth, on average over eight data sets."""
    space, errors, rough = SplineSpace(3, 40), [], []
    u = np.linspace(-0.9, 0.9, 200)
    for seed in range(8):
        x, y = data(300, seed)
        fits = [oracle_a.fit(x, y, TRUTH.left, TRUTH.right, space, penalised=smooth) for smooth in (True, False)]
        errors.append([float(np.mean((fit.phi(u) - TRUTH.phi(u)) ** 2)) for fit in fits])
        rough.append([float(np.sum(np.diff(fit.phi.coefficients, n=2) ** 2)) for fit in fits])
    assert np.all(np.diff(rough, axis=1) > 0)
    smooth, plain = np.mean(errors, axis=0)
    assert smooth < plain / 2
