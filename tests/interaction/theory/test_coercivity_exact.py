"""The coercivity identity in exact arithmetic on finite token sets, and the laws that break the inequality."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtam.interaction.theory.coercivity_exact import (
    SCALARS,
    alternating,
    counterexample,
    enumerate_terms,
    without_replacement,
)

ENTRIES = st.lists(st.lists(st.fractions(-3, 3, max_denominator=7), min_size=4, max_size=4), min_size=4, max_size=4)


def independent(weights: Sequence[Fraction], tokens: int) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    """N independent draws with the given probabilities."""
    for outcome in product(range(len(weights)), repeat=tokens):
        yield outcome, prod((weights[member] for member in outcome), start=Fraction(1))


@settings(max_examples=20)
@given(ENTRIES, st.integers(2, 4))
def test_the_identity_is_exact_without_replacement(h: list[list[Fraction]], tokens: int) -> None:
    assert enumerate_terms(h, without_replacement(4, tokens)).gap(tokens) == 0


@settings(max_examples=20)
@given(ENTRIES, st.integers(2, 4), st.integers(1, 5))
def test_the_identity_is_exact_and_coercive_for_independent_tokens(
    h: list[list[Fraction]], tokens: int, weight: int
) -> None:
    weights = [Fraction(weight, weight + 6), *(Fraction(part, weight + 6) for part in (1, 2, 3))]
    terms = enumerate_terms(h, independent(weights, tokens))
    assert terms.gap(tokens) == 0
    assert terms.cross >= 0 or tokens == 2
    assert (tokens - 1) * terms.excess >= terms.norm


def test_a_law_that_is_not_exchangeable_breaks_the_identity() -> None:
    h = [[Fraction(a * b + a) for b in range(3)] for a in range(3)]
    law = [((0, 1, 2), Fraction(1, 2)), ((1, 1, 0), Fraction(1, 2))]
    assert enumerate_terms(h, law).gap(3) != 0


def test_the_counterexample() -> None:
    f, h = counterexample()
    assert len(f) == 6
    assert all(sum(row, Fraction(0)) == 0 for row in h)
    assert all(h[a][b] == f[SCALARS[a] * SCALARS[b]] for a in range(4) for b in range(4) if a != b)
    terms = enumerate_terms(h, without_replacement(4, 4))
    assert (terms.excess, terms.norm, terms.gap(4)) == (Fraction(0), Fraction(1, 6), Fraction(0))


@pytest.mark.parametrize("population", [4, 6, 8])
def test_the_finite_population_loses_what_the_formula_says(population: int) -> None:
    terms = enumerate_terms(alternating(population), without_replacement(population, 4))
    assert terms.ratio(4) == 1 - Fraction(2, population - 2)


def test_an_odd_population_has_no_alternating_cycle() -> None:
    with pytest.raises(ValueError, match="even population"):
        alternating(5)
