"""The true interaction g*(x, y) = phi*(x^T A* y), standardised, and the data it generates.

Scale: sd(u) = 1/3 for u = x^T A* y with independent x, y, that is ||Sigma^{1/2} A* Sigma^{1/2}||_F = 1/3, which is
||A*||_F = 1/3 for tokens of identity covariance. g* has mean 0 and variance 1 under rho, the law of (X_1, X_2).
Then neither the difficulty nor the signal-to-noise ratio depends on d by accident.

Two truths are not of this form. ``hypotheses`` adds to tanh, so standardised, the bumps of the lower bound for the
sample size at hand: g* moves with M, its variance is 1 plus theirs. With ``row_normalised`` the response of a token is
that of softmax attention, Y_i = sum_{j != i} w_ij u_ij, w_ij = exp(3 u_ij)/sum_{k != i} exp(3 u_ik), the value of a
token being its own score; no function of pairs gives it. It is the response that has mean 0 and variance 1 then.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mtam.base.streams import generator
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.simulate.activations import GAIN, Function, activation, of_head
from mtam.interaction.simulate.hypotheses import bumps, code, hypothesis
from mtam.interaction.simulate.noise import draw_noise
from mtam.interaction.simulate.tokens import Tokens, TokenStream, token_law

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating[Any]]  # single or double precision

SCALE = 1 / 3  # standard deviation of u
MOMENT_SAMPLES = 2**15  # fresh samples of 8 tokens behind the mean and variance of phi*(u): standard error about 0.2%
LARGE = 2**27  # numbers of X (1 GiB) beyond which tokens are kept, and are the data, in single precision
BLOCK = 2**20  # numbers per block of pairs or tokens, so that memory does not grow with M
LANES = 64  # samples: a number that the width of every vector register divides


@dataclass(frozen=True)
class Truth:
    """phi*(u) = gain (shape(u) - shift) and A* = left right^T, with the token law."""

    law: Tokens
    left: Array  # (d, r)
    right: Array  # (d, r)
    shape: Function
    shift: float = 0.0
    gain: float = 1.0
    normalised: bool = False  # softmax attention

    @property
    def matrix(self) -> Array:
        """A*  # (d, d)."""
        return np.asarray(self.left @ self.right.T)

    def phi(self, u: Array) -> Array:
        """The standardised activation  # any shape."""
        return (self.shape(u) - self.shift) * self.gain

    def arguments(self, x: Array, y: Array) -> Array:
        """u = x^T A* y  # (n, d), (n, d) -> (n,)."""
        return np.asarray(np.einsum("nr,nr->n", x @ self.left, y @ self.right))

    def interactions(self, x: Data) -> Array:
        """(N-1)^{-1} sum_{j != i} g*(X_i, X_j), or the response of softmax attention  # (M, N, d) -> (M, N)."""
        tokens = x.shape[1]
        u = (x @ self.left) @ (x @ self.right).transpose(0, 2, 1)
        if self.normalised:
            return (_softmax_response(u) - self.shift) * self.gain
        values = self.phi(u)
        values[:, np.arange(tokens), np.arange(tokens)] = 0.0
        return np.asarray(values.sum(axis=2) / (tokens - 1))

    def responses(self, x: Data, unit: int) -> Array:
        """``interactions`` for a multiple of ``unit`` samples, of which the last is repeated  # (M, N, d) -> (M, N).

        Compiled loops do what their vector registers leave over in another way, perhaps to other bits. With a unit of
        ``LANES``, or where every call fills one unit, a response does not depend on how many samples come after.
        Products of matrices are those of one sample at a time.
        """
        short = -len(x) % unit
        filled = np.concatenate([x, np.repeat(x[-1:], short, axis=0)]) if short else x
        return self.interactions(filled)[: len(x)]


def _softmax_response(u: Array) -> Array:
    """sum_{j != i} exp(3 u_ij) u_ij / sum_{j != i} exp(3 u_ij), u cut to [-1, 1]  # (M, N, N) -> (M, N)."""
    u = np.clip(u, -1, 1)
    weights = np.exp(GAIN * u)
    index = np.arange(u.shape[1])
    weights[:, index, index] = 0.0
    return np.asarray((weights * u).sum(axis=2) / weights.sum(axis=2))


