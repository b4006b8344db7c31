"""Variable projection: the loss as a function of A alone, the spline profiled out.

For A = U V^T the coefficients of phi solve the linear least-squares problem

    L(A) = min_c (1/n) sum_i (Y_i - F_i(A) c)^2 + ridge |c|^2,   F_ib(A) = (N-1)^{-1} sum_{j != i} (B T)_b(X_i^T A X_j),

with n = M N rows and T the orthonormalising matrix of the spline space. By the envelope theorem the gradient needs no
derivative of c: dL/dA = -(2/n) sum_i residual_i x_i z_i^T (Golub and Pereyra 1973; Kaufman 1975). A penalised spline
adds lambda |second differences of T c|^2 to what c minimises; the loss includes it, and all else stays as it is.

Tokens are whitened implicitly: factors live in whitened coordinates, x_w = W^T x with W E[x x^T] W^T = I, so that
P = X (W U). The sums over rows are those of ``row_sums``. Under a ``RowLayout`` the loss is the mean of omega_i
residual_i^2 over the n responses that count, and every mean over rows is weighted so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.model.low_rank import full
from mtam.interaction.model.row_layout import Index, Labels, RowLayout, part_of
from mtam.interaction.model.splines import Spline, SplineSpace, between
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver import grouped_smoothing
from mtam.interaction.solver.reml import Smoothing, choose, differences
from mtam.interaction.solver.row_sums import BLOCK_ROWS, Blocks, Data, Passes, double

Array = npt.NDArray[np.float64]

RIDGE = 0.1  # times 1/n: keeps intervals without data finite, and its bias is far below one standard error


def whitener(x: Data, layout: RowLayout | None = None) -> Array:
    """W with W^T E[x x^T] W = I, E the sample mean; a direction without variance gets zero  # (M, N, d) -> (d, d).

    Under a layout over the tokens that are there, each with the mean weight of the responses of its sample.
    """
    d = x.shape[2]
    moment = np.zeros((d, d))
    block = max(1, BLOCK_ROWS // x.shape[1])
    for start in range(0, len(x), block):
        part = slice(start, start + block)
        rows = double(x[part]).reshape(-1, d)
        moment += rows.T @ (rows if layout is None else rows * layout[part].token_weights.reshape(-1, 1))
    total = len(x) * x.shape[1] if layout is None else float(layout.token_weights.sum())
    values, axes = np.linalg.eigh(moment / total)
    usable = values > 1e-12 * values[-1]
    return np.asarray(axes * np.where(usable, values, np.inf) ** -0.5)


@dataclass(frozen=True)
class ProfiledFit:
    """The profiled spline at one A."""

    loss: float  # mean squared residual plus ridge and penalty
    coefficients: Array  # (m,), in the orthonormal basis; m = K+s where phi may bend everywhere
    gram: Array  # (m, m), mean of F^T F plus ridge and penalty


@dataclass(frozen=True)
class Profile:
    """The profiled problem on data x (M, N, d), y (M, N)."""

    x: Data
    y: Array
    white: Array  # W (d, d)
    space: SplineSpace
    arguments: Array  # a sample of u = x^T A y at random A of the norm in use, for the basis
    device: str = "cpu"  # "cpu": the compiled kernels; "cuda": torch there; "torch:cpu": torch on the CPU, for tests
    norm: float = SCALE  # of A in whitened coordinates: the root mean square of u, phi living on [-1, 1]
    inner: tuple[float, float] | None = None  # the part of [-1, 1] where phi may bend; None: everywhere
    smoothing: float | None = None  # lambda, in units of the mean loss; None: phi is not penalised
    layout: RowLayout | None = None  # None: every token is there, acts on all others, and counts alike

    @cached_property
    def basis(self) -> Array:
        """T  # (K+s, m)."""
        return self.space.orthonormaliser(self.arguments)

    def on(self, intervals: int) -> "Profile":
        """The same problem with a spline on so many intervals."""
        degree = self.space.degree
        space = SplineSpace(degree, intervals) if self.inner is None else between(degree, intervals, *self.inner)
        return replace(self, space=space)

    @property
    def rows(self) -> int:
        """n = M N, or the number of responses that count."""
        return int(self.y.size) if self.layout is None else self.layout.rows

    @property
    def tokens(self) -> int:
        """N."""
        return int(self.x.shape[1])

    @property
    def ridge(self) -> float:
        """The ridge in units of the mean loss."""
        return RIDGE / self.rows

    @cached_property
    def roughness(self) -> Array:
        """P: c^T P c is the sum of squared second differences of the B-spline coefficients T c  # (m, m)."""
        bent = differences(self.space.dimension) @ self.basis
        return np.asarray(bent.T @ bent)

    @cached_property
    def penalty(self) -> Array:
        """What stands beside the mean of F^T F: the ridge, and lambda P where phi is penalised  # (m, m)."""
        ridge = self.ridge * np.eye(self.basis.shape[1])
        return ridge if self.smoothing is None else ridge + self.smoothing * self.roughness

    @cached_property
    def delicate(self) -> bool:
        """Whether features must be orthonormalised before they are squared; for low degrees the order is immaterial."""
        return float(np.linalg.cond(self.basis)) > 1e3

    @cached_property
    def power(self) -> float:
        """Mean of Y^2."""
        return self.mean_square(self.y)

    def mean_square(self, values: Array) -> float:
        """Over the rows, times weights: those of some samples need not have mean 1  # (M, N) -> ()."""
        if self.layout is None:
            return float(np.mean(values**2))
        return float(np.sum(self.layout.weights * values**2)) / self.rows

    @property
    def variance(self) -> float:
        """Of Y, in the sense of ``mean_square``."""
        return float(self.y.var()) if self.layout is None else self.mean_square(self.deviations(self.y))

    def deviations(self, target: Array) -> Array:
        """A target less its mean, 0 for what is no response  # (M, N)."""
        if self.layout is None:
            return np.asarray(target - target.mean())
        return np.where(self.layout.weights > 0, target - self.layout.mean(target), 0.0)

    def weighted(self, target: Array) -> Array:
        """``deviations`` times weights  # (M, N)."""
        found = self.deviations(target)
        return found if self.layout is None else found * self.layout.weights

    def head(self, samples: int) -> "Profile":
        """The same problem on the first samples only; samples are i.i.d., so any subset is as good."""
        return self if samples >= len(self.x) else self.part(slice(samples))

    def part(self, index: Index) -> "Profile":
        """The same problem on some samples."""
        return replace(self, x=self.x[index], y=self.y[index], layout=part_of(self.layout, index))

    def halves(self, first: slice, second: slice) -> tuple["Profile", "Profile"]:
        """On the two halves of the samples as they are given; where samples have groups, on those of every other."""
        if self.layout is None or self.layout.groups is None:
            return self.part(first), self.part(second)
        odd = self.layout.groups % 2 == 1
        return self.part(~odd), self.part(odd)

    def first(self, rows: int) -> "Profile":
        """The same problem on the first samples that hold more than so many rows, or on all."""
        return self.head(rows // self.tokens + 1)

    @cached_property
    def passes(self) -> Passes:
        """The sums over all rows, on the device of this problem."""
        if self.device == "cpu":
            return Blocks(self.x, self.y, self.layout)
        if self.layout is not None:
            raise ValueError("rows with a layout are summed on the CPU alone")
        from mtam.interaction.solver.row_sums_torch import TorchPasses  # torch takes seconds to import

        return TorchPasses(self.x, self.y, self.device.removeprefix("torch:"))

    def fit(self, u: Array, v: Array) -> ProfiledFit:
        """Profile the spline out at A = u v^T in whitened coordinates  # (d, r), (d, r)."""
        transform = self.basis if self.delicate else None
        gram, moment = self.passes.normal(self.white @ u, self.white @ v, self.space, transform)
        if not self.delicate:
            gram, moment = self.basis.T @ gram @ self.basis, self.basis.T @ moment
        gram = gram / self.rows + self.penalty
        moment /= self.rows
        coefficients = scipy.linalg.solve(gram, moment, assume_a="pos")
        return ProfiledFit(self.power - float(coefficients @ moment), coefficients, gram)

    def smoothed(self, fit: ProfiledFit, u: Array, v: Array) -> tuple["Profile", ProfiledFit, Smoothing]:
        """The same problem with lambda by REML at the A of ``fit``, a fit without penalty; and the fit with it.

        Where samples have groups, lambda by cross-validation over these instead.
        """
        moment = fit.gram @ fit.coefficients
        if self.layout is None or self.layout.groups is None:
            found = choose(fit.gram, moment, self.power, self.roughness, self.rows)
        else:
            folds = self._folds(u, v, self.layout.groups % grouped_smoothing.FOLDS)
            found = grouped_smoothing.choose(folds, self.roughness, self.penalty, self.rows)
        profile = replace(self, smoothing=found.value)
        gram = fit.gram + found.value * self.roughness
        coefficients = scipy.linalg.solve(gram, moment, assume_a="pos")
        return profile, ProfiledFit(self.power - float(coefficients @ moment), coefficients, gram), found

    def _folds(self, u: Array, v: Array, labels: Labels) -> list[grouped_smoothing.Fold]:
        """The sums over the samples of each label."""
        out = []
        for label in np.unique(labels):
            part = self.part(labels == label)
            fit = part.fit(u, v)
            gram, moment = (fit.gram - part.penalty) * part.rows, fit.gram @ fit.coefficients * part.rows
            out.append(grouped_smoothing.Fold(gram, moment, part.power * part.rows))
        return out

    def freedom(self, fit: ProfiledFit) -> float:
        """The effective degrees of freedom of phi, tr (G + lambda P)^{-1} G; m where phi is not penalised."""
        size = len(fit.coefficients)
        if self.smoothing is None:
            return float(size)
        spent = scipy.linalg.solve(fit.gram, self.smoothing * self.roughness, assume_a="pos")
        return size - float(np.trace(spent))

    def squared_residual(self, fit: ProfiledFit) -> float:
        """The mean squared residual: the loss less ridge and penalty."""
        c = fit.coefficients
        loss = fit.loss - self.ridge * float(c @ c)
        return loss if self.smoothing is None else loss - self.smoothing * float(c @ self.roughness @ c)

    def gradient(self, u: Array, v: Array, fit: ProfiledFit) -> tuple[Array, Array]:
        """dL/du and dL/dv in whitened coordinates; at full rank v is fixed, and dL/dv zero  # -> (d, r), (d, r)."""
        _, grad_u, grad_v = self.passes.pullback(self.white @ u, self.white @ v, self.table(fit), both=not full(u))
        factor = -2 / self.rows
        return factor * (self.white.T @ grad_u), factor * (self.white.T @ grad_v)

    def residuals(self, u: Array, v: Array, fit: ProfiledFit) -> Array:
        """Y_i - (N-1)^{-1} sum_{j != i} phi(X_i^T A X_j), 0 for what is no response  # (M, N)."""
        return self.passes.residuals(self.white @ u, self.white @ v, self.space, self.basis @ fit.coefficients)

    def scores(self, u: Array, v: Array, fit: ProfiledFit) -> Iterator[tuple[Array, Array, Array]]:
        """Whitened tokens, z_i with d(mean_j phi(u_ij))/dA = x_i z_i^T, and orthonormal features, in blocks."""
        left, right = self.white @ u, self.white @ v
        for x, z, raw in self.passes.scores(left, right, self.white, self.space, self.table(fit)):
            yield x, z, raw @ self.basis

    def table(self, fit: ProfiledFit) -> Array:
        """Local polynomials of the fitted spline  # (K, s+1)."""
        return self.space.table(self.basis @ fit.coefficients)

    def spline(self, fit: ProfiledFit) -> Spline:
        """The fitted activation as a function of u at the A of norm ``SCALE``."""
        space = self.space if self.norm == SCALE else replace(self.space, reach=SCALE / self.norm)
        return Spline(space, self.basis @ fit.coefficients)
