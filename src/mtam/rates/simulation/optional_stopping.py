"""How often looks at more and more seeds mislead one who stops when it suits: by simulation.

The adversary sees every look (``mtam.rates.spending``) and stops at the first that errs: an interval that misses the
truth, or two one-sided tests that find a difference inside a margin on whose border it lies. Beside it the same with
95% at each look, which is what looking again and again without paying for it comes to.
"""

from dataclasses import dataclass

import numpy as np

from mtam.rates.laws import Floats
from mtam.rates.sign_test import share_interval
from mtam.rates.spending import LOOKS, level_at, seeds_at
from mtam.rates.t_quantiles import quantile

LAWS = ("normal", "skewed", "heavy tails")


@dataclass(frozen=True)
class StoppingErrors:
    """Shares of sequences that err at some look, and what stopping early saves."""

    misses: float  # some interval misses the truth
    equivalences: float  # some look finds the difference inside the margin, on whose border it lies
    naive: float  # some 95% interval misses the truth, when nothing is paid for the other looks
    once: float  # the first 95% interval misses the truth


def draw(law: str, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Numbers of mean 0 and deviation 1 (replications, seeds): normal, skewed (gamma, 4), Student's with 5 degrees.

    Raises ValueError for another law.
    """
    if law == "normal":
        return rng.normal(size=shape)
    if law == "skewed":
        return np.asarray((rng.gamma(4.0, size=shape) - 4.0) / 2.0)
    if law == "heavy tails":
        return np.asarray(rng.standard_t(5, size=shape) / (5 / 3) ** 0.5)
    raise ValueError(f"unknown law {law!r}; valid: {', '.join(LAWS)}")


def errors(law: str, first: int, *, replications: int = 4000, key: int = 0) -> StoppingErrors:
    """The errors of sequences that begin with ``first`` seeds, two or more, over all looks."""
    if first < 2:
        raise ValueError(f"a first look of {first} seeds has no interval; valid: two or more")
    rng = np.random.default_rng(np.random.SeedSequence([key, first, LAWS.index(law)]))
    values = draw(law, (replications, seeds_at(LOOKS, first)), rng)
    missed, naive, equal = (np.zeros(replications, dtype=bool) for _ in range(3))
    once = np.zeros(replications, dtype=bool)
    for look in range(1, LOOKS + 1):
        seeds = seeds_at(look, first)
        middle = values[:, :seeds].mean(axis=1)
        error = values[:, :seeds].std(axis=1, ddof=1) / seeds**0.5
        spent = 1 - level_at(look)
        missed |= np.abs(middle) > quantile(1 - spent / 2, seeds - 1) * error
        equal |= middle + quantile(1 - spent, seeds - 1) * error < 0  # the upper end lies below the border, at 0
        naive |= np.abs(middle) > quantile(0.975, seeds - 1) * error
        once = naive.copy() if look == 1 else once
    return StoppingErrors(*(float(each.mean()) for each in (missed, equal, naive, once)))


def share_errors(chance: float, first: int, *, replications: int = 4000, key: int = 0) -> float:
    """How often some look's interval of Clopper and Pearson misses the ``chance`` of a success."""
    rng = np.random.default_rng(np.random.SeedSequence([key, first, round(1000 * chance)]))
    passed = rng.random((replications, seeds_at(LOOKS, first))) < chance
    missed = np.zeros(replications, dtype=bool)
    for look in range(1, LOOKS + 1):
        seeds, level = seeds_at(look, first), level_at(look)
        holds = np.array([share_interval(k, seeds, level).holds(chance) for k in range(seeds + 1)])
        missed |= ~holds[passed[:, :seeds].sum(axis=1)]
    return float(missed.mean())
