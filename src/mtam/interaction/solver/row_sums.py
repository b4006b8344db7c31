"""Passes over the data: the sums over all rows (sample, token) that a fit needs, block by block.

Everything that touches every pair of tokens is here or in ``row_sums_torch``, which does the same on another device.
Memory beyond the data does not depend on M. Factors are in the coordinates of the tokens as given: P = X U, Q = X V.
Under a ``RowLayout`` rows of features, of z and responses are multiplied by the root of their weight, so that all sums
are those of weighted least squares; ``residuals`` alone are those of the responses as they are.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mtam.interaction.model import gram_kernels, pair_kernels
from mtam.interaction.model.row_layout import Mask, RowLayout
from mtam.interaction.model.splines import SplineSpace

Array = npt.NDArray[np.float64]
Data = npt.NDArray[
    np.floating[Any]
]  # tokens as they are kept; every block of them is computed with in double precision

BLOCK_ROWS = 2048  # rows per block: its features stay in the second-level cache
FEWEST_SAMPLES = 16  # per block: kernels run over samples in their innermost loops
SCORE_ROWS = 512  # rows per block where there is a Jacobian as well
SPARSE_ROWS = 16384  # rows per block where no features are formed
DENSE_GAIN = 16  # multiplications of a dense product in the time of one scattered addition: measured


def double(x: Data) -> Array:
    """The same in double precision, itself if it is."""
    return np.asarray(x, dtype=np.float64)


class Passes(Protocol):
    """Sums over the rows of one data set x (M, N, d), y (M, N), n = M N."""

    def normal(self, u: Array, v: Array, space: SplineSpace, transform: Array | None) -> tuple[Array, Array]:
        """F^T F and F^T Y, F_ib = (N-1)^{-1} sum_{j != i} B_b(u_ij), times ``transform``  # (K+s, K+s), (K+s,)."""
        ...

    def pullback(self, u: Array, v: Array, table: Array, both: bool = True) -> tuple[float, Array, Array]:
        """sum_i residual_i^2 and half its negative gradient along u and v, phi fixed  # -> (), (d, r), (d, r).

        Zero along v unless ``both`` are wanted.
        """
        ...

    def residuals(self, u: Array, v: Array, space: SplineSpace, coefficients: Array) -> Array:
        """Y_i - (F c)_i, 0 for what is no response  # (M, N)."""
        ...

    def scores(
        self, u: Array, v: Array, white: Array, space: SplineSpace, table: Array
    ) -> Iterator[tuple[Array, Array, Array]]:
        """x_i W, z_i W = (N-1)^{-1} sum_{j != i} phi'(u_ij) x_j W and F_i, in blocks  # (n, d), (n, d), (n, K+s)."""
        ...


class Blocks:
    """Passes on the CPU, one thread, by the fused kernels."""

    def __init__(self, x: Data, y: Array, layout: RowLayout | None = None) -> None:
        self.x, self.y, self.tokens, self.layout = x, y, x.shape[1], layout

    def _blocks(self, rows: int = BLOCK_ROWS) -> Iterator[tuple[Array, Array, Mask | None]]:
        samples = max(FEWEST_SAMPLES, rows // self.tokens)
        for first in range(0, len(self.x), samples):
            part = slice(first, first + samples)
            x, y = double(self.x[part]).reshape(-1, self.x.shape[2]), self.y[part]
            if self.layout is None:
                yield x, y.reshape(-1), None
            else:
                layout = self.layout[part]
                yield x, (y * layout.root).reshape(-1), layout.mask()

    def _features(self, u: Array, v: Array, space: SplineSpace) -> Iterator[tuple[Array, Array]]:
        room = np.empty((0, space.dimension))
        for x, y, mask in self._blocks():
            if len(room) < len(y):
                room = np.empty((len(y), space.dimension))
            raw = room[: len(y)]
            pair_kernels.features(x @ u, x @ v, self.tokens, space.pieces, space.intervals, raw, mask)
            yield raw, y

    def normal(self, u: Array, v: Array, space: SplineSpace, transform: Array | None) -> tuple[Array, Array]:
        """See ``Passes``."""
        if transform is None and self._sparse(space):
            return self._scattered(u, v, space)
        size = space.dimension if transform is None else transform.shape[1]
        gram, moment = np.zeros((size, size)), np.zeros(size)
        for raw, y in self._features(u, v, space):
            features = raw if transform is None else raw @ transform
            gram += features.T @ features
            moment += features.T @ y
        return gram, moment

    def _sparse(self, space: SplineSpace) -> bool:
        """Whether so many numbers of a row of features are zero that their products are not worth forming.

        Never under a layout, which the sums without zeros do not know.
        """
        nonzero = (self.tokens - 1) * (space.degree + 1)
        return self.layout is None and bool(DENSE_GAIN * nonzero**2 < space.dimension**2)

    def _scattered(self, u: Array, v: Array, space: SplineSpace) -> tuple[Array, Array]:
        """The same sums without the zeros; block by block, so that each is a sum of sums."""
        size = space.dimension
        own, cross, moment = np.zeros((size, size)), np.zeros((size, size)), np.zeros(size)
        for x, y, _ in self._blocks(SPARSE_ROWS):
            parts = np.zeros((size, size)), np.zeros((size, size)), np.zeros(size)
            gram_kernels.gram(x @ u, x @ v, self.tokens, space.pieces, space.intervals, y, *parts)
            for whole, part in zip((own, cross, moment), parts, strict=True):
                whole += part
        scale = 1 / (self.tokens - 1)
        return (own + cross + cross.T) * scale**2, moment * scale

    def pullback(self, u: Array, v: Array, table: Array, both: bool = True) -> tuple[float, Array, Array]:
        """See ``Passes``."""
        grad_u, grad_v, total = np.zeros_like(u), np.zeros_like(v), 0.0
        for x, y, mask in self._blocks():
            p, q = x @ u, x @ v
            residual, grad_p, grad_q = np.empty(len(y)), np.empty_like(p), np.empty((len(y), both * v.shape[1]))
            pair_kernels.pullback(p, q, self.tokens, table, y, residual, grad_p, grad_q, mask)
            grad_u += x.T @ grad_p
            if both:
                grad_v += x.T @ grad_q
            total += float(residual @ residual)
        return total, grad_u, grad_v

    def residuals(self, u: Array, v: Array, space: SplineSpace, coefficients: Array) -> Array:
        """See ``Passes``."""
        parts = [y - raw @ coefficients for raw, y in self._features(u, v, space)]
        found = np.concatenate(parts).reshape(self.y.shape)
        return found if self.layout is None else found / np.where(self.layout.root > 0, self.layout.root, np.inf)

    def scores(
        self, u: Array, v: Array, white: Array, space: SplineSpace, table: Array
    ) -> Iterator[tuple[Array, Array, Array]]:
        """See ``Passes``."""
        for x, _, mask in self._blocks(SCORE_ROWS):
            p, q, x_white = x @ u, x @ v, x @ white
            z, features = np.empty_like(x_white), np.empty((len(x), space.dimension))
            pair_kernels.directions(p, q, x_white, self.tokens, table, z, mask)
            pair_kernels.features(p, q, self.tokens, space.pieces, space.intervals, features, mask)
            yield x_white, z, features
