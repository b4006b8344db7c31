"""A second descent from as far off as the truth, and what it says of ``converged``."""

import numpy as np
import pytest

from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.estimators.erm import Erm
from mtam.interaction.estimators.estimators import spline_space
from mtam.interaction.interaction_spec import Activation, InteractionData, InteractionTrial
from mtam.interaction.search.second_descent import alike, elsewhere
from mtam.interaction.simulate.truth import SCALE, draw_truth, simulate
from mtam.interaction.solver.levenberg_marquardt import refine, start
from tests.interaction.simulated import problem


def fitted(rank: int, activation: Activation, seed: int, samples: int = 2000) -> tuple[Erm, float]:
    """A fit in d = 30 and its cosine with the truth."""
    trial = InteractionTrial(data=InteractionData(d=30, rank=rank, activation=activation), n=samples, seed=seed)
    truth = draw_truth(trial.data, seed)
    x, y = simulate(trial.data, truth, samples, seed)
    fit = erm.fit(x, y, rank, spline_space(trial), generator(seed, "interaction", "starts"))
    inner = np.vdot(fit.matrix, truth.matrix) / np.linalg.norm(fit.matrix) / np.linalg.norm(truth.matrix)
    return fit, abs(float(inner))


def test_elsewhere_is_as_much_worse_as_asked() -> None:
    profile, u, v = problem()
    best = refine(profile, profile, start(profile, u, v, SCALE), 60)
    for rise in (20, 100, 400):
        there = elsewhere(profile, best, rise, np.random.default_rng(rise))
        assert rise <= profile.rows * (there.fit.loss / best.fit.loss - 1) < 2.5 * rise
        assert np.linalg.norm(there.u @ there.v.T) == pytest.approx(SCALE)


def test_two_descents_into_one_bottom_are_alike_and_two_points_of_its_slope_are_not() -> None:
    profile, u, v = problem()
    best = refine(profile, profile, start(profile, u, v, SCALE), 60)
    there = elsewhere(profile, best, 20, np.random.default_rng(1))
    assert not alike(profile, best, there, 2)
    assert alike(profile, best, refine(profile, profile, there, 60), 2)


def test_one_of_many_bottoms_is_not_called_converged() -> None:
    """Starts agree on the basin, and the fit is 30 chi^2 units worse than one started at the truth."""
    fit, cosine = fitted(5, "odd", 13)
    assert fit.agreeing >= 2
    assert cosine > 0.99
    assert not fit.converged


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "seed"), [("odd", 13), ("even", 2), ("even", 14), ("bspline", 12)])
def test_full_rank_with_few_samples_has_no_one_bottom(activation: Activation, seed: int) -> None:
    """900 parameters and 20000 rows: losses of equally good descents lie tens of chi^2 units apart."""
    assert not fitted(30, activation, seed)[0].converged


@pytest.mark.slow
@pytest.mark.parametrize(("rank", "activation", "seed"), [(5, "bspline", 3), (5, "even", 3), (30, "odd", 11)])
def test_an_activation_without_moments_is_found(rank: int, activation: Activation, seed: int) -> None:
    """|Y - E Y| or Y^3 shows A where two starts used to agree on a basin with nothing of it, or none found any."""
    assert fitted(rank, activation, seed)[1] > 0.9  # of an unrelated matrix: below 0.2
