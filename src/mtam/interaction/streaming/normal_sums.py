"""The normal equations of (phi, A) at one A, summed over blocks of samples that are not kept.

Near A_0 = U V^T the responses are linear in the spline coefficients c and in moves of the factors,

    Y_i ~ (F c)_i + (J delta)_i,   J_i = d(mean_j phi_0(u_ij))/d(U, V) = [x_i (V^T z_i)^T, z_i (U^T x_i)^T],

z_i = (N-1)^{-1} sum_{j != i} phi_0'(u_ij) x_j (Kaufman 1975). Their products take (K+s)^2 + 2 d r (K + s) + (2 d r)^2
numbers, whatever M is. Beside them the sums of the splines at the true A, for the fit that knows it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.model import gram_kernels, pair_kernels
from mtam.interaction.model.splines import Spline, SplineSpace

Array = npt.NDArray[np.float64]

ROWS = 1024  # at a time: their Jacobian stays in the second-level cache


@dataclass(frozen=True)
class Linearisation:
    """Where the problem is linearised, and the spline space of the answer."""

    left: Array  # U (d, r)
    right: Array  # V (d, r)
    phi: Spline  # phi_0, on [-1, 1]
    space: SplineSpace
    known_left: Array  # factors of the A with which the fit beside it is made (d, r)
    known_right: Array

    @property
    def moves(self) -> int:
        """2 d r, the columns of J; none in d = 1, where phi absorbs A."""
        return 0 if len(self.left) == 1 else 2 * self.left.size


@dataclass
class NormalSums:
    """Sums over rows; the features of B-splines are N - 1 times their means, see ``gram``."""

    own: Array  # (K+s, K+s)
    cross: Array  # (K+s, K+s)
    moment: Array  # F^T Y (K+s,)
    mixed: Array  # F^T J (K+s, m)
    moves: Array  # J^T J (m, m)
    pull: Array  # J^T Y (m,)
    known_own: Array  # the same at the known A (K+s, K+s)
    known_cross: Array
    known_moment: Array
    power: Array  # sum of Y^2 (1,)
    rows: Array  # their number (1,)

    @classmethod
    def zero(cls, at: Linearisation) -> "NormalSums":
        """Sums over nothing."""
        size, moves = at.space.dimension, at.moves
        square, line = (size, size), (size,)
        shapes = [square, square, line, (size, moves), (moves, moves), (moves,), square, square, line, (1,), (1,)]
        return cls(*(np.zeros(shape) for shape in shapes))

    def parts(self) -> dict[str, Array]:
        """The arrays by name."""
        return dict(vars(self))

    def add(self, other: "NormalSums") -> None:
        """Sums over both."""
        for name, part in self.parts().items():
            part += getattr(other, name)

    def gram(self, tokens: int) -> Array:
        """F^T F  # (K+s, K+s)."""
        return np.asarray((self.own + self.cross + self.cross.T) / (tokens - 1) ** 2)

    def known_gram(self, tokens: int) -> Array:
        """F^T F at the known A  # (K+s, K+s)."""
        return np.asarray((self.known_own + self.known_cross + self.known_cross.T) / (tokens - 1) ** 2)


def block_sums(at: Linearisation, x: Array, y: Array) -> NormalSums:
    """The sums over one block  # x (S, N, d), y (S, N)."""
    sums, (samples, tokens, d) = NormalSums.zero(at), x.shape
    step = max(16, ROWS // tokens)
    table, pieces, count = at.phi.table, at.space.pieces, at.space.intervals
    for first in range(0, samples, step):
        rows = np.ascontiguousarray(x[first : first + step].reshape(-1, d))
        wanted = np.ascontiguousarray(y[first : first + step].reshape(-1))
        p, q = rows @ at.left, rows @ at.right
        gram_kernels.gram(p, q, tokens, pieces, count, wanted, sums.own, sums.cross, sums.moment)
        known = sums.known_own, sums.known_cross, sums.known_moment
        gram_kernels.gram(rows @ at.known_left, rows @ at.known_right, tokens, pieces, count, wanted, *known)
        sums.power += wanted @ wanted
        sums.rows += len(wanted)
        if at.moves:
            z, jacobian = np.empty_like(rows), np.empty((len(rows), at.moves))
            pair_kernels.directions(p, q, rows, tokens, table, z)
            pair_kernels.jacobian(rows, z, p, z @ at.right, jacobian)
            gram_kernels.mixed(p, q, tokens, pieces, count, jacobian, sums.mixed)
            sums.moves += jacobian.T @ jacobian
            sums.pull += jacobian.T @ wanted
    for part in (sums.moment, sums.known_moment, sums.mixed):
        part /= tokens - 1
    return sums