def draw_truth(data: InteractionData, seed: int, samples: int = 1, head: int = 0) -> Truth:
    """A* = Q_1 diag(s) Q_2^T with uniform orthonormal frames and s_k uniform on [1/2, 1], then scaled; phi* as named.

    Everything is keyed by the seed, and by the number of the ``head`` where there are several; only ``hypotheses``
    looks at the number of ``samples``.

    Raises ValueError if g* is constant under rho (an even activation of tokens +-1, say): nothing could be learned.
    """
    rng = generator(seed, "interaction", "truth", "matrix", *of_head(head))
    law = token_law(data, seed)
    frames = [np.linalg.qr(rng.standard_normal((data.d, data.rank)))[0] for _ in range(2)]
    values = rng.uniform(0.5, 1.0, data.rank)
    left, right = frames[0] * np.sqrt(values), frames[1] * np.sqrt(values)
    spread = np.sqrt(np.trace((left.T @ law.second_moment @ left) @ (right.T @ law.second_moment @ right)))
    factor = np.sqrt(SCALE / spread)
    raw = Truth(law, left * factor, right * factor, activation(data, seed, head), normalised=data.row_normalised)
    mean, variance = _moments(raw, data.tokens if data.row_normalised else min(8, 2 * data.tokens), seed)
    if variance < 1e-12:
        raise ValueError(
            f"the activation {data.activation} is constant on the products x^T A y of the token law "
            f"{data.token_law} at d = {data.d}; another activation or d >= 2 leaves something to learn"
        )
    found = replace(raw, shift=mean, gain=float(variance**-0.5))
    return found if data.activation != "hypotheses" else _with_bumps(found, data, seed, samples)


def _with_bumps(truth: Truth, data: InteractionData, seed: int, samples: int) -> Truth:
    """The bumps of the lower bound at M = ``samples`` on top; their code and word are keyed by seed and length."""
    beta = max(1, data.degree - 1)
    length = bumps(samples, data.tokens, beta)
    rng = generator(seed, "interaction", "truth", "signs", length)
    signs = 2.0 * code(length, rng).draw(rng).astype(np.float64) - 1.0
    base, gain = truth.shape, truth.gain

    def shape(u: Array) -> Array:
        return np.asarray(base(u) + hypothesis(u, signs, beta, data.holder) / gain)

    return replace(truth, shape=shape)


def _moments(truth: Truth, tokens: int, seed: int) -> tuple[float, float]:
    """Mean and variance of shape(u) under rho, over all pairs of samples that no fit and no evaluation sees.

    Of the response, where that is not a mean of pairs.
    """
    stream = TokenStream(truth.law, seed, "moments")
    block = min(MOMENT_SAMPLES, max(1024, BLOCK // (tokens * truth.law.d)))
    pairs = ~np.eye(tokens, dtype=bool)
    total, square, count = 0.0, 0.0, 0
    for _ in range(0, MOMENT_SAMPLES, block):
        x = stream.take(block, tokens)
        u = (x @ truth.left) @ (x @ truth.right).transpose(0, 2, 1)
        values = _softmax_response(u) if truth.normalised else truth.shape(u[:, pairs])
        total, square, count = total + float(values.sum()), square + float((values**2).sum()), count + values.size
    mean = total / count
    return mean, square / count - mean**2


class Responding(Protocol):
    """A truth as a simulation sees it."""

    @property
    def law(self) -> Tokens:
        """Of the tokens."""
        ...

    def responses(self, x: Data, unit: int) -> Array:
        """See ``Truth.responses``."""
        ...


def simulate(data: InteractionData, truth: Responding, samples: int, seed: int) -> tuple[Data, Array]:
    """M samples X and Y_i = (N-1)^{-1} sum_{j != i} g*(X_i, X_j) + sigma eta_i  # (M, N, d), (M, N).

    The first rows are the same for every M, so that sample sizes are nested; rounded where X is large.
    """
    stream = TokenStream(truth.law, seed, "data")
    rng = generator(seed, "interaction", "data", "noise")
    shape = (samples, data.tokens, data.d)
    x: Data = np.empty(shape, dtype=np.float32 if math.prod(shape) > LARGE else np.float64)
    y = np.empty((samples, data.tokens))
    block = max(1, BLOCK // (data.tokens * max(data.tokens, data.d)))
    unit = min(LANES, block)
    block -= block % unit
    for start in range(0, samples, block):
        stop = min(samples, start + block)
        x[start:stop] = stream.take(stop - start, data.tokens)
        noise = draw_noise(data.noise_law, (stop - start, data.tokens), rng)
        y[start:stop] = truth.responses(x[start:stop], unit) + data.noise * noise
    return x, y
