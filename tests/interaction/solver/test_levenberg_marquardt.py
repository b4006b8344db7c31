"""The descent: its slope, its steps, where it stops and what it says of that."""

import numpy as np
import pytest

from mtam.interaction.estimators import erm
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model.low_rank import moved, moving
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.search.second_descent import elsewhere
from mtam.interaction.simulate.truth import SCALE, draw_truth, simulate
from mtam.interaction.solver.gauss_newton import curvature
from mtam.interaction.solver.levenberg_marquardt import SETTLED, assessed, refine, slope, start
from tests.interaction.simulated import problem


def test_a_start_is_a_direction() -> None:
    profile, u, v = problem()
    one, other = start(profile, u, v, SCALE), start(profile, -3 * u, 5 * v, SCALE)
    assert np.linalg.norm(one.u @ one.v.T) == pytest.approx(SCALE)
    np.testing.assert_allclose(other.u @ other.v.T, -one.u @ one.v.T, atol=1e-12)
    assert not one.settled


def test_the_slope_is_the_gradient_across_the_radial_direction() -> None:
    """By central differences along coordinates that are orthogonal to (u, v), the spline fitted anew."""
    profile, u, v = problem()
    point = start(profile, u + 0.1, v, SCALE)
    found, radial = slope(profile, point), moving(point.u, point.v)
    assert found @ radial == pytest.approx(0, abs=1e-12)
    rng, h = np.random.default_rng(1), 1e-7  # so short that no argument crosses an end of [-1, 1], where phi has a kink
    for _ in range(4):
        step = rng.standard_normal(len(found))
        step -= radial * (radial @ step) / (radial @ radial)
        du, dv = h * step.reshape(2, 6, 2)
        ends = [profile.fit(point.u + sign * du, point.v + sign * dv).loss for sign in (-1, 1)]
        assert (ends[1] - ends[0]) / (2 * h) == pytest.approx(found @ step, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("rank", [1, 6])
def test_it_is_the_slope_of_the_steps_that_are_made(rank: int) -> None:
    """Steps keep the norm of A. At ranks 1 and d the norm does not change across the radial direction."""
    profile, _, _ = problem()
    rng, h = np.random.default_rng(1), 1e-7
    left, right = rng.standard_normal((2, 6, rank))
    point = start(profile, left, right, SCALE)
    found = slope(profile, point)
    for _ in range(4):
        step = rng.standard_normal(len(found))
        ends = [profile.fit(*moved(point.u, point.v, sign * h * step, SCALE)).loss for sign in (-1, 1)]
        assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(found @ step, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_between_these_ranks_what_the_norm_adds_is_far_below_a_unit_of_chi_square(seed: int) -> None:
    """d ln ||A|| is (u S, v S) / ||A||^2 with S = u^T u, the gradient of the normalised loss g - that (g . (u, v)) / 2:
    where a descent has ended, its decrement is as small as that of the slope."""
    data = InteractionData(d=6, tokens=5, rank=2)
    truth = draw_truth(data, seed)
    profile = erm.prepare(*simulate(data, truth, 1500, seed), 2, SplineSpace(3, 8), np.random.default_rng(0))
    back = np.linalg.inv(profile.white)
    point = start(profile, back @ truth.left, back @ truth.right, SCALE)
    found = refine(profile, profile, point, 60)
    whole = moving(*profile.gradient(found.u, found.v, found.fit))
    bend = found.u.T @ found.u
    norm = moving(found.u @ bend, found.v @ bend) / SCALE**2
    exact = whole - norm * (whole @ moving(found.u, found.v)) / 2
    step, h = np.random.default_rng(1).standard_normal(24), 1e-5
    ends = [profile.fit(*moved(found.u, found.v, sign * h * step, SCALE)).loss for sign in (-1, 1)]
    assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(exact @ step, rel=0.01, abs=2e-6)
    newton = curvature(profile, found.u, found.v, found.fit).solve(1e-6, exact)
    assert profile.rows * float(exact @ newton) / 2 / found.fit.loss < 0.05


def test_every_step_goes_down_and_the_norm_stays() -> None:
    profile, u, v = problem()
    point = start(profile, u + 0.1, v, SCALE)
    losses = [point.fit.loss]
    for _ in range(6):
        point = refine(profile, profile, point, 1)
        losses.append(point.fit.loss)
        assert np.linalg.norm(point.u @ point.v.T) == pytest.approx(SCALE)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


def test_a_descent_ends_where_the_slope_is_nothing() -> None:
    profile, u, v = problem()
    found = refine(profile, profile, start(profile, u + 0.05, v, SCALE), 60)
    assert found.settled
    assert found.decrement < SETTLED
    assert found.iterations < 60
    begin = slope(profile, start(profile, u + 0.05, v, SCALE))
    assert np.linalg.norm(slope(profile, found)) < 1e-2 * np.linalg.norm(begin)
    again = refine(profile, profile, found, 60)
    assert profile.rows * (found.fit.loss - again.fit.loss) / found.fit.loss < SETTLED


def test_no_steps_leave_the_point_and_a_tick_may_stop_them() -> None:
    profile, u, v = problem()
    point = start(profile, u, v, SCALE)
    assert refine(profile, profile, point, 0) is point

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refine(profile, profile, point, 5, stop)


def test_hessians_of_a_part_of_the_data_move_no_minimum() -> None:
    profile, u, v = problem()
    begin = start(profile, u + 0.05, v, SCALE)
    whole, part = refine(profile, profile, begin, 60), refine(profile, profile.head(400), begin, 60)
    assert profile.rows * abs(whole.fit.loss - part.fit.loss) / whole.fit.loss < 0.1


def test_the_decrement_is_that_of_where_a_descent_ended() -> None:
    profile, u, v = problem()
    far = elsewhere(profile, start(profile, u, v, SCALE), 200, np.random.default_rng(0))
    one = refine(profile, profile, far, 1)
    assert one.decrement > 30  # where the only step began
    assert assessed(profile, profile, one).decrement < 0.5 * one.decrement
    assert assessed(profile, profile, refine(profile, profile, far, 60)).decrement < 0.02
