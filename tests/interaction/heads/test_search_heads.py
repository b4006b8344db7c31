"""The search for several heads ends where a descent from the truth ends, and does not trust a fit that misses one."""

import numpy as np
import pytest

from mtam.interaction.heads import search_heads
from mtam.interaction.heads.match_heads import cosines, matching
from mtam.interaction.search.lack_of_fit import ALARM
from tests.interaction.heads.helpers import several


def test_two_heads_are_found_in_any_order() -> None:
    profile, _, u, v = several(samples=1500, d=3)
    found = search_heads.search(profile.single, 2, 1, 20, np.random.default_rng(5))
    bottom = search_heads.finish(profile, profile.place(u, v))
    assert abs(found.point.fit.loss / bottom.fit.loss - 1) * profile.rows < 0.5
    assert found.converged
    alike = cosines(found.point.u, found.point.v, u, v)
    assert alike[matching(alike)].min() > 0.99


def test_a_head_that_is_missing_shows() -> None:
    """Negative control: one head on the data of two."""
    profile, _, _, _ = several(samples=1500, d=3)
    found = search_heads.search(profile.single, 1, 1, 5, np.random.default_rng(5))
    assert not found.converged
    assert found.lack_of_fit > ALARM
    assert found.point.fit.loss > 0.09 + 0.05


@pytest.mark.slow
def test_a_head_that_was_lost_is_mended() -> None:
    """One head right and one wrong: taken out and found anew."""
    profile, _, u, v = several(samples=1500, d=3)
    rng = np.random.default_rng(7)
    samples = search_heads.CoarseSamples.of(profile.single, 2, 1)
    wrong = samples.middle.place(np.stack([u[0], rng.standard_normal((3, 1))]), np.stack([v[0], v[0]]))
    mended = list(search_heads.mended(profile.single, samples, wrong, rng, lambda: None))
    best = min(mended, key=lambda point: point.fit.loss)
    assert best.fit.loss < wrong.fit.loss
    alike = cosines(best.u, best.v, u, v)
    assert alike[matching(alike)].min() > 0.98


def test_one_point_is_itself_and_not_another() -> None:
    profile, _, u, v = several()
    here = profile.place(u, v)
    assert search_heads.same(profile, profile.place(u[::-1], v[::-1]), here)
    assert not search_heads.same(profile, profile.place(u, np.roll(v, 1, axis=1)), here)
