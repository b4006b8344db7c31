"""Rankin's borders: constructions, the search against known spherical codes, and the proof behind the bound."""

import numpy as np
import pytest

from mtam.recall.theory import rankin

KNOWN = [  # the largest product of the best known codes
    (5, 2, np.cos(2 * np.pi / 5)),  # the pentagon
    (7, 3, np.cos(np.deg2rad(77.8695421554))),  # Tammes's problem, Schuette and van der Waerden 1951
    (4, 3, -1 / 3),
    (6, 3, 0.0),
    (8, 4, 0.0),
]


@pytest.mark.parametrize(("count", "dim", "best"), KNOWN)
def test_the_search_finds_the_best_codes(count: int, dim: int, best: float) -> None:
    found = rankin.search(count, dim, 6, np.random.default_rng(3))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-8)
    assert rankin.largest_product(found) == pytest.approx(best, abs=1e-8)


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_constructions_attain_the_bound(dim: int) -> None:
    for count in range(2, 2 * dim + 1):
        attained = rankin.largest_product(rankin.construct(count, dim))
        assert attained == pytest.approx(rankin.least_largest_product(count, dim), abs=1e-12)
    with pytest.raises(ValueError, match="span"):
        rankin.construct(2 * dim + 1, dim)


def test_no_random_set_beats_the_bound() -> None:
    rng = np.random.default_rng(0)
    for dim in (2, 3, 4):
        for count in range(2, 2 * dim + 6):
            bound = rankin.least_largest_product(count, dim)
            tried = [rankin.largest_product(rng.standard_normal((count, dim))) for _ in range(200)]
            assert min(tried) >= bound
    assert rankin.least_largest_product(5, 2) == pytest.approx(1 / 6)
