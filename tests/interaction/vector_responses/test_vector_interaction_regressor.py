"""Responses of several components: what they say of A adds up, and every amplitude function is found."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import mtam
from mtam.interaction.own_data.interaction_regressor import InteractionRegressor
from mtam.interaction.vector_responses.vector_interaction_regressor import VectorInteractionRegressor

Array = npt.NDArray[np.float64]
M, N, D = 200, 5, 3
PHI: list[Any] = [lambda u: np.tanh(1.5 * u), lambda u: 0.5 * u**2, lambda u: 0.2 * u]
SIGMA = np.array([0.3, 0.5, 0.3])
SMALL: dict[str, Any] = {"rank": 1, "max_starts": 6}


def drawn(seed: int, common: float = 0.0) -> tuple[Array, Array, Array]:
    """X, Y (M, N, 3) and A of rank 1 and norm 1; noise in part common to the components of a token."""
    rng = np.random.default_rng(np.random.SeedSequence([41, seed]))
    x = rng.standard_normal((M, N, D))
    a, b = (v / np.linalg.norm(v) for v in rng.standard_normal((2, D)))
    u = x @ np.outer(a, b) @ x.transpose(0, 2, 1)
    mean = np.stack([(phi(u) * (1 - np.eye(N))).sum(axis=2) / (N - 1) for phi in PHI], axis=2)
    noise = np.sqrt(1 - common) * rng.standard_normal(mean.shape) + np.sqrt(common) * rng.standard_normal((M, N, 1))
    return x, mean + SIGMA * noise, np.outer(a, b)


def miss(found: Array, matrix: Array) -> float:
    return 1 - float(np.sum(found * matrix)) ** 2 / float(np.sum(found**2))


@pytest.fixture(scope="module")
def fits() -> list[tuple[VectorInteractionRegressor, Array, Array, Array]]:
    """Four data sets, the last two with noise of which half is common to the components."""
    told = []
    for seed in range(4):
        x, y, matrix = drawn(seed, 0.5 * (seed >= 2))
        told.append((VectorInteractionRegressor(**SMALL).fit(x, y), x, y, matrix))
    return told


def test_a_is_known_better_than_from_any_component_alone(fits: list[Any]) -> None:
    ratios = []
    for fit, x, y, matrix in fits[:2]:
        alone = [miss(InteractionRegressor(**SMALL).fit(x, y[..., k]).A_, matrix) for k in range(3)]
        ratios.append(miss(fit.A_, matrix) / min(alone))
    assert np.exp(np.mean(np.log(ratios))) < 1
    assert all(fit.converged_ for fit, *_ in fits)


def test_standard_errors_cover_noise_that_is_common_too(fits: list[Any]) -> None:
    entries, bands, noises = [], [], []
    for fit, _, _, matrix in fits:
        factor = float(np.sum(fit.A_ * matrix))
        entries.append(np.mean(np.abs(factor * matrix - fit.A_) <= 1.96 * fit.A_se_))
        middle = slice(40, 160)
        truth = np.array([phi(fit.phi_grid_ / factor) for phi in PHI])
        bands.append(np.mean((np.abs(fit.phi_ - truth) <= 1.96 * fit.phi_se_)[:, middle]))
        noises.append(fit.noise_sd_)
    assert np.mean(entries) > 0.8
    assert np.mean(bands) > 0.8
    np.testing.assert_allclose(np.mean(noises, axis=0), SIGMA, rtol=0.04)


def test_predictions_and_scores(fits: list[Any]) -> None:
    fit, x, y, _ = fits[0]
    assert fit.predict(x).shape == y.shape
    expected = np.mean(
        [1 - np.mean((y[..., k] - fit.interactions_[k].predict(x)) ** 2) / y[..., k].var() for k in range(3)]
    )
    assert fit.score(x, y) == pytest.approx(expected)
    assert np.all(fit.explained_[:2] > 0.3)


def test_one_component_is_the_fit_to_it() -> None:
    x, y, _ = drawn(7)
    one = VectorInteractionRegressor(**SMALL).fit(x, y[..., :1])
    scalar = InteractionRegressor(**SMALL).fit(x, y[..., 0])
    assert miss(one.A_, scalar.A_ / np.linalg.norm(scalar.A_)) < 1e-3
    np.testing.assert_allclose(one.A_se_, scalar.A_se_, rtol=0.15)
    assert one.noise_sd_[0] == pytest.approx(scalar.noise_sd_, rel=0.01)


def test_units_and_a_component_of_noise_do_not_matter() -> None:
    x, y, matrix = drawn(8)
    noise = np.random.default_rng(0).standard_normal((M, N, 1))
    more = VectorInteractionRegressor(**SMALL).fit(x, np.concatenate([1e3 * (y + 7), noise], axis=2))
    assert miss(more.A_, matrix) < 0.005
    assert more.explained_[3] < 0.05
    np.testing.assert_allclose(more.noise_sd_[:3], 1e3 * SIGMA, rtol=0.1)


@pytest.mark.slow
def test_the_rank_by_hold_out() -> None:
    rng = np.random.default_rng(5)
    x, right = rng.standard_normal((400, N, D)), 0
    for seed in range(4):
        left, other = (np.linalg.qr(np.random.default_rng(seed).standard_normal((D, D)))[0][:, :2] for _ in range(2))
        u = x @ left @ np.diag([1, 0.7]) @ other.T @ x.transpose(0, 2, 1)
        y = np.stack([(phi(u) * (1 - np.eye(N))).sum(axis=2) / (N - 1) for phi in PHI], axis=2)
        fit = VectorInteractionRegressor(max_starts=8).fit(x, y + 0.3 * rng.standard_normal(y.shape))
        right += fit.rank_ == 2
    assert right >= 3


def test_refusals() -> None:
    x, y, _ = drawn(9)
    for arrays, says in (
        ((x, y[..., 0]), r"Y in the data has shape \(200, 5\); valid: \(M, N, q\)"),
        ((x[..., 0], y), "component 0 of the data"),
        ((x, np.concatenate([y, 0 * y[..., :1]], axis=2)), "Y in component 3 of the data is constant"),
    ):
        with pytest.raises(ValueError, match=says):
            VectorInteractionRegressor(**SMALL).fit(*arrays)
    with pytest.raises(ValueError, match="rank = 4; valid: 1 to 3"):
        VectorInteractionRegressor(4).fit(x, y)
    with pytest.raises(ValueError, match="not fitted yet"):
        VectorInteractionRegressor().predict(x)
    assert mtam.VectorInteractionRegressor is VectorInteractionRegressor
