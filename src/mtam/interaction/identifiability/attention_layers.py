"""Attention of several heads, with values, in one or two layers, as a function of one vector of parameters.

A layer takes tokens X (N, d) to

    scalar  L(X)_i = sum_h (N-1)^{-1} sum_{j != i} phi_h(X_i^T A_h X_j),
    vector  L(X)_i = sum_h (N-1)^{-1} sum_{j != i} phi_h(X_i^T A_h X_j) v_h,        v_h in R^m,
    matrix  L(X)_i = sum_h (N-1)^{-1} sum_{j != i} phi_h(X_i^T A_h X_j) W_h Z_h^T X_j,

A_h = P_h Q_h^T of rank r, phi_h(u) = sum_k c_hk u^k over given powers: polynomials, because they are closed under
u -> t u, as the class of all phi is and splines on fixed knots are not. Two layers are ``residual``, L_2(X + L_1(X)),
or ``stacked``, L_2(L_1(X)); the first has matrix values into R^d.

All is analytic in parameters and tokens, and is computed for complex parameters as well: derivatives are taken by the
complex step (Squire and Trapp 1998, SIAM Review 40), to rounding.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]  # real or complex
Layers = Literal["one", "residual", "stacked"]
Value = Literal["scalar", "vector", "matrix"]
Place = tuple[int, int, str]  # layer, head, name of a block of parameters

OUTPUTS = 2  # m, of a vector or matrix value that leaves the last layer
STEP = 1e-30  # of the complex step: nothing is subtracted, so that it may be as small as this


@dataclass(frozen=True)
class AttentionLayers:
    """The shape of a model: how many heads, which values, how many layers."""

    heads: int
    value: Value = "scalar"
    layers: Layers = "one"
    d: int = 3
    rank: int = 2  # r of every A
    powers: tuple[int, ...] = (0, 1, 2, 3)  # of u in phi
    value_rank: int = 2  # of a matrix value, of one layer or beside the tokens themselves; d where layers are stacked

    @property
    def depth(self) -> int:
        """How many layers there are."""
        return 1 if self.layers == "one" else 2

    def value_of(self, layer: int) -> Value:
        """The values of a layer, counted from 0."""
        return self.value if layer == self.depth - 1 else "matrix"

    @cached_property
    def slices(self) -> Mapping[Place, tuple[slice, tuple[int, ...]]]:
        """Where every block lies in the vector of parameters, and its shape.

        Blocks: c, the coefficients of phi; P, Q with A = P Q^T; v; W, Z with value W Z^T.
        """
        found, first = {}, 0
        for layer in range(self.depth):
            for head in range(self.heads):
                for name, shape in self._blocks(layer):
                    size = int(np.prod(shape))
                    found[layer, head, name] = slice(first, first + size), shape
                    first += size
        return found

    @property
    def parameters(self) -> int:
        """How many numbers there are."""
        return max(int(part.stop) for part, _ in self.slices.values())

    def part(self, theta: Numbers, layer: int, head: int, name: str) -> Numbers:
        """One block of a vector of parameters."""
        where, shape = self.slices[layer, head, name]
        return theta[where].reshape(shape)

    def has(self, layer: int, head: int, name: str) -> bool:
        """Whether there is such a block."""
        return (layer, head, name) in self.slices

    def direction(self, parts: Mapping[Place, Array]) -> Array:
        """The vector with these blocks, zero elsewhere  # (parameters,)."""
        out = np.zeros(self.parameters)
        for place, block in parts.items():
            out[self.slices[place][0]] += np.ravel(block)
        return out

    def draw(self, rng: np.random.Generator) -> Array:
        """Generic parameters, of a size at which every part of the response matters  # (parameters,)."""
        out = np.empty(self.parameters)
        for (_, _, name), (where, shape) in self.slices.items():
            drawn = rng.standard_normal(shape)
            out[where] = np.ravel(drawn if name in ("c", "v") else drawn / np.sqrt(self.d))
        return out

    def response(self, theta: Numbers, x: Array) -> Numbers:
        """Y without noise  # (parameters,), (S, N, d) -> (S, N, m)."""
        tokens: Numbers = x
        for layer in range(self.depth):
            moved = self._layer(theta, layer, tokens)
            tokens = tokens + moved if self.layers == "residual" and layer == 0 else moved
        return tokens

    def jacobian(self, theta: Array, x: Array) -> Array:
        """Derivatives of all responses along all parameters  # -> (S N m, parameters)."""
        columns = []
        for k in range(len(theta)):
            moved = theta.astype(np.complex128)
            moved[k] += 1j * STEP
            columns.append(np.imag(self.response(moved, x)).ravel() / STEP)
        return np.stack(columns, axis=1)

    def _blocks(self, layer: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield "c", (len(self.powers),)
        yield "P", (self.d, self.rank)
        yield "Q", (self.d, self.rank)
        last = layer == self.depth - 1
        rank = self.d if self.layers == "stacked" else self.value_rank
        match self.value_of(layer):
            case "vector":
                yield "v", (OUTPUTS,)
            case "matrix":
                yield "W", (OUTPUTS if last else self.d, rank)
                yield "Z", (self.d, rank)
            case "scalar":
                pass

    def _layer(self, theta: Numbers, layer: int, x: Numbers) -> Numbers:
        total: Numbers = np.zeros(1)
        others = 1.0 - np.eye(x.shape[1])
        for head in range(self.heads):
            c, left, right = (self.part(theta, layer, head, name) for name in "cPQ")
            u = (x @ left) @ (x @ right).transpose(0, 2, 1)
            phi = sum(c[k] * u**power for k, power in enumerate(self.powers)) * others / (x.shape[1] - 1)
            match self.value_of(layer):
                case "scalar":
                    told = phi.sum(axis=2)[..., None]
                case "vector":
                    told = phi.sum(axis=2)[..., None] * self.part(theta, layer, head, "v")
                case "matrix":
                    w, z = (self.part(theta, layer, head, name) for name in "WZ")
                    told = (phi @ (x @ z)) @ w.T
            total = total + told
        return total
