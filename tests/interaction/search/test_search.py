"""The search for a basin: it finds the truth, and knows when it has not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mtam.interaction.estimators import erm
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.search.lack_of_fit import ALARM
from mtam.interaction.search.search import NOISE_GAIN, Search, coarsen, confirm, gain, polish, search
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.levenberg_marquardt import start
from tests.interaction.simulated import problem


def silent() -> None:
    """A tick that nobody hears."""


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(abs(np.vdot(a, b)) / np.linalg.norm(a) / np.linalg.norm(b))


def test_the_search_finds_the_truth_and_repeats() -> None:
    """Rank 2 in d = 6: the first rounds are in a projection, the answer is in R^d."""
    profile, u, v = problem()
    one, two = (search(profile, 2, 30, np.random.default_rng(0), silent) for _ in range(2))
    assert one.converged
    assert one.tried <= 30
    assert cosine(one.point.u @ one.point.v.T, u @ v.T) > 0.99
    np.testing.assert_array_equal(one.point.u, two.point.u)


def test_where_nothing_is_to_be_found_all_starts_are_spent() -> None:
    profile, _, _ = problem()
    noise = replace(profile, y=np.random.default_rng(1).standard_normal(profile.y.shape))
    found = search(noise, 2, 8, np.random.default_rng(0), silent)
    assert found.tried == 8
    assert not found.converged


@pytest.mark.parametrize(
    ("change", "evident", "converged"),
    [
        ({}, True, True),
        ({"agreeing": 1}, False, False),
        ({"gain": NOISE_GAIN}, False, False),
        ({"lack_of_fit": ALARM}, False, False),
        ({"unique": False}, True, False),
        ({"required": 3}, False, False),
    ],
)
def test_every_piece_of_evidence_is_needed(change: dict[str, Any], evident: bool, converged: bool) -> None:
    profile, u, v = problem()
    settled = replace(start(profile, u, v, SCALE), decrement=0.0)
    found = replace(Search(settled, tried=5, agreeing=2, lack_of_fit=0.0, gain=100.0), **change)
    assert (found.evident, found.converged) == (evident, converged)
    assert not replace(found, point=replace(settled, decrement=1.0)).converged


def test_searches_are_coarse_and_the_data_the_same() -> None:
    profile, _, _ = problem()
    for degree, intervals, coarse in ((3, 8, (3, 6)), (8, 40, (3, 6)), (2, 4, (2, 4))):
        found = coarsen(replace(profile, space=SplineSpace(degree, intervals)))
        assert (found.space.degree, found.space.intervals) == coarse
        assert found.x is profile.x


def test_the_gain_is_of_the_signal_and_has_no_unit() -> None:
    profile, u, v = problem()
    point = start(profile, u, v, SCALE)
    here = gain(profile, point, 2)
    assert here > NOISE_GAIN
    scaled = replace(profile, y=1e3 * profile.y)
    assert gain(scaled, start(scaled, u, v, SCALE), 2) == pytest.approx(here, rel=1e-6)
    noise = replace(profile, y=np.random.default_rng(1).standard_normal(profile.y.shape))
    assert gain(noise, start(noise, u, v, SCALE), 2) < 1


def test_polishing_descends_and_ends_settled() -> None:
    profile, u, v = problem()
    begin = start(profile, u + 0.02, v, SCALE)
    found = polish(profile, begin, 2, silent)
    assert found.fit.loss < begin.fit.loss
    assert found.settled


def test_a_quick_descent_needs_no_second_one_and_a_long_one_does() -> None:
    profile, u, v = problem()
    point = polish(profile, start(profile, u, v, SCALE), 2, silent)
    found = Search(replace(point, iterations=3), 5, 2, 0.0, 100.0)
    assert confirm(profile, found, 2, np.random.default_rng(0), silent) is found
    long = replace(found, point=replace(point, iterations=30))
    again = confirm(profile, long, 2, np.random.default_rng(0), silent)
    assert again.unique
    assert again.point.fit.loss <= point.fit.loss


def test_what_phi_gains_on_noise_is_no_evidence() -> None:
    """In one coordinate there is nothing to search, and phi alone fits noise; of 50 such fits none has converged."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 100, 4, 1))
    told = [erm.fit(one, rng.standard_normal((100, 4)), 1, SplineSpace(3, 8), rng) for one in x]
    assert not any(fit.converged for fit in told)
    signal = np.tanh(x[0] @ x[0].transpose(0, 2, 1)).mean(axis=2)
    assert erm.fit(x[0], signal + 0.3 * rng.standard_normal((100, 4)), 1, SplineSpace(3, 8), rng).converged


def test_a_fit_to_noise_is_never_called_converged() -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_normal((1000, 5, 6)), rng.standard_normal((1000, 5))
        assert not erm.fit(x, y, 2, SplineSpace(3, 8), rng, erm.ErmOptions(max_starts=15)).converged
