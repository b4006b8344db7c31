"""The coercivity identity on finitely many tokens, by enumeration in exact arithmetic, and where coercivity fails.

With R_i = (N-1)^{-1} sum_{j != i} h(X_i, X_j) and exchangeable tokens (paper B, Lemma 3.4)

    E[R_1^2] = ||h||^2/(N-1) + (N-2)/(N-1) E[h(X_1, X_2) h(X_1, X_3)],   ||h||^2 = E[h(X_1, X_2)^2].

The last expectation is not negative when X_2, X_3 are conditionally i.i.d. given X_1 and a latent variable. For N
distinct members of a population of S it can be as low as -||h||^2/(S-2), when all row sums of h vanish: then
(N-1) E[R_1^2] = (1 - (N-2)/(S-2)) ||h||^2, and nothing at all is left for S = N.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations

Matrix = Sequence[Sequence[Fraction]]  # h(a, b) for tokens a, b of the population
Outcome = tuple[tuple[int, ...], Fraction]  # indices of X_1..X_N, and the probability

SCALARS = (1, 2, 3, 5)  # their six products are distinct


@dataclass(frozen=True)
class Terms:
    """E[R_1^2], ||h||^2 and E[h(X_1, X_2) h(X_1, X_3)]."""

    excess: Fraction
    norm: Fraction
    cross: Fraction

    def gap(self, tokens: int) -> Fraction:
        """Left side minus right side of the identity."""
        return self.excess - self.norm / (tokens - 1) - Fraction(tokens - 2, tokens - 1) * self.cross

    def ratio(self, tokens: int) -> Fraction:
        """(N-1) E[R_1^2] / ||h||^2, at least 1 where the lemma applies."""
        return (tokens - 1) * self.excess / self.norm


def enumerate_terms(h: Matrix, law: Iterable[Outcome]) -> Terms:
    """The three expectations over all outcomes of N tokens; the outcomes must be exchangeable, the sum exact."""
    excess = norm = cross = Fraction(0)
    for tokens, weight in law:
        first, *others = tokens
        values = [h[first][other] for other in others]
        excess += weight * (sum(values, Fraction(0)) / len(others)) ** 2
        norm += weight * values[0] ** 2
        cross += weight * values[0] * values[1] if len(values) > 1 else 0
    return Terms(excess, norm, cross)


def without_replacement(population: int, tokens: int) -> Iterator[Outcome]:
    """N distinct members of a population, every order equally likely: exchangeable, finitely so."""
    outcomes = list(permutations(range(population), tokens))
    return ((outcome, Fraction(1, len(outcomes))) for outcome in outcomes)


def counterexample() -> tuple[dict[int, Fraction], Matrix]:
    """f on the six products of four scalars and h(x, y) = f(x y), with all four row sums zero and ||h||^2 = 1/6.

    The six products are the edges of a complete graph on the scalars. It splits into three pairs of disjoint edges; f
    is 1/2 on one pair, -1/2 on another, 0 on the third, so every scalar meets 1/2, -1/2 and 0 once.
    """
    size = len(SCALARS)
    level = {frozenset((0, 1)): 1, frozenset((2, 3)): 1, frozenset((0, 2)): -1, frozenset((1, 3)): -1}
    f = {SCALARS[a] * SCALARS[b]: Fraction(level.get(frozenset((a, b)), 0), 2) for a, b in combinations(range(size), 2)}
    h = [[f.get(x * y, Fraction(0)) if x != y else Fraction(0) for y in SCALARS] for x in SCALARS]
    return f, h


def alternating(population: int) -> Matrix:
    """h on an even population with zero row sums: +1 and -1 along a cycle of even length, 0 elsewhere."""
    if population % 2 or population < 4:
        raise ValueError(f"an alternating cycle needs an even population of at least 4, got {population}")
    h = [[Fraction(0)] * population for _ in range(population)]
    for a in range(population):
        b = (a + 1) % population
        h[a][b] = h[b][a] = Fraction(-1 if a % 2 else 1)
    return h
