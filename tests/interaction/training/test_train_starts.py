"""Training against the minimum of the same problem: it is reached with steps enough, and not with too few."""

import numpy as np
import pytest

from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.interaction_models import GradientModel
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.truth import SCALE, draw_truth, simulate
from mtam.interaction.solver.varpro import Profile
from mtam.interaction.training.train_starts import first_factors, rates, train_starts


def problem(activation: str, d: int = 3, samples: int = 1000, seed: int = 0) -> tuple[Profile, erm.Erm]:
    data = InteractionData(d=d, tokens=3, rank=1, activation=activation)
    x, y = simulate(data, draw_truth(data, seed), samples, seed)
    space = SplineSpace(3, 8)
    least = erm.fit(x, y, 1, space, generator(seed, "test"))
    return erm.prepare(x, y, 1, space, generator(seed, "test", "basis")), least


def gradient_model(**settings: object) -> GradientModel:
    return GradientModel.model_validate({"name": "gradient", "starts": 2, **settings})


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_training_from_a_moment_ends_at_the_minimum_and_with_too_few_steps_far_from_it(optimiser: str) -> None:
    profile, least = problem("bspline")

    def losses(steps: int) -> list[float]:
        model = gradient_model(optimiser=optimiser, start="moment", steps=steps)
        found = train_starts(profile, 1, least.matrix, model, 0, lambda _: None)
        if steps > 1000:
            assert all(start.reached and start.escape == 1 for start in found)
        return [start.loss for start in found]

    long, short = losses(4000), losses(3)
    assert max(long) < 1.02 * least.loss
    assert min(long) > (1 - 1e-4) * least.loss  # below the minimum of the class there is nothing
    assert min(short) > 1.5 * least.loss


def test_a_start_that_ends_elsewhere_is_told_apart() -> None:
    """Held against a matrix without overlap with the minimum, to which training comes, no start is in the basin."""
    profile, least = problem("bspline")
    back = np.linalg.inv(profile.white)
    left, _, right = np.linalg.svd(back @ least.matrix @ back.T)
    wrong = profile.white @ np.outer(left[:, 1], right[1]) @ profile.white.T
    found = train_starts(profile, 1, wrong, gradient_model(start="moment", steps=2000), 0, lambda _: None)
    assert all(start.loss < 1.1 * least.loss for start in found)
    assert not any(start.reached or start.escape for start in found)


@pytest.mark.parametrize("activation", ["odd", "even"])
def test_a_moment_start_is_near_the_minimum_whatever_the_parity_of_phi(activation: str) -> None:
    profile, least = problem(activation, d=4, samples=3000)
    back = np.linalg.inv(profile.white)
    goal = back @ least.matrix @ back.T
    u, v = first_factors(profile, 1, "moment", np.random.default_rng(0))
    cosine = abs(np.vdot(u @ v.T, goal)) / np.linalg.norm(goal) / np.linalg.norm(u @ v.T)
    assert cosine > 0.9
    assert np.linalg.norm(u @ v.T) == pytest.approx(SCALE)
    by_chance = [
        abs(np.vdot(a @ b.T, goal)) / np.linalg.norm(goal) / SCALE
        for a, b in (first_factors(profile, 1, "random", np.random.default_rng(k)) for k in range(20))
    ]
    assert np.median(by_chance) < 0.5


def test_starts_have_streams_of_their_own_and_repeat() -> None:
    profile, least = problem("bspline")
    one, two, more = (
        train_starts(profile, 1, least.matrix, gradient_model(steps=30, starts=count), 5, lambda _: None)
        for count in (2, 2, 3)
    )
    for k in range(2):
        assert one[k].loss == two[k].loss == more[k].loss
    assert len({start.loss for start in more}) == 3


def test_the_rate_is_constant_and_then_falls_along_a_cosine() -> None:
    whole = rates(100, 0, 100)
    assert (whole[:50] == 1).all()
    assert (np.diff(whole[50:]) < 0).all()
    assert 1e-3 < whole[-1] < 5e-3
    np.testing.assert_array_equal(np.concatenate([rates(100, 0, 60), rates(100, 60, 40)]), whole)


def test_steps_of_sgd_shorten_in_more_dimensions_than_samples() -> None:
    assert gradient_model(optimiser="sgd", batch=4).rate(16) == pytest.approx(0.1 / 4)
    assert gradient_model(optimiser="sgd", batch=32).rate(16) == 0.1
    assert gradient_model(optimiser="adam", batch=4).rate(16) == 0.01
