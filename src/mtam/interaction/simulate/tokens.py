"""Token laws: exchangeable tokens X_1, ..., X_N in R^d with mean zero and E|X_1|^2 = d.

All laws but ``anisotropic`` have E[X_1 X_1^T] = I. All but ``without_replacement`` are infinitely exchangeable, so that
X_2, X_3 are conditionally i.i.d. given X_1 and a latent variable, which the coercivity lemma (paper B, Lemma 3.4)
needs.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mtam.base.streams import generator
from mtam.interaction.interaction_spec import InteractionData

Array = npt.NDArray[np.float64]

SHARED = 0.5  # correlation of two tokens of one sample under the dependent law


@dataclass(frozen=True)
class Tokens:
    """A token law with its constants drawn: E[X_1 X_1^T] = second_moment."""

    name: str
    d: int
    second_moment: Array  # (d, d)
    root: Array | None = None  # (d, d), square root of the covariance, anisotropic only
    population: Array | None = None  # (S, d), without_replacement only


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
        shape = (samples, tokens, self.law.d)
        name = self.law.name
        if name == "cube":
            return np.asarray((self._base.random(shape) - 0.5) * np.sqrt(12.0))
        if name == "without_replacement":
            return self._without_replacement(samples, tokens)
        x = self._base.standard_normal(shape)
        if name == "sphere":
            x *= np.sqrt(self.law.d) / np.linalg.norm(x, axis=2, keepdims=True)
        elif name == "anisotropic":
            assert self.law.root is not None
            x = x @ self.law.root
        elif name == "dependent":
            shared = self._latent.standard_normal((samples, 1, self.law.d))
            x = np.sqrt(SHARED) * shared + np.sqrt(1 - SHARED) * x
        return x

    def _without_replacement(self, samples: int, tokens: int) -> Array:
        assert self.law.population is not None
        order = self._base.random((samples, len(self.law.population))).argsort(axis=1)
        return np.asarray(self.law.population[order[:, :tokens]])


def token_law(data: InteractionData, seed: int) -> Tokens:
    """The law named by ``data.token_law``, its constants keyed by the seed alone.

    cube: uniform on [-sqrt(3), sqrt(3)]^d. gaussian: N(0, I). sphere: uniform on sqrt(d) S^{d-1}. anisotropic:
    N(0, Sigma), eigenvalues geometric with ratio ``condition``, trace d, random axes. dependent: X_i = (Z +
    E_i)/sqrt(2) with Z, E_i ~ N(0, I), Z shared by the sample. without_replacement: N distinct members of a fixed
    population of max(2N, 4d) points with mean zero and second moment I exactly.
    """
    d, name = data.d, data.token_law
    rng = generator(seed, "interaction", "truth", "token-law")
    if name == "anisotropic":
        spectrum = np.geomspace(1.0, 1.0 / data.condition, d)
        spectrum *= d / spectrum.sum()
        axes = np.linalg.qr(rng.standard_normal((d, d)))[0]
        return Tokens(name, d, (axes * spectrum) @ axes.T, root=(axes * np.sqrt(spectrum)) @ axes.T)
    if name == "without_replacement":
        points = rng.standard_normal((max(2 * data.tokens, 4 * d), d))
        points -= points.mean(axis=0)
        left, _, right = np.linalg.svd(points, full_matrices=False)
        return Tokens(name, d, np.eye(d), population=np.sqrt(len(points)) * left @ right)
    return Tokens(name, d, np.eye(d))
