"""Curves as people bring them: the gaps and the shapes that are meant, and rows that can be made again."""

import numpy as np
import pytest

from mtam.rates.simulation.calibrate import PLAIN, SIZES
from mtam.rates.simulation.calibrate_brought import GAPS, SEEDS, SHAPES, TRUTHS, cases, covered, misfitted, with_gaps

M = len(SIZES)


def test_seeds_end_early_and_two_are_whole() -> None:
    whole = np.ones((10, M))
    found = np.isfinite(with_gaps(whole, "ends early", np.random.default_rng(0)))
    assert found[:2].all()
    for row in found:
        assert row[: M - 3].all()
        assert np.all(np.diff(row.astype(int)) <= 0)  # what is lacking is at the end
    assert not found.all()
    assert np.isfinite(whole).all()  # the curves themselves are left alone


def test_three_errors_in_ten_lack_at_random_and_no_seed_has_less_than_two() -> None:
    found = with_gaps(np.ones((4000, M)), "at random", np.random.default_rng(0))
    finite = np.isfinite(found)
    assert finite.sum(axis=1).min() >= 2
    assert 1 - finite.mean() == pytest.approx(0.3, abs=0.02)


def test_seeds_have_either_half() -> None:
    found = np.isfinite(with_gaps(np.ones((6, M)), "either half", np.random.default_rng(0)))
    half = M // 2
    assert found[:2].all()
    assert found[2, :half].all()
    assert not found[2, half:].any()
    assert found[3, half:].all()
    assert not found[3, :half].any()


def test_a_plateau_is_flat_before_it_falls_and_a_hump_is_in_the_middle() -> None:
    x = np.log(SIZES)
    plateau, hump = SHAPES["plateau"], SHAPES["second descent"]
    assert np.all(plateau[x < x.mean()] == 0)
    np.testing.assert_allclose(np.diff(plateau[x > x.mean()]) / np.diff(x[x > x.mean()]), -0.5)
    assert 0 < hump.max() <= 0.5
    np.testing.assert_allclose(hump, hump[::-1], atol=1e-12)
    assert not SHAPES["power law"].any()


def test_every_row_has_a_name_of_its_own_and_is_made_alone() -> None:
    rows = cases(replications=3)
    names = [name for name, _ in rows]
    assert len(set(names)) == len(names) == len(TRUTHS) * len(GAPS) * len(SEEDS) + 2 + len(SHAPES) * 6 * len(SEEDS)
    make = dict(rows)
    for name in ("normal; ends early; 3", "plateau; normal, correlation 0.5; 5"):
        assert make[name]() == make[name]()
        assert make[name]()["replications"] <= 3


def test_a_share_has_its_binomial_error() -> None:
    found = misfitted("plateau", PLAIN, 5, 40)
    share = found["share"]
    assert 0 < share < 1
    assert found["standard_error"] == pytest.approx((share * (1 - share) / 40) ** 0.5)


@pytest.mark.parametrize("gaps", GAPS)
def test_intervals_of_seeds_with_gaps_cover_in_95_percent(gaps: str) -> None:
    """400 draws: a standard error of 1.1%."""
    found = covered(PLAIN, 5, 400, gaps)
    assert 0.92 < found["share"] <= 1
    assert found["median_width"] > 0
