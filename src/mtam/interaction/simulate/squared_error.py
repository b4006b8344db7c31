"""Errors against the truth: ||g_hat - g*||^2 in L2(rho), on fresh pairs, with standard errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mtam.interaction.simulate.tokens import Tokens, TokenStream
from mtam.interaction.simulate.truth import Data

Array = npt.NDArray[np.float64]
Interaction = Callable[[Array, Array], Array]  # g: (n, d), (n, d) -> (n,)

PRECISION = 0.015  # wanted standard error, relative to the error
FEWEST, MOST = 2**15, 2**22  # pairs
BLOCK = 2**20  # numbers per block of tokens
KEPT = 2**17  # arguments kept for the density of u


class ComparedTruth(Protocol):
    """A truth as estimates are held against it; see ``truth.Truth``."""

    @property
    def law(self) -> Tokens:
        """Of the tokens."""
        ...

    @property
    def normalised(self) -> bool:
        """Whether it is no function of pairs."""
        ...

    def arguments(self, x: Array, y: Array) -> Array:
        """What phi* is a function of  # (n, d), (n, d) -> (n,), or (n, H) for H heads."""
        ...

    def phi(self, u: Array) -> Array:
        """g* by its arguments  # -> (n,)."""
        ...

    def interactions(self, x: Data) -> Array:
        """Responses without noise  # (M, N, d) -> (M, N)."""
        ...


@dataclass(frozen=True)
class Errors:
    """Errors of several estimates on the same pairs."""

    errors: Array  # (estimates,)
    standard_errors: Array  # (estimates,)
    excess: float  # error of the first minus error of the last, paired
    excess_se: float
    arguments: Array  # u = x^T A* y of some of the pairs
    pairs: int


def evaluate(truth: ComparedTruth, estimates: Sequence[Interaction], seed: int, tokens: int = 2) -> Errors:
    """Mean squared distances to g* over fresh independent pairs, as many as the precision asks for.

    Where the truth is no function of pairs (softmax attention): distances of the responses of N = ``tokens``.

    Pairs are added, doubling, until every standard error is below 1.5% of its error, at most 2^22 of them. They come
    from a stream of their own and are the same for all estimates, so that differences are far more precise than the
    errors.
    """
    stream = TokenStream(truth.law, seed, "evaluation")
    compare, width = (_responses, tokens) if truth.normalised else (_pairs, 2)
    block = min(FEWEST, max(1024, BLOCK // (truth.law.d * width)))
    count, wanted = 0, FEWEST
    total = np.zeros(len(estimates))
    cross = np.zeros((len(estimates), len(estimates)))
    kept: list[Array] = []
    while True:
        while count < wanted:
            u, squares = compare(truth, estimates, stream.take(block, width))
            total += squares.sum(axis=1)
            cross += squares @ squares.T
            if count < KEPT:
                kept.append(u)
            count += block
        errors = total / count
        covariance = (cross / count - np.outer(errors, errors)) / count
        standard = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        if count >= MOST or bool(np.all(standard <= PRECISION * errors)):
            break
        wanted *= 2
    spread = covariance[0, 0] + covariance[-1, -1] - 2 * covariance[0, -1]
    return Errors(
        errors, standard, float(errors[0] - errors[-1]), float(np.sqrt(max(spread, 0.0))), np.concatenate(kept), count
    )


def _pairs(truth: ComparedTruth, estimates: Sequence[Interaction], sample: Array) -> tuple[Array, Array]:
    """u and (g_hat - g*)^2 of one pair per sample  # (n, 2, d) -> (n,), (estimates, n)."""
    x, y = np.ascontiguousarray(sample[:, 0]), np.ascontiguousarray(sample[:, 1])
    u = truth.arguments(x, y)
    true = truth.phi(u)
    return u, np.stack([(g(x, y) - true) ** 2 for g in estimates])


def _responses(truth: ComparedTruth, estimates: Sequence[Interaction], sample: Array) -> tuple[Array, Array]:
    """u of one pair and the squared distance of the first token's response  # (n, N, d) -> (n,), (estimates, n)."""
    n, tokens, d = sample.shape
    x = np.repeat(sample[:, 0], tokens - 1, axis=0)
    y = sample[:, 1:].reshape(-1, d)
    true = truth.interactions(sample)[:, 0]
    fitted = [g(x, y).reshape(n, tokens - 1).mean(axis=1) for g in estimates]
    return truth.arguments(sample[:, 0], sample[:, 1]), np.stack([(one - true) ** 2 for one in fitted])
