"""Blocks of samples that follow from (seed, block) alone: drawn when they are needed, and again if needed again.

A block has a stream of its own, so a pass over M samples can stop between two blocks and go on elsewhere, and the first
M samples are the same whatever M is. They are other samples than those of ``truth.simulate``, which draws all of them
from one stream; the truth is the same.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.base.streams import sequence
from mtam.interaction.interaction_data import InteractionData
from mtam.interaction.simulate.noise import draw_noise
from mtam.interaction.simulate.tokens import Tokens
from mtam.interaction.simulate.truth import Truth

Array = npt.NDArray[np.float64]

NUMBERS = 2**20  # of X in a block


def block_samples(data: InteractionData) -> int:
    """Samples per block, a power of two."""
    return max(64, 1 << (max(1, NUMBERS // (data.tokens * max(data.d, data.tokens))).bit_length() - 1))


@dataclass(frozen=True)
class SampleBlocks:
    """Y_i = (N-1)^{-1} sum_{j != i} g*(X_i, X_j) + sigma eta_i for M = ``samples``, in blocks."""

    data: InteractionData
    truth: Truth
    samples: int
    seed: int

    @property
    def size(self) -> int:
        """Samples per block; the last may hold fewer."""
        return block_samples(self.data)

    @property
    def count(self) -> int:
        """Blocks."""
        return -(-self.samples // self.size)

    def block(self, index: int) -> tuple[Array, Array]:
        """X and Y of one block  # (S, N, d), (S, N)."""
        size, tokens = min(self.size, self.samples - index * self.size), self.data.tokens
        base, latent, noise = (self._generator(purpose, index) for purpose in ("tokens", "latent", "noise"))
        law: Tokens = self.truth.law
        x = law.draw(base, latent, (self.size, tokens, law.d))[:size]
        eta = draw_noise(self.data.noise_law, (self.size, tokens), noise)[:size]
        return x, self._responses(x) + self.data.noise * eta

    def _generator(self, purpose: str, index: int) -> np.random.Generator:
        """SFC64: a fifth faster than PCG64 where normal deviates are a third of a pass."""
        return np.random.Generator(np.random.SFC64(sequence(self.seed, "interaction", "stream", purpose, index)))

    def first(self, samples: int) -> tuple[Array, Array]:
        """The first samples together  # (m, N, d), (m, N)."""
        parts = [self.block(index) for index in range(-(-min(samples, self.samples) // self.size))]
        x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
        return x[:samples], y[:samples]

    def _responses(self, x: Array) -> Array:
        """``Truth.interactions`` with one product for all tokens instead of one per sample."""
        truth, (samples, tokens, d) = self.truth, x.shape
        flat = x.reshape(-1, d)
        p, q = ((flat @ factor).reshape(samples, tokens, -1) for factor in (truth.left, truth.right))
        total = np.zeros((samples, tokens))
        for shift in range(1, tokens):
            turned = np.roll(q, -shift, axis=1)
            total += truth.phi(np.einsum("snr,snr->sn", p, turned))
        return np.asarray(total / (tokens - 1))
