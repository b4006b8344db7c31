"""Token laws: exchangeable tokens X_1, ..., X_N in R^d with mean zero and E|X_1|^2 = d.

All laws but ``anisotropic`` have E[X_1 X_1^T] = I. All but ``without_replacement`` are infinitely exchangeable, so that
X_2, X_3 are conditionally i.i.d. given X_1 and a latent variable, which the coercivity lemma (paper B, Lemma 3.4)
needs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mtam.base.named.named_code import expected
from mtam.base.streams import generator
from mtam.base.variants import load_choice
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.interaction_variants import TOKEN_LAWS

Array = npt.NDArray[np.float64]

SHARED = 0.5  # correlation of two tokens of one sample under the dependent law


Draw = Callable[[np.random.Generator, np.random.Generator, tuple[int, int, int]], Array]


@dataclass(frozen=True)
class Tokens:
    """A token law with its constants drawn: E[X_1 X_1^T] = second_moment.

    ``draw(base, latent, (samples, tokens, d))`` takes what differs between tokens from ``base``, and what the tokens of
    a sample share from ``latent``, sample after sample.
    """

    name: str
    d: int
    second_moment: Array  # (d, d)
    draw: Draw
    population: Array | None = None  # (S, d), where tokens are members of a finite one


@dataclass
class TokenStream:
    """Successive samples of one law; what is drawn does not depend on how the draws are cut into chunks.

    The first m samples are therefore the same whatever the sample size, and data for growing M are nested.
    """

    law: Tokens
    seed: int
    purpose: str
    _base: np.random.Generator = field(init=False)
    _latent: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._base = generator(self.seed, "interaction", self.purpose, "tokens")
        self._latent = generator(self.seed, "interaction", self.purpose, "latent")

    def take(self, samples: int, tokens: int) -> Array:
        """The next ``samples`` samples of ``tokens`` tokens each  # (samples, tokens, d)."""
        return self.law.draw(self._base, self._latent, (samples, tokens, self.law.d))


def token_law(data: InteractionData, seed: int) -> Tokens:
    """The law named by ``data.token_law``, its constants keyed by the seed alone."""
    given = load_choice(TOKEN_LAWS, data.token_law)(data, generator(seed, "interaction", "truth", "token-law"))
    found: Tokens = expected(data.token_law, given, isinstance(given, Tokens), f"Tokens of {__name__}")
    return found


def cube(data: InteractionData, rng: np.random.Generator) -> Tokens:
    """Uniform on [-sqrt(3), sqrt(3)]^d."""
    del rng
    return Tokens("cube", data.d, np.eye(data.d), lambda base, _, shape: (base.random(shape) - 0.5) * np.sqrt(12.0))


def gaussian(data: InteractionData, rng: np.random.Generator) -> Tokens:
    """N(0, I)."""
    del rng
    return Tokens("gaussian", data.d, np.eye(data.d), lambda base, _, shape: base.standard_normal(shape))


def sphere(data: InteractionData, rng: np.random.Generator) -> Tokens:
    """Uniform on sqrt(d) S^{d-1}."""
    del rng

    def draw(base: np.random.Generator, _: np.random.Generator, shape: tuple[int, int, int]) -> Array:
        x = base.standard_normal(shape)
        x *= np.sqrt(shape[2]) / np.linalg.norm(x, axis=2, keepdims=True)
        return x

    return Tokens("sphere", data.d, np.eye(data.d), draw)


def anisotropic(data: InteractionData, rng: np.random.Generator) -> Tokens:
    """N(0, Sigma), eigenvalues geometric with ratio ``condition``, trace d, random axes."""
    d = data.d
    spectrum = np.geomspace(1.0, 1.0 / data.condition, d)
    spectrum *= d / spectrum.sum()
    axes = np.linalg.qr(rng.standard_normal((d, d)))[0]
    root = (axes * np.sqrt(spectrum)) @ axes.T
    return Tokens(
        "anisotropic", d, (axes * spectrum) @ axes.T, lambda base, _, shape: base.standard_normal(shape) @ root
    )


def dependent(data: InteractionData, rng: np.random.Generator) -> Tokens:
    """X_i = (Z + E_i)/sqrt(2) with Z, E_i ~ N(0, I), Z shared by the sample."""
    del rng

    def draw(base: np.random.Generator, latent: np.random.Generator, shape: tuple[int, int, int]) -> Array:
        x = base.standard_normal(shape)
        shared = latent.standard_normal((shape[0], 1, shape[2]))
        return np.asarray(np.sqrt(SHARED) * shared + np.sqrt(1 - SHARED) * x)

    return Tokens("dependent", data.d, np.eye(data.d), draw)


def without_replacement(data: InteractionData, rng: np.random.Generator) -> Tokens:
    """N distinct members of a fixed population of max(2N, 4d) points with mean zero and second moment I exactly."""
    d = data.d
    points = rng.standard_normal((max(2 * data.tokens, 4 * d), d))
    points -= points.mean(axis=0)
    left, _, right = np.linalg.svd(points, full_matrices=False)
    return of_population(np.sqrt(len(points)) * left @ right)


def of_population(points: Array) -> Tokens:
    """Distinct members of a population with mean zero and second moment I  # (S, d)."""

    def draw(base: np.random.Generator, _: np.random.Generator, shape: tuple[int, int, int]) -> Array:
        order = base.random((shape[0], len(points))).argsort(axis=1)
        return np.asarray(points[order[:, : shape[1]]])

    d = points.shape[1]
    return Tokens("without_replacement", d, np.eye(d), draw, points)
