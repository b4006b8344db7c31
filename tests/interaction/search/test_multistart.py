"""Many starts: how many are taken, when two agree, and that the best is kept."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mtam.interaction.estimators import erm
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model.low_rank import Factors, balance
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.search import multistart
from mtam.interaction.simulate.truth import SCALE, draw_truth, simulate
from mtam.interaction.solver.levenberg_marquardt import Point, start
from mtam.interaction.solver.varpro import Profile
from tests.interaction.solver.helpers import problem


def signal() -> tuple[Profile, Factors]:
    """A problem of rank 1 in three coordinates, and the factors of the truth."""
    data = InteractionData(d=3, tokens=4, rank=1)
    truth = draw_truth(data, 0)
    profile = erm.prepare(*simulate(data, truth, 400, 0), 1, SplineSpace(3, 6), np.random.default_rng(0))
    back = np.linalg.inv(profile.white)
    return profile, (back @ truth.left, back @ truth.right)


def silent() -> None:
    """A tick that nobody hears."""


def test_equal_losses_at_unlike_matrices_are_no_agreement() -> None:
    profile, _, _ = problem()
    factors = np.random.default_rng(1).standard_normal((4, 4, 1))
    one, other = (start(profile, factors[k], factors[k + 1], SCALE) for k in (0, 2))
    twin = replace(other, fit=one.fit)
    assert not multistart.same(profile, twin, one)
    assert multistart.same(profile, replace(one, u=-one.u), one)  # the sign of A belongs to phi


@pytest.mark.parametrize(("rank", "dimension"), [(1, 7), (2, 12), (4, 16)])
def test_parameters_are_the_dimension_of_the_matrices_of_that_rank(rank: int, dimension: int) -> None:
    """Of the tangent space at A = u v^T: what dU v^T + u dV^T spans."""
    profile, _, _ = problem()
    left, right = np.random.default_rng(0).standard_normal((2, 4, rank))
    u, v = balance(left, right, SCALE)
    units = np.eye(4 * rank).reshape(-1, 4, rank)
    tangents = [(unit @ v.T).ravel() for unit in units] + [(u @ unit.T).ravel() for unit in units]
    assert np.linalg.matrix_rank(np.array(tangents)) == dimension
    assert multistart.parameters(profile, rank) == dimension


def test_samples_hold_the_rows_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multistart, "FEWEST_ROWS", 100)
    profile, _, _ = problem()  # 300 samples of 5 tokens
    for rows in (50, 101, 800):
        assert max(rows, 100) <= multistart.head(profile, rows).rows <= max(rows, 100) + 5
    assert multistart.head(profile, 10**6) is profile
    assert multistart.screening_sample(profile, 1).rows <= multistart.hessian_sample(profile, 1).rows
    assert len(multistart.middle_sample(profile, 1).x) >= len(multistart.screening_sample(profile, 1).x)


def test_two_starts_that_agree_end_the_search() -> None:
    profile, truth = signal()
    found = multistart.search(profile, itertools.repeat(truth), 1, 100, silent)
    assert (found.tried, found.agreeing) == (multistart.BATCH, multistart.REFINED)


def test_one_start_agrees_with_itself_alone() -> None:
    profile, truth = signal()
    one = multistart.search(profile, itertools.repeat(truth), 1, 1, silent)
    assert (one.tried, one.agreeing) == (1, 1)


def unrefined(_profile: Profile, _sample: Profile, point: Point, _limit: int, _tick: Callable[[], None]) -> Point:
    return point


@pytest.mark.parametrize("limit", [7, 10])
def test_starts_that_do_not_agree_are_followed_by_more_up_to_the_limit(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without descents all starts stay where they are; of each batch two go on, and the least loss of all is kept."""
    monkeypatch.setattr(multistart, "refine", unrefined)
    profile, _ = signal()
    rng = np.random.default_rng(3)
    starts = [(rng.standard_normal((3, 1)), rng.standard_normal((3, 1))) for _ in range(20)]
    taken = iter(starts)
    found = multistart.search(profile, taken, 1, limit, silent)
    assert (found.tried, found.agreeing) == (limit, 1)
    assert len(list(taken)) == 20 - limit
    middle = multistart.middle_sample(profile, 1)
    losses = [start(middle, *each, SCALE).fit.loss for each in starts[:limit]]
    assert found.point.fit.loss == pytest.approx(min(losses))
    assert max(losses) > min(losses)


def test_the_best_start_is_kept_and_refined() -> None:
    """Among starts across A, where the loss is that of a constant, the one near the truth wins."""
    profile, (u, v) = signal()
    across = np.linalg.svd(u.T)[2][1:2].T
    factors = iter([(across, v), (across, v), (u + 0.1 * across, v), (across, v), (across, v)])
    found = multistart.search(profile, factors, 1, 5, silent)
    matrix = found.point.u @ found.point.v.T
    assert abs(np.vdot(matrix, u @ v.T)) / np.linalg.norm(matrix) / np.linalg.norm(u @ v.T) > 0.99
    assert found.point.fit.loss <= start(multistart.middle_sample(profile, 1), u, v, SCALE).fit.loss


def test_every_descent_can_be_stopped() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    profile, truth = signal()
    with pytest.raises(KeyboardInterrupt):
        multistart.search(profile, itertools.repeat(truth), 1, 5, stop)
