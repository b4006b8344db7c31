"""The joint loss of several components, by finite differences and against single ones."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.interaction.model.low_rank import chart
from mtam.interaction.vector_responses.joint_profile import JointProfile
from tests.interaction.solver.helpers import problem


def joint(smoothing: float | None = 0.3) -> tuple[JointProfile, np.ndarray, np.ndarray]:
    profile, u, v = problem(3, smoothing)
    rng = np.random.default_rng(3)
    others = [replace(profile, y=profile.y**2 + rng.standard_normal(profile.y.shape)), replace(profile, smoothing=2.0)]
    return JointProfile((profile, *others), np.array([1.0, 0.5, 2.0])), u, v


def test_gradient_by_finite_differences() -> None:
    problem_, u, v = joint()
    point = problem_.at(u, v)
    gradient = problem_.slope(point)
    rng, h = np.random.default_rng(1), 1e-5
    for _ in range(4):
        du, dv = rng.standard_normal((2, *u.shape))
        radial = np.concatenate([point.u.ravel(), point.v.ravel()])
        longer = np.concatenate([(point.u @ point.v.T @ point.v).ravel(), (point.v @ point.u.T @ point.u).ravel()])
        plane = np.linalg.qr(np.stack([radial, longer], axis=1))[0]  # of changes that the norm of A takes back
        change = np.concatenate([du.ravel(), dv.ravel()])
        change -= plane @ (plane.T @ change)
        du, dv = change.reshape(2, *u.shape)
        ends = [problem_.at(*(a + sign * h * da for a, da in ((point.u, du), (point.v, dv)))).loss for sign in (1, -1)]
        assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(gradient @ change, rel=1e-4, abs=1e-7)


def test_the_loss_is_the_weighted_sum_and_copies_of_one_component_change_nothing() -> None:
    problem_, u, v = joint()
    point = problem_.at(u, v)
    alone = [part.fit(*chart(u, v, part.norm)).loss for part in problem_.parts]
    assert point.loss == pytest.approx(float(problem_.weights @ alone))
    one = JointProfile(problem_.parts[:1], np.ones(1))
    twice = JointProfile(problem_.parts[:1] * 2, np.full(2, 0.5))
    first, second = one.refine(one.at(u, v)), twice.refine(twice.at(u, v))
    np.testing.assert_allclose(second.u @ second.v.T, first.u @ first.v.T, atol=1e-8)


def test_a_descent_ends_where_the_gradient_is_nothing() -> None:
    problem_, u, v = joint()
    problem_ = problem_.reweighted(problem_.at(u, v))
    start = problem_.at(u, v)
    end = problem_.refine(start)
    assert end.loss < start.loss
    assert end.settled
    again = problem_.refine(problem_.at(end.u, end.v))
    assert 0 <= end.loss - again.loss < 0.5 / problem_.parts[0].rows  # half a unit of chi^2
