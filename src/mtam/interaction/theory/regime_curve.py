"""Errors of the estimator for Gaussian tokens at any M and d, and their local slopes: the regime of the theorem.

    error(M; K) = bias^2_K + sigma^2/(M N) [trace_K + diagonal_K + price(d)]            (``gaussian_risk``)

is computed at K up to a last one by quadrature. Beyond, every term is continued by its own law: bias^2 by its mean over
truths, ~ K^{-2 beta} (``rough_truths``), times 1 + c K^{-1/2} with c such that it fits at the last K, for it is a sum
of about K independent terms; the trace by (N-1)(K+s) less a constant.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.theory.gaussian_arguments import GaussianArguments, gaussian_arguments, spread_evenly
from mtam.interaction.theory.gaussian_risk import PriceOfA, diagonal_directions, price_of_a, spline_risk
from mtam.interaction.theory.rough_truths import RoughTruths, mean_bias, rough_truths

Array = npt.NDArray[np.float64]
Tick = Callable[[float], None]

EXACT = 1024  # intervals
FARTHEST = 1e40  # M
ROUNDING = 1e-22  # bias^2 that is computed to four digits; for beta <= 4 it lies beyond EXACT
GROWTH = 1.12  # of successive K
FINE = 1.01  # the same, for the choice of the best K
WIDE = 64.0  # K are looked at up to so many M^{1/(2 beta + 1)}
WINDOW = 10.0  # a local slope is that between two sizes so far apart
HALF = WINDOW**0.5


@dataclass(frozen=True)
class RegimeCase:
    """What is asked for; the splines have the degree beta + 1 of the truth."""

    beta: int
    rank: int
    tokens: int  # N
    noise: float  # sigma
    seeds: tuple[int, ...]  # of the truths

    @property
    def theory(self) -> float:
        """-2 beta/(2 beta + 1)."""
        return -2 * self.beta / (2 * self.beta + 1)

    def parameters(self, d: int) -> int:
        """p = 2 r d - r^2 - 1."""
        return 2 * self.rank * d - self.rank**2 - 1


@dataclass(frozen=True)
class RegimeCurve:
    """Bias, trace and price of A over a grid of K."""

    case: RegimeCase
    intervals: Array  # (n,)
    bias: Array  # (n, truths)
    trace: Array  # (n,)
    diagonal: Array  # (n, truths)
    price: PriceOfA
    exact: int  # the largest K that was computed
    continued: Array  # bias^2 at that K over its mean over truths (truths,)

    @cached_property
    def _fine(self) -> tuple[Array, Array, Array, Array]:
        """The grid, bias, trace and diagonal at many K between: there need not be a whole number of intervals."""
        logs = np.log(self.intervals)
        steps = np.arange(logs[0], logs[-1], np.log(FINE))
        whole = np.unique(np.concatenate([logs[self.intervals < 64], steps[steps > np.log(64)]]))
        bias = np.exp(_columns(whole, logs, np.log(self.bias)))
        trace = np.exp(np.interp(whole, logs, np.log(self.trace)))
        return np.exp(whole), bias, trace, _columns(whole, logs, self.diagonal)

    def unit(self, sizes: Array) -> Array:
        """sigma^2/(M N)."""
        return np.asarray(self.case.noise**2 / (np.asarray(sizes) * self.case.tokens))

    def price_at(self, sizes: Array, d: int) -> Array:
        """The price of A  # (sizes,) -> (sizes, truths); 0 in d = 1."""
        whole = self.price.at(d, self.case.rank) + self.diagonal[-1]
        return np.asarray(self.unit(sizes)[:, None] * whole)

    def best(self, sizes: Array, d: int) -> Array:
        """The error with the best K, which no data tell  # (sizes,) -> (sizes, truths)."""
        _, bias, trace, diagonal = self._fine
        known = [
            (bias + unit * (trace[:, None] + diagonal + self.price.at(d, self.case.rank))).min(axis=0)
            for unit in self.unit(sizes)
        ]
        return np.array(known)

    def with_a_known(self, sizes: Array, constant: float) -> Array:
        """The error of oracle-A with K = c M^{1/(2 beta + 1)}, not rounded  # (sizes,) -> (sizes, truths)."""
        wanted = np.log(constant) + np.log(sizes) / (2 * self.case.beta + 1)
        logs = np.log(self.intervals)
        trace = np.exp(np.interp(wanted, logs, np.log(self.trace)))
        return np.asarray(np.exp(_columns(wanted, logs, np.log(self.bias))) + (self.unit(sizes) * trace)[:, None])

    def by_rule(self, sizes: Array, d: int, constant: float) -> Array:
        """The error with the same K, A fitted as well  # (sizes,) -> (sizes, truths)."""
        wanted = np.log(constant) + np.log(sizes) / (2 * self.case.beta + 1)
        inner = _columns(wanted, np.log(self.intervals), self.diagonal)
        price = self.unit(sizes)[:, None] * (inner + self.price.at(d, self.case.rank))
        return np.asarray(self.with_a_known(sizes, constant) + price)

    def slopes(self, sizes: Array, d: int, constant: float | None = None) -> Array:
        """Local slopes over a decade around every M, K the best or by rule  # (sizes,) -> (sizes, truths)."""
        return _local(sizes, lambda m: self.best(m, d) if constant is None else self.by_rule(m, d, constant))

    def slopes_with_a_known(self, sizes: Array, constant: float) -> Array:
        """The same of oracle-A, K by rule  # (sizes,) -> (sizes, truths)."""
        return _local(sizes, lambda m: self.with_a_known(m, constant))

    def share(self, sizes: Array, d: int) -> Array:
        """The share of the price of A in the error with the best K  # (sizes,) -> (sizes, truths)."""
        return np.asarray(self.price_at(sizes, d) / self.best(sizes, d))


