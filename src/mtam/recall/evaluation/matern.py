"""The Matern kernel of smoothness 1 over point sets: matrices, and products with matrices that are never stored.

A product with the kernel matrix of n points costs about as much when every entry is computed anew, in blocks that stay
in the cache, as when 8 n^2 bytes are read from memory; nothing of size n^2 in double precision is held.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special
from numpy.typing import NDArray

from mtam.base.jit import kernel

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

JITTER = 1e-10
ROWS, COLUMNS = 64, 512  # of the block that is in the cache: a quarter of a megabyte beside the table's one
TABLE, REACH = 2**16, 40.0  # the kernel is tabulated up to a distance where it is below 1e-23


def matern1(distance: Array) -> Array:
    """k(r) = sqrt2 r K_1(sqrt2 r), k(0) = 1: the Matern kernel of smoothness 1 and unit length scale."""
    r = np.sqrt(2) * np.maximum(distance, 1e-12)
    return np.asarray(r * scipy.special.k1(r))


@dataclass(frozen=True)
class Matern:
    """variance times k by linear interpolation in a table, exact to about 1e-8; the Bessel function is far slower."""

    table: Array  # (TABLE + 1, 2): value and difference to the next, at evenly spaced distances
    per_distance: float  # table entries per unit of distance

    def reaching(self, points: Sequence[Array]) -> "Matern":
        """This table where it covers all distances that points in these sets can have, else one that does."""
        covered = min(2 * _radius(points), REACH) * self.per_distance <= TABLE
        return self if covered else tabulated(points, float(self.table[0, 0]))

    def matrix(self, left: Array, right: Array, out: Array | None = None) -> Array:
        """(n, dim), (m, dim) -> (n, m), written into ``out`` where that is given"""
        out = np.empty((len(left), len(right))) if out is None else out
        _fill(_left(left), _right(right), self.table, self.per_distance, False, out)
        return out

    def upper(
        self, points: Array, nugget: float, kind: type[np.floating[Any]], out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        """The upper triangle of K + nugget I in rows; what lies below is undefined. (n, n) of ``kind``, or ``out``"""
        out = np.empty((len(points), len(points)), dtype=kind) if out is None else out
        _fill(_left(points), _right(points), self.table, self.per_distance, True, out)
        out[np.diag_indices_from(out)] = self.table[0, 0] + self.shift(nugget)
        return out

    def shift(self, nugget: float) -> float:
        """What is added to the diagonal: the nugget, and what keeps rounding from making the matrix indefinite."""
        return float(self.table[0, 0]) * JITTER + nugget

    def symmetric_product(self, points: Array, nugget: float, given: Array) -> Array:
        """(K + nugget I) given. (n,)"""
        out = self.shift(nugget) * given
        _symmetric(_left(points), _right(points), self.table, self.per_distance, given, out)
        return out

    def product(self, left: Array, right: Array, given: Array) -> Array:
        """K(left, right) given. (n, dim), (m, dim), (m,) -> (n,)"""
        out = np.zeros(len(left))
        _product(_left(left), _right(right), self.table, self.per_distance, given, out)
        return out


def tabulated(points: Sequence[Array], variance: float) -> Matern:
    """A table up to the largest distance that points in these sets can have, or to where the kernel vanishes."""
    reach = min(2 * _radius(points), REACH) * (1 + 1e-6) + 1e-9
    values = variance * matern1(np.linspace(0, reach, TABLE + 1))
    return Matern(np.column_stack([values, np.append(np.diff(values), 0.0)]), TABLE / reach)


def _radius(points: Sequence[Array]) -> float:
    return max(float(np.sqrt((some**2).sum(1).max())) for some in points)


def _left(points: Array) -> Array:
    """(-2 a, |a|^2, 1), whose products with (b, 1, |b|^2) are squared distances. (n, dim + 2)"""
    return np.ascontiguousarray(np.column_stack([-2 * points, (points**2).sum(1), np.ones(len(points))]))


def _right(points: Array) -> Array:
    """(b, 1, |b|^2) in columns. (dim + 2, n)"""
    return np.stack([*points.T, np.ones(len(points)), (points**2).sum(1)])


@kernel
def _look_up(squares: Array, table: Array, per_distance: float) -> None:
    """From squared distances to the kernel, in place."""
    last = len(table) - 2.0
    for i in range(squares.shape[0]):
        for j in range(squares.shape[1]):
            at = min(math.sqrt(max(squares[i, j], 0.0)) * per_distance, last)
            below = np.uint64(np.int64(at))
            squares[i, j] = table[below, 0] + (at - below) * table[below, 1]


@kernel
def _block(left: Array, right: Array, table: Array, per_distance: float, room: Array) -> Array:
    """The kernel of a few rows and columns, in a room for it."""
    rows, columns = left.shape[0], right.shape[1]
    squares = room[: rows * columns].reshape((rows, columns))
    np.dot(left, right, squares)
    _look_up(squares, table, per_distance)
    return squares


@kernel
def _fill(left: Array, right: Array, table: Array, per_distance: float, upper: bool, out: NDArray[Any]) -> None:
    room = np.empty(ROWS * COLUMNS)
    for j in range(0, right.shape[1], COLUMNS):
        some = np.ascontiguousarray(right[:, j : j + COLUMNS])
        for i in range(0, min(len(left), j + COLUMNS) if upper else len(left), ROWS):
            found = _block(np.ascontiguousarray(left[i : i + ROWS]), some, table, per_distance, room)
            for a in range(found.shape[0]):
                for b in range(found.shape[1]):
                    out[i + a, j + b] = found[a, b]


@kernel
def _symmetric(left: Array, right: Array, table: Array, per_distance: float, given: Array, out: Array) -> None:
    """Adds K given to ``out``, every block above the diagonal for both of its places."""
    room, there, across = np.empty(ROWS * COLUMNS), np.empty(ROWS), np.empty(COLUMNS)
    for j in range(0, right.shape[1], COLUMNS):
        some = np.ascontiguousarray(right[:, j : j + COLUMNS])
        columns = some.shape[1]
        for i in range(0, min(len(left), j + COLUMNS), ROWS):
            found = _block(np.ascontiguousarray(left[i : i + ROWS]), some, table, per_distance, room)
            rows = found.shape[0]
            for a in range(rows):
                for b in range(min(columns, i + a - j + 1)):  # below the diagonal, and on it
                    found[a, b] = 0.0
            np.dot(found, given[j : j + columns], there[:rows])
            np.dot(given[i : i + rows], found, across[:columns])
            out[i : i + rows] += there[:rows]
            out[j : j + columns] += across[:columns]
    out += table[0, 0] * given


@kernel
def _product(left: Array, right: Array, table: Array, per_distance: float, given: Array, out: Array) -> None:
    room, there = np.empty(ROWS * COLUMNS), np.empty(ROWS)
    for j in range(0, right.shape[1], COLUMNS):
        some = np.ascontiguousarray(right[:, j : j + COLUMNS])
        for i in range(0, len(left), ROWS):
            found = _block(np.ascontiguousarray(left[i : i + ROWS]), some, table, per_distance, room)
            np.dot(found, given[j : j + COLUMNS], there[: found.shape[0]])
            out[i : i + ROWS] += there[: found.shape[0]]
