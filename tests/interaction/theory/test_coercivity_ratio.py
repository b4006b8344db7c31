"""The Monte-Carlo terms of the coercivity identity against exact enumeration, and the adversary against the floor."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from mtam.base.streams import generator
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.simulate.tokens import of_population, token_law
from mtam.interaction.theory import coercivity_ratio
from mtam.interaction.theory.coercivity_exact import SCALARS, counterexample, enumerate_terms, without_replacement
from mtam.interaction.theory.coercivity_ratio import KINDS, Difference, Kind, draw, identity, measure, sums

POPULATION = of_population(np.array(SCALARS, dtype=float)[:, None])
PERMUTATIONS = np.array(list(permutations(SCALARS)), dtype=float)[:, :, None]  # all outcomes, equally likely


def on_products(phi: Spline) -> Difference:
    """h(x, y) = phi(x y / 15), which separates the six products."""
    return Difference(((np.full((1, 1), 1 / 15), np.eye(1), phi),))


def random_spline(seed: int) -> Spline:
    return Spline(SplineSpace(3, 5), np.random.default_rng(seed).standard_normal(8))


@pytest.mark.parametrize("seed", range(3))
def test_sums_over_all_permutations_are_the_exact_terms(seed: int) -> None:
    h = on_products(random_spline(seed))
    table = h.pairs(np.array(SCALARS, dtype=float)[None, :, None])[0]
    exact = enumerate_terms([[Fraction(v) for v in row] for row in table], without_replacement(4, 4))
    found = sums(h, PERMUTATIONS)
    for term, each in ((exact.excess, found.excess), (exact.norm, found.norm), (exact.cross, found.cross)):
        assert each.mean() == pytest.approx(float(term), rel=1e-12)


def test_the_counterexample_as_a_spline_has_no_excess_risk() -> None:
    f, _ = counterexample()
    space = SplineSpace(3, 40)  # fine enough to interpolate the six products
    points = np.array(list(f)) / 15
    wanted = np.array([float(value) for value in f.values()])
    h = on_products(Spline(space, np.linalg.lstsq(space.design(points), wanted, rcond=None)[0]))
    found = sums(h, PERMUTATIONS)
    assert found.excess.max() < 1e-20
    assert found.norm.mean() == pytest.approx(1 / 6, rel=1e-10)


def test_terms_by_simulation_agree_with_enumeration() -> None:
    h = on_products(random_spline(0))
    table = h.pairs(np.array(SCALARS, dtype=float)[None, :, None])[0]
    exact = enumerate_terms([[Fraction(v) for v in row] for row in table], without_replacement(4, 4))
    found = identity(h, POPULATION, 4, 4000, seed=1)
    wanted = (float(exact.excess), float(exact.norm) / 3, float(exact.cross) * 2 / 3)
    for (value, se), term in zip((found.excess, found.norm, found.cross), wanted, strict=True):
        assert abs(value - term) <= 4 * se + 1e-12  # the excess of all 4 tokens is the same in every permutation
    assert abs(found.gap[0]) < 4 * found.gap[1]


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_do_not_change_what_is_drawn(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    law = token_law(InteractionData(d=3, tokens=5, rank=2, token_law="sphere"), 0)
    h = draw(kind, law, generator(0, "test"))
    (one,) = measure([h], law, 5, 300, seed=3)
    monkeypatch.setattr(coercivity_ratio, "BLOCK", 7 * 5 * 5)
    (two,) = measure([h], law, 5, 300, seed=3)
    np.testing.assert_allclose(one.excess, two.excess, rtol=1e-12)
