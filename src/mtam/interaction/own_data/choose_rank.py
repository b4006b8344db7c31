"""The rank of A by hold-out: double it while predictions on held-out samples improve, then look in between.

Two ranks are compared on the same held-out samples: the larger one is better if it lowers the mean squared prediction
error by more than two standard errors of the paired difference over samples, or by more than one if the residuals of
the smaller one show structure (``lack_of_fit``). The paired difference is far sharper than the errors one by one: what
they have in common, the noise above all, cancels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.row_layout import RowLayout
from mtam.interaction.own_data import held_out_tests
from mtam.interaction.search.lack_of_fit import ALARM

Array = npt.NDArray[np.float64]


class Searched(Protocol):
    """What a search says of itself."""

    @property
    def converged(self) -> bool:
        """Whether it trusts its bottom."""
        ...

    @property
    def lack_of_fit(self) -> float:
        """Standard deviations, see ``search.lack_of_fit``."""
        ...


class Predictor(Protocol):
    """What a fit predicts."""

    def responses(self, values: Array, layout: RowLayout | None = None) -> Array:
        """# (M, N, d) -> as responses are."""
        ...


Fit = Callable[[Array, Array, int, RowLayout | None], tuple[Searched, Predictor]]  # x, y, rank, layout

CLEARLY, DOUBTFUL = (
    2.0,
    1.0,
)  # standard errors; against a rank whose residuals are noise one happens by chance too often


@dataclass(frozen=True)
class Split:
    """Samples to fit and samples held out."""

    x: Array  # (M1, N, d)
    y: Array  # (M1, N)
    x_test: Array  # (M2, N, d)
    y_test: Array  # (M2, N)
    layout: RowLayout | None = None  # of the rows of the one
    layout_test: RowLayout | None = None  # and of the other


@dataclass(frozen=True)
class Attempt:
    """One rank, fitted to the one part and judged on the other."""

    rank: int
    losses: Array  # mean squared prediction error per held-out sample, or group, see ``held_out_tests.losses`` (M2,)
    products: Array  # see ``held_out_tests.products`` (M2,)
    converged: bool
    lack_of_fit: float

    @property
    def error(self) -> float:
        """Mean squared prediction error."""
        return float(self.losses.mean())

    @property
    def standard_error(self) -> float:
        """Of ``error``, over samples or groups, which are independent; rows of one need not be."""
        return float(self.losses.std(ddof=1) / np.sqrt(len(self.losses)))

    def beats(self, other: "Attempt") -> bool:
        """Whether this one predicts better, by more standard errors of the paired difference than chance yields."""
        gain = other.losses - self.losses
        level = DOUBTFUL if other.lack_of_fit >= ALARM else CLEARLY
        return bool(gain.mean() > level * gain.std(ddof=1) / np.sqrt(len(gain)))


@dataclass(frozen=True)
class Choice:
    """The chosen rank and all that was tried, in the order of rank."""

    rank: int
    attempts: tuple[Attempt, ...]

    @property
    def chosen(self) -> Attempt:
        """The attempt with the chosen rank."""
        return next(one for one in self.attempts if one.rank == self.rank)

    def raised(self, attempt: Attempt) -> "Choice":
        """The choice of a larger rank instead."""
        both = {one.rank: one for one in (*self.attempts, attempt)}
        return Choice(attempt.rank, tuple(both[rank] for rank in sorted(both)))


def tried(fit: Fit, split: Split, rank: int) -> Attempt:
    """One rank, fitted to the one part and judged on the other."""
    found, fitted = fit(split.x, split.y, rank, split.layout)
    predictions = fitted.responses(split.x_test, split.layout_test)
    errors = held_out_tests.losses(split.y_test, predictions, split.layout_test)
    products = held_out_tests.products(split.y_test, predictions, split.layout_test)
    return Attempt(rank, errors, products, found.converged, found.lack_of_fit)


def choose(fit: Fit, split: Split, ranks: Sequence[int]) -> Choice:
    """The smallest rank that no larger one of those tried beats, over increasing ``ranks`` and then by bisection."""
    seen: dict[int, Attempt] = {}

    def attempt(rank: int) -> Attempt:
        seen[rank] = tried(fit, split, rank)
        return seen[rank]

    best, below = attempt(ranks[0]), ranks[0] - 1
    for rank in ranks[1:]:
        larger = attempt(rank)
        if not larger.beats(best):
            break
        best, below = larger, best.rank
    while len(ranks) > 1 and best.rank - below > 1:
        smaller = attempt((best.rank + below) // 2)
        if best.beats(smaller):
            below = smaller.rank
        else:
            best = smaller
    return Choice(best.rank, tuple(seen[rank] for rank in sorted(seen)))
