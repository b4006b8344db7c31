"""Where searches begin: the quadratic moment points at A where phi is even, given rows enough."""

import numpy as np
import pytest

from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.search.moment_starts import Quadratic, moments, quadratic, thorough
from mtam.interaction.search.search import coarsen
from mtam.interaction.simulate.truth import SCALE, draw_truth, simulate


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(abs(np.sum(a * b)) / np.linalg.norm(a) / np.linalg.norm(b))


def test_the_quadratic_operator_is_symmetric_and_its_leading_eigenvector_near_a() -> None:
    """At d = r = 12 with an even phi and noise; the few power steps get there as well, with less precision."""
    data = InteractionData(d=12, rank=12, tokens=10, activation="even")
    truth = draw_truth(data, 1)
    x, y = simulate(data, truth, 9000, 1)
    profile = coarsen(erm.prepare(x, y, 12, SplineSpace(3, 20), np.random.default_rng(0)))
    found = moments(profile, profile.y)
    operator = Quadratic(profile, found)
    a, b = np.random.default_rng(1).standard_normal((2, 12, 12))
    assert np.sum(a * operator(b)) == pytest.approx(np.sum(b * operator(a)), rel=1e-9)
    back = np.linalg.inv(profile.white)
    matrix = back @ truth.left @ (back @ truth.right).T
    rough = quadratic(profile, found, (a, b), SCALE)
    fine = thorough(profile, rough, SCALE)
    assert cosine(fine[0] @ fine[1].T, matrix) > 0.95
    assert cosine(fine[0] @ fine[1].T, matrix) > cosine(rough[0] @ rough[1].T, matrix) - 0.01
    assert np.linalg.norm(fine[0] @ fine[1].T) == pytest.approx(SCALE)


@pytest.mark.slow
def test_an_even_activation_at_full_rank_in_thirty_dimensions() -> None:
    """There 60000 rows leave nothing of A in the quadratic moment, and forty starts by chance find nothing."""
    data = InteractionData(d=30, rank=30, activation="even")
    truth = draw_truth(data, 5)
    x, y = simulate(data, truth, 20000, 5)
    fit = erm.fit(x, y, 30, SplineSpace(3, 29), generator(5, "interaction", "starts"))
    assert fit.converged
    assert cosine(fit.matrix, truth.matrix) > 0.99
