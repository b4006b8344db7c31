"""Splines with uniform knots on [-R, R], R = 1 unless said, continued constantly outside.

The space of degree s on K intervals has dimension K + s. On interval k, with local coordinate t = (u + 1) K/2 - k - 1/2
in [-1/2, 1/2], exactly s + 1 cardinal B-splines are nonzero, and they are the same polynomials of t on every interval:
B_{k+a}(u) = sum_e C[a, e] t^e. Hence a spline is a table of K polynomials, table[k, e] = sum_a c[k+a] C[a, e].

A space may be told between which knots its functions bend; on the intervals beyond them they are straight lines. For
degree 3 these are the natural splines on the knots within. On uniform knots a spline is a line where its coefficients
lie on one, so such a space is c = E f, f the coefficients that are free, and everything else stays as it is.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.pair_kernels import evaluate

Array = npt.NDArray[np.float64]

NATURAL = 3  # highest degree of splines that may end in lines
MOST_INTERVALS = 1000  # on [-1, 1]: more would make a pass over the data dear


def cardinal(degree: int) -> Array:
    """C[a, e], coefficient of t^e in the a-th of the s+1 B-splines alive on [-1/2, 1/2]  # (s+1, s+1).

    Cox-de Boor for knots at odd halves: with B^s_a the piece of degree s, s B^s_a = (s - a + 1/2 + t) B^{s-1}_{a-1}
    + (a + 1/2 - t) B^{s-1}_a. In the centred coordinate C[s-a, e] = (-1)^e C[a, e].
    """
    pieces = np.ones((1, 1))
    for s in range(1, degree + 1):
        previous, pieces = pieces, np.zeros((s + 1, s + 1))
        for a in range(s + 1):
            if a > 0:
                pieces[a, :s] += (s - a + 0.5) * previous[a - 1]
                pieces[a, 1:] += previous[a - 1]
            if a < s:
                pieces[a, :s] += (a + 0.5) * previous[a]
                pieces[a, 1:] -= previous[a]
        pieces /= s
    return pieces


@dataclass(frozen=True)
class SplineSpace:
    """Splines of degree s on K equal intervals of [-R, R]; dimension K + s, fewer of which may be free."""

    degree: int
    intervals: int
    bends: tuple[int, int] | None = None  # the knots, counted from 0, beyond which functions are straight lines
    reach: float = 1.0  # R

    def __post_init__(self) -> None:
        if self.degree < 1 or self.intervals < 1:
            raise ValueError(f"a spline needs degree >= 1 and intervals >= 1, got {self.degree}, {self.intervals}")
        if self.bends is not None and not 0 <= self.bends[0] < self.bends[1] <= self.intervals:
            raise ValueError(f"a spline on {self.intervals} intervals cannot bend between its knots {self.bends}")
        if self.bends is not None and self.degree > NATURAL:
            raise ValueError(f"a spline that ends in lines needs degree <= {NATURAL}, got {self.degree}")

    @property
    def dimension(self) -> int:
        """K + s."""
        return self.intervals + self.degree

    @property
    def bending(self) -> int:
        """The number of intervals on which functions bend."""
        return self.intervals if self.bends is None else self.bends[1] - self.bends[0]

    @cached_property
    def free(self) -> Array:
        """E with c = E f: coefficients of the functions that are lines where they do not bend  # (K+s, m)."""
        if self.bends is None:
            return np.eye(self.dimension)
        first, last = self.bends
        # The coefficients of the intervals before ``first`` are the first ones up to first + s - 1, those after
        # ``last`` begin there. The innermost two of each line are free and give the others.
        low = first + self.degree - 2 if first > 0 else 0
        high = last + 1 if last < self.intervals else self.dimension - 1
        out = np.zeros((self.dimension, high - low + 1))
        out[np.arange(low, high + 1), np.arange(high - low + 1)] = 1.0
        before, after = np.arange(low, 0, -1), np.arange(1, self.dimension - high)
        out[:low, 0], out[:low, 1] = 1.0 + before, -before
        out[high + 1 :, -1], out[high + 1 :, -2] = 1.0 + after, -after
        return out

    @cached_property
    def pieces(self) -> Array:
        """C  # (s+1, s+1)."""
        return cardinal(self.degree)

    def table(self, coefficients: Array) -> Array:
        """The local polynomials of sum_b coefficients[b] B_b  # (K+s,) -> (K, s+1)."""
        windows = np.lib.stride_tricks.sliding_window_view(coefficients, self.degree + 1)
        return np.ascontiguousarray(windows @ self.pieces)

    def design(self, u: Array) -> Array:
        """B_b(u) for every b, dense  # (n,) -> (n, K+s). For references, tests and small samples only."""
        v = np.clip((u / self.reach + 1) * (self.intervals / 2), 0, self.intervals)
        k = np.minimum(v.astype(np.int64), self.intervals - 1)
        values = ((v - k - 0.5)[:, None] ** np.arange(self.degree + 1)) @ self.pieces.T  # (n, s+1)
        out = np.zeros((len(u), self.dimension))
        out[np.arange(len(u))[:, None], k[:, None] + np.arange(self.degree + 1)] = values
        return out

    def orthonormaliser(self, u: Array, uniform: float = 0.1) -> Array:
        """E T with T upper triangular and B E T orthonormal under (1 - w) law(u) + w Uniform[-R, R]  # (K+s, m).

        Through a QR of the design rather than a Cholesky factor of its Gram matrix: at degree 8 the raw Gram matrix
        is singular to working precision. The uniform part keeps functions bounded that live where u is rare.
        """
        grid = self.reach * np.linspace(-1, 1, 16 * self.dimension + 1)
        stacked = np.concatenate(
            [self.design(u) * np.sqrt((1 - uniform) / len(u)), self.design(grid) * np.sqrt(uniform / len(grid))]
        )
        if self.bends is not None:
            stacked = stacked @ self.free
        r = np.linalg.qr(stacked, mode="r")
        inverse = np.linalg.solve(r, np.eye(len(r)))
        return np.asarray(inverse if self.bends is None else self.free @ inverse)


def between(degree: int, count: int, low: float, high: float) -> SplineSpace:
    """The space on [-1, 1] whose functions bend on ``count`` intervals that cover [low, high], and are lines outside.

    Of a degree beyond 3, whose joins with lines would be too many conditions, functions bend on all of [-1, 1].
    """
    if degree > NATURAL:
        return SplineSpace(degree, count)
    for intervals in range(max(count, min(MOST_INTERVALS, int(2 * count / (high - low)))), count - 1, -1):
        width = 2 / intervals
        first = min(int((low + 1) / width), intervals - count)
        if first + count >= (high + 1) / width:
            return SplineSpace(degree, intervals, (first, first + count))
    return SplineSpace(degree, count)


@dataclass(frozen=True)
class Spline:
    """A function of the space, callable on arrays of any shape; constant outside [-R, R]."""

    space: SplineSpace
    coefficients: Array  # (K+s,), in the B-spline basis

    @cached_property
    def table(self) -> Array:
        """Local polynomials  # (K, s+1)."""
        return self.space.table(self.coefficients)

    def __call__(self, u: Array) -> Array:
        flat = np.ascontiguousarray(u / self.space.reach, dtype=np.float64).reshape(-1)
        return evaluate(flat, self.table).reshape(np.shape(u))
