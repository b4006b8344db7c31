"""Splines with uniform knots on [-1, 1], continued constantly outside.

The space of degree s on K intervals has dimension K + s. On interval k, with local coordinate t = (u + 1) K/2 - k - 1/2
in [-1/2, 1/2], exactly s + 1 cardinal B-splines are nonzero, and they are the same polynomials of t on every interval:
B_{k+a}(u) = sum_e C[a, e] t^e. Hence a spline is a table of K polynomials, table[k, e] = sum_a c[k+a] C[a, e].
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.pair_kernels import evaluate

Array = npt.NDArray[np.float64]


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
    """Splines of degree s on K equal intervals of [-1, 1]; dimension K + s."""

    degree: int
    intervals: int

    def __post_init__(self) -> None:
        if self.degree < 1 or self.intervals < 1:
            raise ValueError(f"a spline needs degree >= 1 and intervals >= 1, got {self.degree}, {self.intervals}")

    @property
    def dimension(self) -> int:
        """K + s."""
        return self.intervals + self.degree

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
        v = np.clip((u + 1) * (self.intervals / 2), 0, self.intervals)
        k = np.minimum(v.astype(np.int64), self.intervals - 1)
        values = ((v - k - 0.5)[:, None] ** np.arange(self.degree + 1)) @ self.pieces.T  # (n, s+1)
        out = np.zeros((len(u), self.dimension))
        out[np.arange(len(u))[:, None], k[:, None] + np.arange(self.degree + 1)] = values
        return out

    def orthonormaliser(self, u: Array, uniform: float = 0.1) -> Array:
        """T upper triangular with B T orthonormal under (1 - w) law(u) + w Uniform[-1, 1]  # w = uniform; (K+s, K+s).

        Through a QR of the design rather than a Cholesky factor of its Gram matrix: at degree 8 the raw Gram matrix
        is singular to working precision. The uniform part keeps functions bounded that live where u is rare.
        """
        grid = np.linspace(-1, 1, 16 * self.dimension + 1)
        stacked = np.concatenate(
            [self.design(u) * np.sqrt((1 - uniform) / len(u)), self.design(grid) * np.sqrt(uniform / len(grid))]
        )
        r = np.linalg.qr(stacked, mode="r")
        return np.asarray(np.linalg.solve(r, np.eye(self.dimension)))


@dataclass(frozen=True)
class Spline:
    """A function of the space, callable on arrays of any shape; constant outside [-1, 1]."""

    space: SplineSpace
    coefficients: Array  # (K+s,), in the B-spline basis

    @cached_property
    def table(self) -> Array:
        """Local polynomials  # (K, s+1)."""
        return self.space.table(self.coefficients)

    def __call__(self, u: Array) -> Array:
        flat = np.ascontiguousarray(u, dtype=np.float64).reshape(-1)
        return evaluate(flat, self.table).reshape(np.shape(u))
