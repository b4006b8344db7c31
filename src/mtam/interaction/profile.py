"""Variable projection: the loss as a function of A alone, the spline profiled out.

For A = U V^T the coefficients of phi solve the linear least-squares problem

    L(A) = min_c (1/n) sum_i (Y_i - F_i(A) c)^2 + ridge |c|^2,   F_ib(A) = (N-1)^{-1} sum_{j != i} (B T)_b(X_i^T A X_j),

with n = M N rows and T the orthonormalising matrix of the spline space. By the envelope theorem the gradient needs no
derivative of c: dL/dA = -(2/n) sum_i residual_i x_i z_i^T (Golub and Pereyra 1973; Kaufman 1975).

Tokens are whitened implicitly: factors live in whitened coordinates, x_w = W^T x with W E[x x^T] W^T = I, so that
P = X (W U). Sums run over blocks of samples; memory beyond the data does not depend on M.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction import kernels
from mtam.interaction.splines import Spline, SplineSpace

Array = npt.NDArray[np.float64]

BLOCK_ROWS = 2048  # rows (sample, token) per block: the block's features stay in the second-level cache
RIDGE = 0.1  # times 1/n: keeps intervals without data finite, and its bias is far below one standard error


def whitener(x: Array) -> Array:
    """W with W^T E[x x^T] W = I, E the sample mean; a direction without variance gets zero  # (M, N, d) -> (d, d)."""
    d = x.shape[2]
    moment = np.zeros((d, d))
    block = max(1, BLOCK_ROWS // x.shape[1])
    for start in range(0, len(x), block):
        rows = x[start : start + block].reshape(-1, d)
        moment += rows.T @ rows
    values, axes = np.linalg.eigh(moment / (len(x) * x.shape[1]))
    usable = values > 1e-12 * values[-1]
    return np.asarray(axes * np.where(usable, values, np.inf) ** -0.5)


@dataclass(frozen=True)
class Fit:
    """The profiled spline at one A."""

    loss: float  # mean squared residual plus ridge
    coefficients: Array  # (K+s,), in the orthonormal basis
    gram: Array  # (K+s, K+s), mean of F^T F plus ridge


@dataclass(frozen=True)
class Profile:
    """The profiled problem on data x (M, N, d), y (M, N)."""

    x: Array
    y: Array
    white: Array  # W (d, d)
    space: SplineSpace
    arguments: Array  # a sample of u = x^T A y at random A of the norm in use, for the basis

    @cached_property
    def basis(self) -> Array:
        """T  # (K+s, K+s)."""
        return self.space.orthonormaliser(self.arguments)

    @property
    def rows(self) -> int:
        """n = M N."""
        return int(self.y.size)

    @property
    def tokens(self) -> int:
        """N."""
        return int(self.x.shape[1])

    @property
    def ridge(self) -> float:
        """The ridge in units of the mean loss."""
        return RIDGE / self.rows

    @cached_property
    def delicate(self) -> bool:
        """Whether features must be orthonormalised before they are squared; for low degrees the order is immaterial."""
        return float(np.linalg.cond(self.basis)) > 1e3

    @cached_property
    def power(self) -> float:
        """Mean of Y^2."""
        return float(np.mean(self.y**2))

    def head(self, samples: int) -> "Profile":
        """The same problem on the first samples only; samples are i.i.d., so any subset is as good."""
        if samples >= len(self.x):
            return self
        return replace(self, x=self.x[:samples], y=self.y[:samples])

    def fit(self, u: Array, v: Array) -> Fit:
        """Profile the spline out at A = u v^T in whitened coordinates  # (d, r), (d, r)."""
        size = self.space.dimension
        gram, moment = np.zeros((size, size)), np.zeros(size)
        buffer = np.empty((self._block * self.tokens, size))
        for x, y in self._blocks():
            raw = buffer[: len(y)]
            p, q = x @ (self.white @ u), x @ (self.white @ v)
            kernels.features(p, q, self.tokens, self.space.pieces, self.space.intervals, raw)
            features = raw @ self.basis if self.delicate else raw
            gram += features.T @ features
            moment += features.T @ y
        if not self.delicate:
            gram, moment = self.basis.T @ gram @ self.basis, self.basis.T @ moment
        gram = gram / self.rows + self.ridge * np.eye(size)
        moment /= self.rows
        coefficients = scipy.linalg.solve(gram, moment, assume_a="pos")
        return Fit(self.power - float(coefficients @ moment), coefficients, gram)

    def gradient(self, u: Array, v: Array, fit: Fit) -> tuple[float, Array, Array]:
        """The loss from explicit residuals, and dL/du, dL/dv in whitened coordinates  # -> (), (d, r), (d, r)."""
        table = self.table(fit)
        grad_u, grad_v, total = np.zeros_like(u), np.zeros_like(v), 0.0
        for x, y in self._blocks():
            p, q = x @ (self.white @ u), x @ (self.white @ v)
            residual, grad_p, grad_q = np.empty(len(y)), np.empty_like(p), np.empty_like(q)
            kernels.pullback(p, q, self.tokens, table, y, residual, grad_p, grad_q)
            grad_u += x.T @ grad_p
            grad_v += x.T @ grad_q
            total += float(residual @ residual)
        factor = -2 / self.rows
        loss = total / self.rows + self.ridge * float(fit.coefficients @ fit.coefficients)
        return loss, factor * (self.white.T @ grad_u), factor * (self.white.T @ grad_v)

    def residuals(self, u: Array, v: Array, fit: Fit) -> Array:
        """Y_i - (N-1)^{-1} sum_{j != i} phi(X_i^T A X_j)  # (M, N)."""
        coefficients = self.basis @ fit.coefficients
        out = np.empty(self.rows)
        buffer = np.empty((self._block * self.tokens, self.space.dimension))
        done = 0
        for x, y in self._blocks():
            raw = buffer[: len(y)]
            p, q = x @ (self.white @ u), x @ (self.white @ v)
            kernels.features(p, q, self.tokens, self.space.pieces, self.space.intervals, raw)
            out[done : done + len(y)] = y - raw @ coefficients
            done += len(y)
        return out.reshape(self.y.shape)

    def table(self, fit: Fit) -> Array:
        """Local polynomials of the fitted spline  # (K, s+1)."""
        return self.space.table(self.basis @ fit.coefficients)

    def spline(self, fit: Fit) -> Spline:
        """The fitted activation as a function of u."""
        return Spline(self.space, self.basis @ fit.coefficients)

    @property
    def _block(self) -> int:
        return max(1, BLOCK_ROWS // self.tokens)

    def _blocks(self) -> "list[tuple[Array, Array]]":
        d = self.x.shape[2]
        return [
            (self.x[start : start + self._block].reshape(-1, d), self.y[start : start + self._block].reshape(-1))
            for start in range(0, len(self.x), self._block)
        ]
