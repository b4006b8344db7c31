"""The check of residuals: silent at the truth at its stated level, loud in a wrong basin."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from mtam.interaction.estimators import erm
from mtam.interaction.model.pair_kernels_reference import off_diagonal_mean
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.search.lack_of_fit import ALARM, lack_of_fit
from mtam.interaction.solver.levenberg_marquardt import Point, start
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]
LEFT, RIGHT = np.eye(5)[:, :2] / np.sqrt(6), np.eye(5)[:, 2:4] / np.sqrt(6)


def fitted(shape: Callable[[Array], Array], noise: Array, right: Array = RIGHT) -> tuple[Profile, Point]:
    """phi fitted at left right^T to data with A = LEFT RIGHT^T  # noise (M, 4)."""
    x = np.random.default_rng(1).standard_normal((len(noise), 4, 5))
    u = (x @ LEFT) @ (x @ RIGHT).transpose(0, 2, 1)
    y = off_diagonal_mean(shape(u)).reshape(noise.shape) + noise
    profile = erm.prepare(x, y, 2, SplineSpace(3, 8), np.random.default_rng(0))
    back = np.linalg.inv(profile.white)
    return profile, start(profile, back @ LEFT, back @ right, 1 / 3)


def test_the_level_holds_whatever_the_law_of_the_noise() -> None:
    """Noise that depends on the tokens and within a sample. A score above 1 has probability at most 4 x 15.9%.

    Over 300 repetitions the count is at most 217 but for a chance of 1e-3; some there must be.
    """
    scores = []
    for seed in range(300):
        rng = np.random.default_rng([7, seed])
        noise = rng.standard_normal((250, 1)) * (1 + rng.standard_normal((250, 4))) * rng.exponential(size=(250, 1))
        scores.append(lack_of_fit(*fitted(np.sin, noise)))
    assert 15 <= sum(score > 1 for score in scores) <= 217
    assert max(scores) < ALARM


@pytest.mark.parametrize("shape", [np.sin, np.square])
def test_a_missing_direction_is_seen(shape: Callable[[Array], Array]) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal((1000, 4))
    wrong = RIGHT * [1.0, -1.0] if shape is np.sin else np.stack([RIGHT[:, 0], np.eye(5)[:, 4] / np.sqrt(6)], axis=1)
    assert lack_of_fit(*fitted(shape, noise)) < ALARM
    assert lack_of_fit(*fitted(shape, noise, wrong)) > ALARM


def test_directions_that_are_wrongly_coupled_are_seen() -> None:
    """For even phi the moments of single tokens are the same for a_1 b_2^T + a_2 b_1^T and a_1 b_1^T + a_2 b_2^T."""
    noise = 0.1 * np.random.default_rng(0).standard_normal((2000, 4))
    assert lack_of_fit(*fitted(np.square, noise, RIGHT[:, ::-1])) > ALARM


def test_significant_but_negligible_structure_is_no_alarm() -> None:
    """Without noise every trace of the spline's bias is significant."""
    assert lack_of_fit(*fitted(np.sin, np.zeros((1000, 4)))) == 0
