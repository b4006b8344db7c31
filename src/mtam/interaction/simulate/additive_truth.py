"""The true interaction of several heads, g*(x, y) = sum_h phi*_h(x^T A*_h y), standardised.

Every head is drawn as a truth of one head is, from streams of its own, so that the first heads are the same however
many there are: mean 0, variance 1 under rho, sd(u_h) = 1/3. One factor then gives the sum variance 1, so that neither
the signal-to-noise ratio nor the unit of the error depends on the number of heads.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mtam.interaction.interaction_data import InteractionData
from mtam.interaction.simulate.tokens import Tokens, TokenStream
from mtam.interaction.simulate.truth import MOMENT_SAMPLES, Data, Truth, draw_truth

Array = npt.NDArray[np.float64]

BLOCK = 2**13  # samples of two tokens at a time


@dataclass(frozen=True)
class AdditiveTruth:
    """g* as the sum of its heads, which share the law of the tokens."""

    heads: tuple[Truth, ...]

    normalised: bool = False  # a function of pairs, always

    @property
    def law(self) -> Tokens:
        """Of the tokens."""
        return self.heads[0].law

    def arguments(self, x: Array, y: Array) -> Array:
        """u_h = x^T A*_h y  # (n, d), (n, d) -> (n, H)."""
        return np.stack([head.arguments(x, y) for head in self.heads], axis=1)

    def phi(self, u: Array) -> Array:
        """sum_h phi*_h(u_h)  # (n, H) -> (n,)."""
        return np.asarray(sum(head.phi(u[:, h]) for h, head in enumerate(self.heads)))

    def interactions(self, x: Data) -> Array:
        """(N-1)^{-1} sum_{j != i} g*(X_i, X_j)  # (M, N, d) -> (M, N)."""
        return np.asarray(sum(head.interactions(x) for head in self.heads))

    def responses(self, x: Data, unit: int) -> Array:
        """See ``Truth.responses``  # (M, N, d) -> (M, N)."""
        return np.asarray(sum(head.responses(x, unit) for head in self.heads))


def draw_heads(data: InteractionData, seed: int, samples: int = 1) -> AdditiveTruth:
    """The truth of ``data.heads`` heads, keyed by the seed; ``samples`` as in ``draw_truth``.

    Raises ValueError where one head, or all of them together, are constant under rho.
    """
    heads = tuple(draw_truth(data, seed, samples, head) for head in range(data.heads))
    if len(heads) == 1:
        return AdditiveTruth(heads)
    stream, found = TokenStream(heads[0].law, seed, "moments"), AdditiveTruth(heads)
    total, square = 0.0, 0.0
    for _ in range(0, 8 * MOMENT_SAMPLES, BLOCK):
        x = stream.take(BLOCK, 2)
        values = found.phi(found.arguments(x[:, 0], x[:, 1]))
        total, square = total + float(values.sum()), square + float((values**2).sum())
    count = 8 * MOMENT_SAMPLES
    variance = square / count - (total / count) ** 2
    if variance < 1e-12:
        raise ValueError(f"the {len(heads)} heads of seed {seed} cancel; another seed leaves something to learn")
    factor = variance**-0.5
    return AdditiveTruth(tuple(replace(head, gain=head.gain * factor) for head in heads))
