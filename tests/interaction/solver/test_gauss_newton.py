"""The Gauss-Newton matrix, formed and as products, against dense linear algebra."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.interaction.model import pair_kernels_reference
from mtam.interaction.model.low_rank import chart, moving
from mtam.interaction.solver import gauss_newton
from mtam.interaction.solver.gauss_newton import CG_TOLERANCE, Dense, Krylov, curvature, dense
from mtam.interaction.solver.varpro import RIDGE
from tests.interaction.solver.helpers import problem


@pytest.mark.parametrize(("rank", "smoothing"), [(2, None), (4, None), (2, 0.3)])
def test_hessian_is_the_projected_gauss_newton_matrix(rank: int, smoothing: float | None) -> None:
    """In the factors, and in A itself at full rank; phi with a penalty and without."""
    profile, *_ = problem(smoothing=smoothing)
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
    bent = np.diff(profile.basis, n=2, axis=0)
    gram = features.T @ features + RIDGE * np.eye(features.shape[1]) + (smoothing or 0.0) * len(x) * bent.T @ bent
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


@pytest.mark.parametrize(("d", "rank", "formed"), [(6, 6, True), (7, 7, False), (25, 5, True), (26, 5, False)])
def test_small_problems_are_formed_and_large_ones_multiplied(d: int, rank: int, formed: bool) -> None:
    assert dense(np.empty((d, rank))) == formed


def test_the_form_follows_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    profile, u, v = problem()
    fit = profile.fit(u, v)
    assert isinstance(curvature(profile, u, v, fit), Dense)
    monkeypatch.setattr(gauss_newton, "LARGEST_DENSE", 15)
    assert isinstance(curvature(profile, u, v, fit), Krylov)


def test_where_residuals_vanish_it_is_the_curvature_of_the_loss() -> None:
    """Gauss-Newton leaves out residuals times second derivatives: none at an exact fit, ridge aside."""
    profile, u, v = problem()
    fit = profile.fit(u, v)
    profile = replace(profile, y=profile.y - profile.residuals(u, v, fit))
    fit = profile.fit(u, v)
    bend, rng = Dense(profile, u, v, fit), np.random.default_rng(5)
    for _ in range(3):
        step = rng.standard_normal(16)
        step -= moving(u, v) * (moving(u, v) @ step) / (moving(u, v) @ moving(u, v))
        du, dv = step.reshape(2, 4, 2)
        h = 1e-4
        ends = [profile.fit(u + sign * h * du, v + sign * h * dv).loss for sign in (-1, 1)]
        assert sum(ends) - 2 * fit.loss == pytest.approx(h**2 * bend.form(step), rel=0.02)
