"""Coercivity by Monte Carlo: the excess risk of h = g - g* against its norm (paper B, Lemma 3.4).

With R_i = (N-1)^{-1} sum_{j != i} h(X_i, X_j) and exchangeable tokens, E(g) - E(g*) = E[R_1^2], and

    E[R_1^2] = ||h||^2/(N-1) + (N-2)/(N-1) E[h(X_1, X_2) h(X_1, X_3)].

The last expectation is E[E[h(X_1, X_2) | X_1, latent]^2] >= 0 when X_2, X_3 are conditionally i.i.d. given X_1 and a
latent variable, hence (N-1) E[R_1^2] >= ||h||^2; with equality for degenerate h, whose conditional mean vanishes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.splines import Spline
from mtam.interaction.simulate.activations import parity, smooth_spline
from mtam.interaction.simulate.tokens import Tokens, TokenStream

Array = npt.NDArray[np.float64]
Kind = Literal["generic", "same A", "odd", "even"]

KINDS: tuple[Kind, ...] = ("generic", "same A", "odd", "even")
DEGREE = 3  # of the random splines
SPREAD = 1 / 3  # standard deviation of x^T A y for independent x, y
BLOCK = 2**20  # numbers per block of tokens or pairs


@dataclass(frozen=True)
class Difference:
    """h(x, y) = sum_k phi_k(x^T A_k y), A_k = left_k right_k^T: a difference of two interactions, and their span."""

    parts: tuple[tuple[Array, Array, Spline], ...]  # left (d, r), right (d, r), phi

    def pairs(self, x: Array) -> Array:
        """h(X_i, X_j), zero on the diagonal  # (M, N, d) -> (M, N, N)."""
        tokens = x.shape[1]
        values = np.zeros((len(x), tokens, tokens))
        for left, right, phi in self.parts:
            values += phi((x @ left) @ (x @ right).transpose(0, 2, 1))
        values[:, np.arange(tokens), np.arange(tokens)] = 0.0
        return values


def matrix(law: Tokens, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Factors of a random A of the given rank with sd(x^T A y) = 1/3  # (d, r), (d, r)."""
    left, right = (np.linalg.qr(rng.standard_normal((law.d, rank)))[0] for _ in range(2))
    moment = law.second_moment
    spread = np.sqrt(np.trace((left.T @ moment @ left) @ (right.T @ moment @ right)))
    factor = np.sqrt(SPREAD / spread)
    return left * factor, right * factor


def draw(kind: Kind, law: Tokens, rng: np.random.Generator) -> Difference:
    """phi(x^T A y) - phi*(x^T A* y) with random smooth splines phi, phi*, all generic, odd or even."""
    rank = min(2, law.d)
    one = matrix(law, rank, rng)
    other = one if kind == "same A" else matrix(law, rank, rng)
    splines = [smooth_spline(DEGREE, rng) for _ in range(2)]
    if kind in ("odd", "even"):
        splines = [parity(phi, -1 if kind == "odd" else 1) for phi in splines]
    minus = Spline(splines[1].space, -splines[1].coefficients)
    return Difference(((*one, splines[0]), (*other, minus)))


@dataclass(frozen=True)
class CoercivitySums:
    """Per sample: mean over i of R_i^2, mean over pairs of h^2, mean over triples of h(X_i, X_j) h(X_i, X_k)."""

    excess: Array  # (M,)
    norm: Array  # (M,)
    cross: Array  # (M,)

    def ratio(self, tokens: int) -> tuple[float, float]:
        """(N-1) E[R^2] / ||h||^2 and its standard error, by the delta method over samples."""
        top, bottom = (tokens - 1) * self.excess, self.norm
        value = float(top.mean() / bottom.mean())
        return value, float(np.std(top - value * bottom, ddof=1) / bottom.mean() / np.sqrt(len(top)))


def sums(h: Difference, x: Array) -> CoercivitySums:
    """The three means in every sample  # x (M, N, d) with N >= 3."""
    values = h.pairs(x)
    tokens = x.shape[1]
    row = values.sum(axis=2)  # (M, N)
    square = np.einsum("mij,mij->mi", values, values)
    return CoercivitySums(
        (row**2).mean(axis=1) / (tokens - 1) ** 2,
        square.mean(axis=1) / (tokens - 1),
        (row**2 - square).mean(axis=1) / ((tokens - 1) * (tokens - 2)),
    )


def blocks(stream: TokenStream, samples: int, tokens: int) -> Iterator[Array]:
    """Successive blocks of samples, so that memory does not grow with their number."""
    step = max(1, BLOCK // (tokens * max(tokens, stream.law.d)))
    for start in range(0, samples, step):
        yield stream.take(min(step, samples - start), tokens)


def measure(differences: list[Difference], law: Tokens, tokens: int, samples: int, seed: int) -> list[CoercivitySums]:
    """The sums of several h on the same fresh samples."""
    stream = TokenStream(law, seed, "coercivity")
    found = [[sums(h, x) for h in differences] for x in blocks(stream, samples, tokens)]
    return [
        CoercivitySums(
            *(np.concatenate([getattr(part[k], name) for part in found]) for name in ("excess", "norm", "cross"))
        )
        for k in range(len(differences))
    ]


@dataclass(frozen=True)
class Identity:
    """The terms of the identity, each from samples of its own: (value, standard error)."""

    excess: tuple[float, float]  # E[R_1^2], from N tokens
    norm: tuple[float, float]  # ||h||^2/(N-1), from pairs
    cross: tuple[float, float]  # (N-2)/(N-1) E[h12 h13], from triples

    @property
    def gap(self) -> tuple[float, float]:
        """Left side minus right side, with its standard error."""
        value = self.excess[0] - self.norm[0] - self.cross[0]
        return value, float(np.sqrt(self.excess[1] ** 2 + self.norm[1] ** 2 + self.cross[1] ** 2))


def identity(h: Difference, law: Tokens, tokens: int, samples: int, seed: int) -> Identity:
    """The three terms from three independent sets of samples, of N, 2 and 3 tokens; most of triples, the noisiest."""
    whole = _means(h, law, tokens, samples, seed, "excess")
    pair = _means(h, law, 2, samples * tokens // 2, seed, "pairs")
    triple = _means(h, law, 3, samples * tokens, seed, "triples")
    share = (tokens - 2) / (tokens - 1)
    return Identity(whole, (pair[0] / (tokens - 1), pair[1] / (tokens - 1)), (share * triple[0], share * triple[1]))


def _means(h: Difference, law: Tokens, tokens: int, samples: int, seed: int, term: str) -> tuple[float, float]:
    """Mean and standard error over samples of R_i^2, h^2 or h(X_i, X_j) h(X_i, X_k), averaged over the tokens."""
    stream = TokenStream(law, seed, f"coercivity-{term}")
    values = []
    for x in blocks(stream, samples, tokens):
        pairs = h.pairs(x)
        if term == "excess":
            values.append(((pairs.sum(axis=2) / (tokens - 1)) ** 2).mean(axis=1))
        elif term == "pairs":
            values.append((pairs[:, 0, 1] ** 2 + pairs[:, 1, 0] ** 2) / 2)
        else:
            products = pairs[:, [0, 1, 2], [1, 2, 0]] * pairs[:, [0, 1, 2], [2, 0, 1]]
            values.append(products.mean(axis=1))
    each = np.concatenate(values)
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))
