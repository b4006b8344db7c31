"""The truths and bounds of paper A again, by other means."""

import math

import numpy as np
import scipy.special
import scipy.stats

from mtam.base.streams import generator
from mtam.checks.statements import recall_bounds


def test_the_leak_of_softmax_by_softmax_itself() -> None:
    one = recall_bounds.softmax_leak(3)
    tags = generator(3, "check", "statements", "tags").standard_normal((200, 16, 8))
    tags /= np.linalg.norm(tags, axis=2, keepdims=True)
    for k, beta in enumerate(recall_bounds.TEMPERATURES):
        scores = beta * (tags @ tags[:, :1].swapaxes(1, 2))[..., 0]
        leak = 1 - scipy.special.softmax(scores, axis=1)[:, 0]
        bound = 15 * np.exp(np.delete(scores, 0, axis=1).max(axis=1) - scores[:, 0])
        assert np.all(leak <= bound * (1 + 1e-6) + 1e-15)
        assert np.isclose(one.low[k], leak[np.argmax(leak / bound)], rtol=1e-3, atol=1e-13) or beta > 30


def test_the_tail_of_the_spectrum_is_a_geometric_sum() -> None:
    one = recall_bounds.truncation(0)
    tail = [math.exp(-d) / (math.e - 1) for d in recall_bounds.KEPT]
    np.testing.assert_allclose(one.bounds, tail, rtol=1e-9)


def test_what_truncation_loses_by_a_quasi_random_rule() -> None:
    """Sobol points in place of draws: between the ends that the draws leave open, for every D."""
    axes = np.sqrt(3 * np.exp(-np.arange(1.0, 33.0)))
    norms = np.sqrt(np.cumsum((axes * (2 * scipy.stats.qmc.Sobol(32, rng=1).random_base2(15) - 1)) ** 2, axis=1))
    lost = ((norms[:, -1:] - norms[:, :5]) ** 2).mean(axis=0)
    one = recall_bounds.truncation(0)
    assert np.all((one.low < lost) & (lost < one.high))


def test_the_cover_is_counted_axis_by_axis() -> None:
    one = recall_bounds.covering()
    for k, theta in enumerate(recall_bounds.RADII):
        parts = [math.ceil(math.sqrt(3 * math.exp(-j)) / theta) for j in range(1, 40)]
        assert math.isclose(one.low[k], sum(map(math.log, parts)), rel_tol=1e-12)


def test_the_angles_are_those_of_simplex_and_cross_polytope() -> None:
    one = recall_bounds.separated_tags(1)
    np.testing.assert_allclose(one.bounds[:4], [120, math.degrees(math.acos(-1 / 3)), 90, 90], rtol=1e-9)