def _local(sizes: Array, errors: Callable[[Array], Array]) -> Array:
    low, high = errors(np.asarray(sizes) / HALF), errors(np.asarray(sizes) * HALF)
    return np.asarray(np.log(high / low) / np.log(WINDOW))


def _columns(x: Array, grid: Array, values: Array) -> Array:
    """Linear interpolation of every column  # (m,), (n,), (n, truths) -> (m, truths)."""
    return np.stack([np.interp(x, grid, column) for column in values.T], axis=1)


def grid(last: float) -> Array:
    """K = 1, 2, 3, .. then geometric."""
    values = [1]
    while values[-1] < last:
        values.append(max(values[-1] + 1, round(values[-1] * GROWTH)))
    return np.array(values, dtype=np.float64)


def regime_curve(case: RegimeCase, exact: int = EXACT, tick: Tick = lambda _: None) -> RegimeCurve:
    """The terms of the error for any M; ``exact`` is the largest K that is computed and not continued."""
    law = gaussian_arguments(spread_evenly(case.rank), panels=4 * exact)
    truths = rough_truths(case.beta, case.seeds, law, frequencies=4 * exact)
    return curve_of(case, law, truths, exact, tick)


def curve_of(
    case: RegimeCase, law: GaussianArguments, truths: RoughTruths, exact: int, tick: Tick = lambda _: None
) -> RegimeCurve:
    """The same for a law and truths at hand."""
    counts = grid(WIDE * (HALF * FARTHEST) ** (1 / (2 * case.beta + 1)))
    degree = case.beta + 1
    level = truths.gain**2 * law.inside  # of bias^2, for sum_k k^{-(2 beta + 1)} E_s
    near = counts[counts <= exact]
    near = near[level.min() * mean_bias(case.beta, degree, near) > ROUNDING]
    computed, beyond = np.split(counts, [len(near)])
    directions = diagonal_directions(law, truths, case.tokens)
    found = []
    for at, count in enumerate(computed):
        found.append(spline_risk(law, truths, SplineSpace(degree, int(count)), case.tokens, directions))
        tick((at + 1) / len(computed))
    bias = np.array([each.bias for each in found])
    bias += level * mean_bias(case.beta, degree, computed, truths.frequencies)[:, None]
    mean = float(mean_bias(case.beta, degree, computed[-1:])[0])
    ratio = bias[-1] / (level * mean)
    fading = 1 + (ratio - 1) * (computed[-1] / beyond[:, None]) ** 0.5
    traces = np.array([each.trace for each in found])
    missing = (case.tokens - 1) * (computed[-1] + degree) - traces[-1]
    diagonal = np.array([each.diagonal for each in found])
    return RegimeCurve(
        case=case,
        intervals=counts,
        bias=np.concatenate([bias, level * mean * (computed[-1] / beyond[:, None]) ** (2 * case.beta) * fading]),
        trace=np.concatenate([traces, (case.tokens - 1) * (beyond + degree) - missing]),
        diagonal=np.concatenate([diagonal, np.repeat(diagonal[-1:], len(beyond), axis=0)]),
        price=price_of_a(law, truths, case.tokens),
        exact=int(computed[-1]),
        continued=ratio,
    )


def samples_needed(beta: int, product: int) -> float:
    """The smallest M with r d <= (M/ln M)^{1/(2 beta + 1)}, by bisection on ln M (M >= e)."""
    wanted = (2 * beta + 1) * np.log(product)
    low, high = 1.0, 2.0 * wanted + 10.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if middle - np.log(middle) < wanted else (low, middle)
    return float(np.exp(high))


def from_where(sizes: Sequence[float] | Array, distances: Array, margin: float) -> float | None:
    """The first M from which on every distance is at most ``margin``; None if the last one is larger."""
    outside = np.flatnonzero(distances > margin)
    if len(outside) == 0:
        return float(sizes[0])
    return None if outside[-1] == len(sizes) - 1 else float(sizes[outside[-1] + 1])
