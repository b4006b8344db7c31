"""The profiled problem against dense linear algebra and finite differences."""

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.low_rank import balance, chart, moved, truncate
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.solver.gauss_newton import CG_TOLERANCE, Dense, Krylov
from mtam.interaction.solver.levenberg_marquardt import start
from mtam.interaction.solver.varpro import RIDGE, Profile, whitener

Array = npt.NDArray[np.float64]


def problem(degree: int = 3) -> tuple[Profile, Array, Array]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 5, 4)) @ np.diag([1.0, 2.0, 0.5, 3.0])
    y = rng.standard_normal((300, 5)) + np.tanh(x[:, :, 0])
    arguments = rng.standard_normal(2000) / 3
    profile = Profile(x, y, whitener(x), SplineSpace(degree, 6), arguments)
    u, v = balance(rng.standard_normal((4, 2)), rng.standard_normal((4, 2)), 1 / 3)
    return profile, u, v


def test_whitening() -> None:
    profile, _, _ = problem()
    x = (profile.x @ profile.white).reshape(-1, 4)
    np.testing.assert_allclose(x.T @ x / len(x), np.eye(4), atol=1e-12)


@pytest.mark.parametrize("degree", [1, 3, 8])
def test_fit_is_the_ridge_solution_of_the_dense_problem(degree: int) -> None:
    profile, u, v = problem(degree)
    x = profile.x.reshape(-1, 4) @ profile.white
    features = pair_kernels_reference.features(x @ u, x @ v, 5, profile.space) @ profile.basis
    n = profile.rows
    rows = np.concatenate([features / np.sqrt(n), np.sqrt(RIDGE / n) * np.eye(profile.space.dimension)])
    target = np.concatenate([profile.y.ravel() / np.sqrt(n), np.zeros(profile.space.dimension)])
    c, *_ = np.linalg.lstsq(rows, target, rcond=None)
    fit = profile.fit(u, v)
    np.testing.assert_allclose(fit.coefficients, c, atol=1e-7)
    assert fit.loss == pytest.approx(float(np.sum((target - rows @ c) ** 2)), rel=1e-10)


@pytest.mark.parametrize("degree", [2, 3, 8])
def test_gradient_by_finite_differences(degree: int) -> None:
    """The envelope gradient of the profiled loss, the spline refitted at every displaced point."""
    profile, u, v = problem(degree)
    fit = profile.fit(u, v)
    grad_u, grad_v = profile.gradient(u, v, fit)
    residual = profile.residuals(u, v, fit)
    loss = np.mean(residual**2) + profile.ridge * fit.coefficients @ fit.coefficients
    assert loss == pytest.approx(fit.loss, rel=1e-10)
    rng = np.random.default_rng(1)
    for _ in range(5):
        du, dv = rng.standard_normal((2, 4, 2))
        h = 1e-5
        slope = (profile.fit(u + h * du, v + h * dv).loss - profile.fit(u - h * du, v - h * dv).loss) / (2 * h)
        assert slope == pytest.approx(np.vdot(grad_u, du) + np.vdot(grad_v, dv), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("rank", [2, 4])
def test_hessian_is_the_projected_gauss_newton_matrix(rank: int) -> None:
    """In the factors, and in A itself at full rank."""
    profile, *_ = problem()
    rng = np.random.default_rng(3)
    u, v = chart(rng.standard_normal((4, rank)), rng.standard_normal((4, rank)), 1 / 3)
    fit = profile.fit(u, v)
    x = profile.x.reshape(-1, 4) @ profile.white
    z = pair_kernels_reference.directions(x @ u, x @ v, x, 5, profile.table(fit))
    sides = [np.einsum("na,nb->nab", x, z @ v), np.einsum("na,nb->nab", z, x @ u)]
    rows = np.concatenate([side.reshape(len(x), -1) for side in sides[: 1 if rank == 4 else 2]], axis=1)
    radial = u.ravel() if rank == 4 else np.concatenate([u.ravel(), v.ravel()])
    radial = radial / np.linalg.norm(radial)
    rows -= np.outer(rows @ radial, radial)
    features = pair_kernels_reference.features(x @ u, x @ v, 5, profile.space) @ profile.basis
    gram = features.T @ features + RIDGE * np.eye(features.shape[1])
    expected = 2 / profile.rows * (rows.T @ rows - rows.T @ features @ np.linalg.solve(gram, features.T @ rows))
    dense = Dense(profile, u, v, fit)
    np.testing.assert_allclose(dense.matrix, expected, atol=1e-10)
    matrix_free, step = Krylov(profile, u, v, fit), rng.standard_normal(16)
    np.testing.assert_allclose(matrix_free.apply(step), expected @ step, atol=1e-10)
    assert matrix_free.form(step) == pytest.approx(dense.form(step))
    gradient = expected @ step
    for form, scale in ((dense, np.ones(16)), (matrix_free, matrix_free.weights**-0.5)):
        # Both solve the damped system, conjugate gradients to their own tolerance in their own norm.
        solution = form.solve(0.1, gradient)
        left = expected @ solution + 0.1 * form.level * solution - gradient
        assert np.linalg.norm(scale * left) <= CG_TOLERANCE * np.linalg.norm(scale * gradient)


def test_full_rank_is_optimised_in_the_matrix_itself() -> None:
    profile, *_ = problem()
    rng = np.random.default_rng(4)
    given = rng.standard_normal((4, 4)), rng.standard_normal((4, 4))
    u, v = chart(*given, 1 / 3)
    np.testing.assert_array_equal(v, np.eye(4))
    product = given[0] @ given[1].T
    np.testing.assert_allclose(u, product / np.linalg.norm(product) / 3)
    fit = profile.fit(u, v)
    grad_u, grad_v = profile.gradient(u, v, fit)
    np.testing.assert_array_equal(grad_v, 0)
    direction, h = rng.standard_normal((4, 4)), 1e-5
    slope = (profile.fit(u + h * direction, v).loss - profile.fit(u - h * direction, v).loss) / (2 * h)
    assert slope == pytest.approx(np.vdot(grad_u, direction), rel=1e-4, abs=1e-7)
    step = rng.standard_normal(16)
    np.testing.assert_allclose(moved(u, v, step, 1 / 3)[0], chart(u - step.reshape(4, 4), v, 1 / 3)[0])


def test_gauge() -> None:
    _, u, v = problem()
    g = np.array([[2.0, 1.0], [0.3, -1.0]])
    same = balance(u @ g, v @ np.linalg.inv(g).T, 1 / 3)
    np.testing.assert_allclose(same[0] @ same[1].T, u @ v.T, atol=1e-12)
    np.testing.assert_allclose(same[0].T @ same[0], same[1].T @ same[1], atol=1e-12)
    exact = truncate(u @ v.T, 2, 1 / 3)
    np.testing.assert_allclose(exact[0] @ exact[1].T, u @ v.T, atol=1e-12)


def test_a_subset_is_the_first_samples() -> None:
    profile, u, v = problem()
    head = profile.head(20)
    assert len(head.x) == 20
    assert head.white is profile.white
    assert start(head, u, v, 1 / 3).fit.loss != pytest.approx(start(profile, u, v, 1 / 3).fit.loss)
    assert profile.head(10**6) is profile
