"""The sum of squares of an attention fit, its gradient and its Gauss-Newton matrix, block by block.

f depends on A through u, on phi through coefficients c where phi = exp(sum_b c_b B_b) is not known, and on w where
values v = w^T x are not. With D = df_i/d value(u_ij) (``AttentionResponse.pull``) the rows of the Jacobian are

    d f_i/dA = x_i s_i^T,  s_i = sum_j D_ij value'(u_ij) x_j,
    d f_i/dc_b = sum_j D_ij B_b(u_ij),   d f_i/dw = sum_j W_ij x_j,

and along the factors of A = U V^T x_i (V^T s_i)^T and s_i (U^T x_i)^T. Where phi is not known the norm of A is fixed,
and what a step does to the norm is undone: J - (J m) g^T/(m^T g), m = (U, V), g the gradient of ln ||A||.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.low_rank import balance, dimension, full, moving
from mtam.interaction.model.pair_kernels_reference import derivative
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.row_normalised.attention_forms import (
    AttentionForm,
    AttentionResponse,
    respond,
    scores,
)

Array = npt.NDArray[np.float64]

BLOCK = 2**20  # numbers in an array over pairs, or pairs and coefficients


@dataclass(frozen=True)
class AttentionParameters:
    """A = U V^T, and where they are fitted w and the coefficients of ln phi."""

    left: Array  # U (d, r)
    right: Array  # V (d, r); at full rank U = A and V = I
    linear: Array | None = None  # w (d,)
    coefficients: Array | None = None  # c (m,)

    @property
    def matrix(self) -> Array:
        """A  # (d, d)."""
        return np.asarray(self.left @ self.right.T)


@dataclass(frozen=True)
class AttentionSums:
    """Over n = M N rows: mean squared residual L, g = J^T residual/n, H = J^T J/n."""

    loss: float
    gradient: Array  # (p,)
    curvature: Array  # (p, p)


@dataclass(frozen=True)
class AttentionProblem:
    """Tokens x (M, N, d) and responses y (M, N); values (M, N), or None for w^T x with w unknown.

    ``form`` is that of phi, where phi is known, and ``space`` the splines that ln phi is sought in, where it is not.
    """

    x: Array
    y: Array
    values: Array | None
    form: AttentionForm | None
    space: SplineSpace | None = None
    norm: float | None = None  # of A, where phi is not known

    @property
    def rows(self) -> int:
        """n = M N."""
        return int(self.y.size)

    @cached_property
    def basis(self) -> Array:
        """E with B-spline coefficients E c: functions that end in lines  # (K+s, m)."""
        assert self.space is not None
        return self.space.free

    def head(self, samples: int) -> "AttentionProblem":
        """The problem on the first samples."""
        values = None if self.values is None else self.values[:samples]
        return replace(self, x=self.x[:samples], y=self.y[:samples], values=values)

    def shape_of(self, at: AttentionParameters) -> AttentionForm:
        """phi, known or as fitted."""
        if self.form is not None:
            return self.form
        assert self.space is not None
        assert at.coefficients is not None
        spline = Spline(self.space, self.basis @ at.coefficients)
        reach = self.space.reach
        return AttentionForm(True, spline, lambda u: derivative(spline.table, u / reach) / reach)

    def parameters(self, at: AttentionParameters) -> int:
        """How many can be told apart: 2 r d - r^2 of A, one less with ln phi, whose level is nobody's; d of w."""
        count = dimension(*at.left.shape)
        if self.values is None:
            count += len(self.x[0, 0])
        return count if self.space is None else count - 1 + self.basis.shape[1] - 1

    def predict(self, at: AttentionParameters) -> Array:
        """f  # (M, N)."""
        return np.concatenate([self._respond(at, part)[1].mean for part in self._parts(at)])

    def loss(self, at: AttentionParameters) -> float:
        """The mean squared residual."""
        return float(np.mean((self.y - self.predict(at)) ** 2))

    def sums(self, at: AttentionParameters) -> AttentionSums:
        """Loss, gradient and Gauss-Newton matrix in one pass."""
        total, square, gradient, curvature = 0, 0.0, np.zeros(()), np.zeros(())
        for part in self._parts(at):
            jacobian, residual = self.linearised(at, part)
            gradient, curvature = gradient + jacobian.T @ residual, curvature + jacobian.T @ jacobian
            square, total = square + float(residual @ residual), total + len(residual)
        return AttentionSums(square / total, gradient / total, curvature / total)

    def linearised(self, at: AttentionParameters, part: slice = slice(None)) -> tuple[Array, Array]:
        """J and the residuals of some samples, every row of them a row  # (n, p), (n,)."""
        u, found, form = self._respond(at, part)
        x, d = self.x[part], self.x.shape[2]
        others = ((found.pull * form.slope(u)) @ x).reshape(-1, d)  # s
        tokens = x.reshape(-1, d)
        if full(at.left):
            columns = [_outer(tokens, others)]
        else:
            columns = [_outer(tokens, others @ at.right), _outer(others, tokens @ at.left)]
        if self.norm is not None:
            moves = np.concatenate(columns, axis=1)
            columns = [moves - np.outer(moves @ moving(at.left, at.right), _stretch(at))]
        if self.values is None:
            columns.append((found.weights @ x).reshape(-1, d))
        if self.space is not None:
            design = self.space.design(u.reshape(-1)).reshape(*u.shape, -1)
            columns.append(np.einsum("sij,sijb->sib", found.pull, design).reshape(len(tokens), -1) @ self.basis)
        return np.concatenate(columns, axis=1), (self.y[part] - found.mean).ravel()

    def moved(self, at: AttentionParameters, step: Array) -> AttentionParameters:
        """What adding a step to all coordinates reaches, factors balanced again."""
        size = at.left.size
        if full(at.left):
            left, right = at.left + step[:size].reshape(at.left.shape), at.right
            rest = step[size:]
            if self.norm is not None:
                left = left * (self.norm / np.linalg.norm(left))
        else:
            left, right = (each + move.reshape(each.shape) for each, move in
                           ((at.left, step[:size]), (at.right, step[size : 2 * size])))  # fmt: skip
            rest = step[2 * size :]
            left, right = balance(left, right, self.norm or float(np.linalg.norm(left @ right.T)))
        linear, coefficients = at.linear, at.coefficients
        if linear is not None:
            linear, rest = linear + rest[: len(linear)], rest[len(linear) :]
        if coefficients is not None:
            coefficients = coefficients + rest
        return AttentionParameters(left, right, linear, coefficients)

    def _parts(self, at: AttentionParameters) -> Iterator[slice]:
        tokens, d = self.x.shape[1:]
        width = max(tokens * (1 if self.space is None else self.space.dimension), 2 * d * at.left.shape[1])
        step = max(1, BLOCK // (tokens * width))
        return (slice(start, start + step) for start in range(0, len(self.x), step))

    def _respond(self, at: AttentionParameters, part: slice) -> tuple[Array, AttentionResponse, AttentionForm]:
        x, form = self.x[part], self.shape_of(at)
        u = scores(x, at.left, at.right)
        if self.values is None:
            assert at.linear is not None
            return u, respond(form, u, x @ at.linear), form
        return u, respond(form, u, self.values[part]), form


def _stretch(at: AttentionParameters) -> Array:
    """g/(m^T g) along the coordinates that move  # (d^2,) or (2dr,)."""
    matrix = at.matrix
    grown = moving(matrix @ at.right, matrix.T @ at.left)
    return np.asarray(grown / (grown @ moving(at.left, at.right)))


def _outer(left: Array, right: Array) -> Array:
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
