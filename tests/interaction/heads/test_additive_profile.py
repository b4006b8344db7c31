"""Several heads profiled jointly: one head is the profile of one, and derivatives are those of the loss."""

import numpy as np
import pytest

from mtam.interaction.heads.additive_profile import SeveralMatrices, descended
from mtam.interaction.model.low_rank import chart, moving
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.gauss_newton import Dense
from mtam.interaction.solver.levenberg_marquardt import Point, refine, slope, start
from mtam.interaction.solver.row_sums import double
from tests.interaction.heads.helpers import several


@pytest.mark.parametrize(("d", "rank"), [(4, 1), (4, 2), (3, 3)])
def test_one_head_is_the_problem_of_one(d: int, rank: int) -> None:
    """Loss, gradient, curvature and the whole descent."""
    profile, _, u, v = several(heads=1, d=d, rank=rank)
    u = u + 0.05 * np.random.default_rng(1).standard_normal(u.shape)
    here, there = profile.place(u, v), start(profile.single, u[0], v[0], SCALE)
    assert here.fit.loss == pytest.approx(there.fit.loss, rel=1e-9)
    np.testing.assert_allclose(profile.gradient(here), slope(profile.single, there), rtol=1e-6, atol=1e-10)
    curvature = Dense(profile.single, there.u, there.v, there.fit)
    np.testing.assert_allclose(profile.curvature(here).matrix, curvature.matrix, rtol=1e-6, atol=1e-8)
    bottom, expected = descended(profile, profile, here, 40), refine(profile.single, profile.single, there, 40)
    assert bottom.fit.loss == pytest.approx(expected.fit.loss, rel=1e-6)


@pytest.mark.parametrize(("d", "rank"), [(4, 1), (3, 3)])
def test_the_gradient_is_the_derivative_of_the_loss(d: int, rank: int) -> None:
    """At ranks between, steps orthogonal to the factors change the norm, and the rescaling adds what knots that stay
    where they are make of it."""
    profile, _, u, v = several(d=d, rank=rank)
    rng = np.random.default_rng(2)
    point = profile.place(u + 0.2 * rng.standard_normal(u.shape), v)
    gradient, landscape = profile.gradient(point), SeveralMatrices(profile, profile)
    for _ in range(3):
        step = rng.standard_normal(gradient.shape)
        ahead, behind = (landscape.moved(point, sign * 1e-5 * step).fit.loss for sign in (-1, 1))
        assert (ahead - behind) / 2e-5 == pytest.approx(float(gradient @ step), rel=1e-4)


def test_rows_of_the_jacobian_are_derivatives_of_the_fitted_response() -> None:
    profile, _, u, v = several(samples=200)
    point = profile.place(u, v)
    tables, x = profile.tables(point.fit), double(profile.single.x[:20]).reshape(-1, 4)
    rows = profile.jacobian(x, point.u, point.v, tables)
    step = np.random.default_rng(3).standard_normal((2, 2, 4, 1))  # head, factor

    def response(size: float) -> np.ndarray:
        moved = point.u + size * step[:, 0], point.v + size * step[:, 1]
        return np.asarray(profile.features(x, *moved) @ point.fit.coefficients)

    expected = (response(1e-6) - response(-1e-6)) / 2e-6
    np.testing.assert_allclose(rows @ step.ravel(), expected, rtol=1e-4, atol=1e-6)


def test_the_order_of_heads_and_their_signs_change_nothing() -> None:
    profile, _, u, v = several()
    assert profile.place(u[::-1], -v[::-1]).fit.loss == pytest.approx(profile.place(u, v).fit.loss, rel=2e-3)
    here, there = profile.place(u, v), profile.place(u[::-1], v[::-1])
    np.testing.assert_allclose(profile.residuals(here), profile.residuals(there), atol=1e-6)


def test_every_head_keeps_its_norm() -> None:
    profile, _, u, v = several(rank=2)
    landscape, point = SeveralMatrices(profile, profile), profile.place(3 * u, v)
    reached: Point = landscape.moved(point, 0.1 * np.ones(len(profile.gradient(point))))
    for a, b in zip(reached.u, reached.v, strict=True):
        assert np.linalg.norm(a @ b.T) == pytest.approx(SCALE)
    assert moving(*chart(u[0], v[0], SCALE)).size * 2 == len(profile.gradient(point))
