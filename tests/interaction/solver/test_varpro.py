"""The profiled problem against dense linear algebra and finite differences."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.low_rank import chart
from mtam.interaction.model.row_layout import RowLayout
from mtam.interaction.solver.levenberg_marquardt import start
from mtam.interaction.solver.varpro import RIDGE, whitener
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


def laid_out(causal: bool = False) -> RowLayout:
    rng = np.random.default_rng(5)
    return RowLayout.of(rng.random((300, 5)) < 0.8, rng.exponential(size=(300, 5)), np.arange(300) % 7, causal)


@pytest.mark.parametrize("causal", [False, True])
def test_under_a_layout_the_fit_is_weighted_least_squares(causal: bool) -> None:
    layout = laid_out(causal)
    profile, u, v = problem(3, 0.3, layout)
    x = profile.x.reshape(-1, 4) @ profile.white
    scaled = pair_kernels_reference.features(x @ u, x @ v, 5, profile.space, layout) @ profile.basis
    target = (np.sqrt(layout.weights) * profile.y).ravel()
    n = np.count_nonzero(layout.weights)
    c = np.linalg.solve(scaled.T @ scaled / n + profile.penalty, scaled.T @ target / n)
    fit = profile.fit(u, v)
    np.testing.assert_allclose(fit.coefficients, c, atol=1e-8)
    assert profile.rows == n
    assert profile.squared_residual(fit) == pytest.approx(np.sum((target - scaled @ c) ** 2) / n, rel=1e-9)
    counted = layout.weights > 0
    residuals = profile.residuals(u, v, fit)
    expected = (target - scaled @ c).reshape(300, 5)[counted] / np.sqrt(layout.weights[counted])
    np.testing.assert_allclose(residuals[counted], expected, atol=1e-8)
    assert np.all(residuals[~counted] == 0)
    weights = layout.there * (layout.weights.sum(axis=1) / np.maximum(counted.sum(axis=1), 1))[:, None]
    moment = np.einsum("mi,mia,mib->ab", weights, profile.x, profile.x) / weights.sum()
    np.testing.assert_allclose(profile.white.T @ moment @ profile.white, np.eye(4), atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_gradient_under_a_layout_by_finite_differences(causal: bool) -> None:
    profile, u, v = problem(3, 0.3, laid_out(causal))
    grad_u, grad_v = profile.gradient(u, v, profile.fit(u, v))
    rng, h = np.random.default_rng(1), 1e-5
    for _ in range(3):
        du, dv = rng.standard_normal((2, 4, 2))
        slope = (profile.fit(u + h * du, v + h * dv).loss - profile.fit(u - h * du, v - h * dv).loss) / (2 * h)
        assert slope == pytest.approx(np.vdot(grad_u, du) + np.vdot(grad_v, dv), rel=1e-4, abs=1e-7)


def test_whole_weights_are_repetitions() -> None:
    """Two copies of a sample count as one of weight two, in loss, coefficients, gradient and whitening."""
    times = np.arange(300) % 3 + 1
    weighted, u, v = problem(3, 0.3, RowLayout.of(np.ones((300, 5), dtype=bool), np.ones((300, 5)) * times[:, None]))
    x, y = np.repeat(weighted.x, times, axis=0), np.repeat(weighted.y, times, axis=0)
    np.testing.assert_allclose(whitener(x), weighted.white, atol=1e-9)
    repeated = replace(weighted, x=x, y=y, layout=None)
    one, two = weighted.fit(u, v), repeated.fit(u, v)
    np.testing.assert_allclose(one.coefficients, two.coefficients, atol=1e-4)  # the ridge is one observation of either
    assert weighted.variance == pytest.approx(repeated.variance)
    for ours, theirs in zip(weighted.gradient(u, v, one), repeated.gradient(u, v, two), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_halves_keep_groups_together() -> None:
    profile, *_ = problem(layout=laid_out())
    one, other = profile.halves(np.s_[::2], np.s_[1::2])
    assert one.layout is not None
    assert other.layout is not None
    assert one.layout.groups is not None
    assert other.layout.groups is not None
    assert not set(one.layout.groups) & set(other.layout.groups)
    assert len(one.x) + len(other.x) == 300
    plain, *_ = problem()
    np.testing.assert_array_equal(plain.halves(np.s_[::2], np.s_[1::2])[1].y, plain.y[1::2])
