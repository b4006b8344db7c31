"""The derivatives of the truth along the directions of A that an estimator of its rank can move in."""

import numpy as np
import numpy.typing as npt

from mtam.interaction.simulate.truth import Truth

Array = npt.NDArray[np.float64]

DIFFERENCE = 1e-5  # half-width of the difference quotient for phi*'


class Tangents:
    """p = 2rd - r^2 - 1 directions, those at A* that keep the rank and the norm, as features of tokens.

    The tangent space of matrices of rank r at A* is spanned by a_k b_k^T, k = 1..2rd - r^2; a reflection that takes the
    direction A* itself to the first axis leaves the others orthogonal to it.
    """

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        d, r = truth.left.shape
        columns = np.linalg.qr(truth.left, mode="complete")[0]
        rows = np.linalg.qr(truth.right)[0]
        self._left = np.concatenate(
            [np.repeat(columns[:, :r], d, axis=1), np.repeat(columns[:, r:], r, axis=1)], axis=1
        )
        self._right = np.concatenate([np.tile(np.eye(d), (1, r)), np.tile(rows, (1, d - r))], axis=1)
        radial = np.einsum("dk,de,ek->k", self._left, truth.matrix, self._right)
        radial /= np.linalg.norm(radial)
        radial[0] += np.copysign(1.0, radial[0])
        self._mirror = radial / np.linalg.norm(radial)

    @property
    def count(self) -> int:
        """p."""
        return len(self._mirror) - 1

    def matrix(self, move: Array) -> Array:
        """sum_k move_k D_k  # (p,) -> (d, d)."""
        everything = np.concatenate([[0.0], move])
        everything -= self._mirror * (2 * (self._mirror @ everything))
        return np.asarray((self._left * everything) @ self._right.T)

    def arguments(self, x: Array) -> tuple[Array, Array]:
        """P, Q with u_ij = P_i . Q_j  # (M, N, d) -> (M N, r), (M N, r)."""
        tokens = x.reshape(-1, x.shape[2])
        return np.ascontiguousarray(tokens @ self._truth.left), np.ascontiguousarray(tokens @ self._truth.right)

    def features(self, x: Array) -> Array:
        """(N-1)^{-1} sum_{j != i} phi*'(u_ij) x_i^T D_k x_j for every direction D_k  # (M, N, d) -> (M N, p)."""
        truth, tokens = self._truth, x.shape[1]
        u = (x @ truth.left) @ (x @ truth.right).transpose(0, 2, 1)
        slope = (truth.phi(u + DIFFERENCE) - truth.phi(u - DIFFERENCE)) / (2 * DIFFERENCE)
        index = np.arange(tokens)
        slope[:, index, index] = 0.0
        others = slope @ x / (tokens - 1)  # (M, N, d)
        everything = ((x @ self._left) * (others @ self._right)).reshape(-1, len(self._mirror))
        everything -= np.outer(everything @ self._mirror, 2 * self._mirror)
        return np.ascontiguousarray(everything[:, 1:])
