"""The profiled problem against dense linear algebra and finite differences."""

import numpy as np
import pytest

from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.low_rank import chart
from mtam.interaction.solver.levenberg_marquardt import start
from mtam.interaction.solver.varpro import RIDGE
from tests.interaction.solver.helpers import problem


def test_whitening() -> None:
    profile, _, _ = problem()
    x = (profile.x @ profile.white).reshape(-1, 4)
    np.testing.assert_allclose(x.T @ x / len(x), np.eye(4), atol=1e-12)


@pytest.mark.parametrize(("degree", "smoothing"), [(1, None), (3, None), (8, None), (1, 0.3), (3, 0.3)])
def test_fit_is_the_ridge_solution_of_the_dense_problem(degree: int, smoothing: float | None) -> None:
    profile, u, v = problem(degree, smoothing)
    x = profile.x.reshape(-1, 4) @ profile.white
    features = pair_kernels_reference.features(x @ u, x @ v, 5, profile.space) @ profile.basis
    n = profile.rows
    bent = np.sqrt(smoothing or 0.0) * np.diff(profile.basis, n=2, axis=0)
    rows = np.concatenate([features / np.sqrt(n), np.sqrt(RIDGE / n) * np.eye(profile.space.dimension), bent])
    target = np.concatenate([profile.y.ravel() / np.sqrt(n), np.zeros(len(rows) - n)])
    c, *_ = np.linalg.lstsq(rows, target, rcond=None)
    fit = profile.fit(u, v)
    np.testing.assert_allclose(fit.coefficients, c, atol=1e-7)
    assert fit.loss == pytest.approx(float(np.sum((target - rows @ c) ** 2)), rel=1e-10)
    assert profile.squared_residual(fit) == pytest.approx(np.mean((profile.y.ravel() - features @ c) ** 2), rel=1e-9)
    hat = features @ np.linalg.solve(rows.T @ rows, features.T) / n
    assert profile.freedom(fit) == pytest.approx(np.trace(hat) if smoothing else len(c), abs=0.01)  # ridge aside


@pytest.mark.parametrize(("degree", "smoothing"), [(2, None), (3, None), (8, None), (3, 0.3)])
def test_gradient_by_finite_differences(degree: int, smoothing: float | None) -> None:
    """The envelope gradient of the profiled loss, the spline refitted at every displaced point."""
    profile, u, v = problem(degree, smoothing)
    fit = profile.fit(u, v)
    grad_u, grad_v = profile.gradient(u, v, fit)
    residual = profile.residuals(u, v, fit)
    loss = np.mean(residual**2) + fit.coefficients @ profile.penalty @ fit.coefficients
    assert loss == pytest.approx(fit.loss, rel=1e-10)
    rng = np.random.default_rng(1)
    for _ in range(5):
        du, dv = rng.standard_normal((2, 4, 2))
        h = 1e-5
        slope = (profile.fit(u + h * du, v + h * dv).loss - profile.fit(u - h * du, v - h * dv).loss) / (2 * h)
        assert slope == pytest.approx(np.vdot(grad_u, du) + np.vdot(grad_v, dv), rel=1e-4, abs=1e-7)


def test_full_rank_is_optimised_in_the_matrix_itself() -> None:
    profile, *_ = problem()
    rng = np.random.default_rng(4)
    given = rng.standard_normal((4, 4)), rng.standard_normal((4, 4))
    u, v = chart(*given, 1 / 3)
    fit = profile.fit(u, v)
    grad_u, grad_v = profile.gradient(u, v, fit)
    np.testing.assert_array_equal(grad_v, 0)
    direction, h = rng.standard_normal((4, 4)), 1e-5
    slope = (profile.fit(u + h * direction, v).loss - profile.fit(u - h * direction, v).loss) / (2 * h)
    assert slope == pytest.approx(np.vdot(grad_u, direction), rel=1e-4, abs=1e-7)


def test_a_subset_is_the_first_samples() -> None:
    profile, u, v = problem()
    head = profile.head(20)
    assert len(head.x) == 20
    assert head.white is profile.white
    assert start(head, u, v, 1 / 3).fit.loss != pytest.approx(start(profile, u, v, 1 / 3).fit.loss)
    assert profile.head(10**6) is profile
