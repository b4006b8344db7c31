"""Coercivity (paper B, Lemma 3.4) and its limit.

Statement: (N-1)^{-1} ||g - g*||^2 <= E(g) - E(g*). Assumed: tokens exchangeable, X_2 and X_3 conditionally i.i.d. given
X_1 and a latent variable. Were it false, some ratio (N-1)(E(g) - E(g*))/||g - g*||^2 would lie below 1 by more than
chance; for tokens that are merely finitely exchangeable it does.
"""

from mtam.check.registry import Tick
from mtam.check.settings import CheckSettings
from mtam.finding import Finding, Panel, Series, Table, Verdict
from mtam.interaction.enumeration import (
    Terms,
    alternating,
    counterexample,
    enumerate_terms,
    without_replacement,
)

TOKENS = 4  # of the counterexample
POPULATIONS = (4, 6, 8)  # enumeration costs S!/(S-N)!


class Settings(CheckSettings):
    """Nothing to choose."""


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on coercivity."""
    del settings
    f, h = counterexample()
    terms = enumerate_terms(h, without_replacement(len(h), TOKENS))
    tick(0.5)
    populations = {size: enumerate_terms(alternating(size), without_replacement(size, TOKENS)) for size in POPULATIONS}
    return Finding(
        name="coercivity",
        title="Coercivity",
        source="paper B, Lemma 3.4",
        statement="(N-1)(E(g) - E(g*)) >= ||g - g*||² for every g, with equality for degenerate g - g*",
        assumptions=["tokens are exchangeable, X_2 and X_3 conditionally i.i.d. given X_1 and a latent variable"],
        if_false="a ratio (N-1)(E(g) - E(g*))/||g - g*||² would lie below 1 by more than chance",
        verdicts=[_finite(terms)],
        tables=[
            Table(
                name="counterexample",
                title="h = f(x y) on a random permutation of 1, 2, 3, 5 (exact)",
                headings=["product", "f"],
                rows=[[product, float(value)] for product, value in f.items()],
            ),
            Table(
                name="populations",
                title=f"N = {TOKENS} distinct members of a population of S, h with zero row sums (exact)",
                headings=["S", "ratio", "1 - (N-2)/(S-2)"],
                rows=[
                    [size, float(each.ratio(TOKENS)), 1 - (TOKENS - 2) / (size - 2)]
                    for size, each in populations.items()
                ],
            ),
        ],
        panels=[
            Panel(
                title=f"{TOKENS} distinct members of a population of S",
                x_label="S",
                y_label="ratio",
                series=[
                    Series(
                        label="h with zero row sums (exact)",
                        x=[float(size) for size in populations],
                        y=[float(each.ratio(TOKENS)) for each in populations.values()],
                        colour=0,
                    )
                ],
                level=1.0,
                level_label="Lemma 3.4",
            )
        ],
    )


def _finite(terms: Terms) -> Verdict:
    ratio = float(terms.ratio(TOKENS))
    return Verdict(
        key="finitely_exchangeable",
        claim="exchangeability alone is not enough: the inequality fails for a permutation of 4 scalars",
        said="supported" if ratio < 1 else "contradicted",
        because=f"R_h = 0, E(g) - E(g*) = {terms.excess}, but ||h||² = {terms.norm}",
        expected=0.0,
        value=ratio,
    )
