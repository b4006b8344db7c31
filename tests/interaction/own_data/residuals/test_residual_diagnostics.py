"""Leverages, Cook's distances and what is kept of the residuals, against dense algebra and planted faults."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import scipy.linalg

from mtam.interaction.own_data import confidence_band
from mtam.interaction.own_data.interaction_regressor import InteractionRegressor
from mtam.interaction.own_data.residuals import residual_diagnostics
from tests.interaction.own_data.test_fits_under_layouts import SMALL, M, N, drawn

Array = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def fitted() -> InteractionRegressor:
    return InteractionRegressor(**SMALL).fit(*drawn(11)[:2])


def test_leverages_are_the_diagonal_of_the_hat_matrix(fitted: InteractionRegressor) -> None:
    x, y, _ = drawn(11)
    covariance, phi, found = fitted.bands_.covariance, fitted.interaction_.spline, fitted.diagnostics_
    z, e = confidence_band.scores(x, y, covariance.frame, phi, covariance.basis)
    z = z @ scipy.linalg.block_diag(np.eye(covariance.basis.shape[1]), covariance.frame.keep)
    bent = np.diff(np.eye(len(covariance.basis)), n=2, axis=0) @ covariance.basis
    prior = np.zeros((z.shape[1], z.shape[1]))
    size = bent.shape[1]
    prior[:size, :size] = 0.1 * np.eye(size) + fitted.numbers_["smoothing"] * y.size * bent.T @ bent
    h = np.diag(z @ np.linalg.solve(z.T @ z + prior, z.T)).reshape(M, N)
    np.testing.assert_allclose(found.leverage, h[found.sample, found.token], rtol=1e-5, atol=1e-8)
    assert found.mean_leverage * found.responses == pytest.approx(h.sum(), rel=1e-5)
    assert h.sum() == pytest.approx(fitted.numbers_["freedom"] + fitted.numbers_["parameters"], rel=0.05)
    r = (e.reshape(M, N) / fitted.noise_sd_ / np.sqrt(1 - h))[found.sample, found.token]
    np.testing.assert_allclose(found.standardised, r, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(
        found.cook, r**2 * found.leverage / (1 - found.leverage) / h.sum(), rtol=1e-4, atol=1e-10
    )
    assert np.all(np.diff(found.cook) <= 0)
    np.testing.assert_allclose(found.prediction, fitted.predict(x)[found.sample, found.token], atol=1e-9)


def test_where_all_is_well_nothing_stands_out(fitted: InteractionRegressor) -> None:
    found = fitted.diagnostics_
    assert found.cook[0] < 0.5
    assert np.abs(found.trend_residual / found.trend_error).max() < 4
    assert abs(found.order_residual[np.argmin(np.abs(found.order_share - 0.975))] - 1.96) < 0.3
    assert found.correlation is not None
    assert abs(found.correlation) < 5 / np.sqrt(M * N * (N - 1) / 2)
    assert "Most influential response: sample" in str(fitted.summary())


def test_a_planted_response_is_named_whatever_the_order_of_the_fit() -> None:
    x, y, _ = drawn(11)
    x, y = x.copy(), y.copy()
    x[57] *= 2.0
    y[57, 2] += 4.0
    found = InteractionRegressor(**SMALL).fit(x, y).diagnostics_
    assert (found.sample[0], found.token[0]) == (57, 2)
    assert found.standardised[0] > 8


def test_a_phi_that_is_too_stiff_leaves_a_trend_and_noise_of_a_sample_a_correlation() -> None:
    rng = np.random.default_rng(3)
    x, _, matrix = drawn(12)
    u = x @ matrix @ x.transpose(0, 2, 1)
    y = (np.abs(u) * (1 - np.eye(N))).sum(axis=2) / (N - 1)
    bent = y + 0.05 * rng.standard_normal(y.shape)
    stiff: dict[str, Any] = {**SMALL, "k_rule": "rule", "intervals": 1, "degree": 1}
    looked = InteractionRegressor(**stiff).fit(x, bent).diagnostics_
    assert np.abs(looked.trend_residual / looked.trend_error).max() > 6
    alike = y + 0.3 * rng.standard_normal((M, 1)) + 0.3 * rng.standard_normal(y.shape)
    correlation = InteractionRegressor(**SMALL).fit(x, alike).diagnostics_.correlation
    assert correlation == pytest.approx(0.5, abs=0.12)


def test_missing_tokens_are_no_responses() -> None:
    x, y, _ = drawn(13)
    x = x.copy()
    x[::2, -1] = np.nan
    found = InteractionRegressor(**SMALL).fit(x, y).diagnostics_
    assert found.responses == M * N - M // 2
    assert not np.any((found.sample % 2 == 0) & (found.token == N - 1))


def test_few_numbers_are_kept_of_many_responses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residual_diagnostics, "ROWS", M * N // 3)
    found = InteractionRegressor(**SMALL).fit(*drawn(14)[:2]).diagnostics_
    assert found.responses <= M * N // 3
    assert len(found.cook) <= residual_diagnostics.POINTS
    assert len(found.order_share) <= residual_diagnostics.ORDER + 2 * residual_diagnostics.TAILS
    assert np.all(np.diff(found.order_residual) >= 0)
