"""The rank of the population Fisher matrix of attention layers with Gaussian noise, and its gap.

I = sigma^{-2} E J^T J, J the derivatives of the responses along the parameters. A direction is in its null space if it
changes no response, almost surely. Responses are analytic in the tokens, so where the law of the tokens has a density
the same holds on n >= rank generic rows, and the rank of I is that of J on more rows than parameters. Singular values
of J, and not eigenvalues of J^T J, are what double precision can tell from zero: rounding is 1e-16 of the largest of
either, and the eigenvalues are the squares. Columns are scaled to length one first, which changes no rank.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.identifiability.attention_layers import AttentionLayers

Array = npt.NDArray[np.float64]

ZERO = 1e-11  # of the largest singular value: what is smaller is none
WIDE = 1e3  # the fewest times that the smallest of the others is larger than the largest of these
ROWS = 4  # per parameter, at least


@dataclass(frozen=True)
class FisherRank:
    """What the singular values say."""

    parameters: int
    rank: int
    smallest: float  # singular value that counts, relative to the largest
    rounding: float  # the largest that does not; 0 at full rank

    @property
    def nullity(self) -> int:
        """The dimension of the null space."""
        return self.parameters - self.rank

    @property
    def gap(self) -> float:
        """How many times the one is the other."""
        return self.smallest / max(self.rounding, np.finfo(float).eps)

    @property
    def clear(self) -> bool:
        """Whether the gap is wide enough to say the rank."""
        return self.gap >= WIDE


def tokens(model: AttentionLayers, number: int, rng: np.random.Generator) -> Array:
    """Uniform tokens on [-1, 1]^d, in so many samples that there are ROWS rows per parameter  # (S, N, d)."""
    samples = -(-ROWS * model.parameters // number) + 1
    return rng.uniform(-1, 1, (samples, number, model.d))


def fisher_rank(jacobian: Array) -> FisherRank:
    """The rank of a matrix of derivatives  # (rows, parameters).

    Raises ValueError for fewer rows than parameters, which would pose as a lack of rank.
    """
    rows, parameters = jacobian.shape
    if rows < parameters:
        raise ValueError(f"{rows} rows cannot show the rank of {parameters} parameters; valid: at least {parameters}")
    lengths = np.linalg.norm(jacobian, axis=0)
    values = np.linalg.svd(jacobian / np.where(lengths > 0, lengths, 1.0), compute_uv=False)
    values = values / values[0]
    rank = int(np.sum(values > ZERO))
    return FisherRank(parameters, rank, float(values[rank - 1]), float(values[rank]) if rank < parameters else 0.0)


def largest_change(jacobian: Array, directions: Array) -> float:
    """The largest |J g| over |J|_F |g| of several directions g, 0 for none  # (rows, p), (n, p)."""
    if not len(directions):
        return 0.0
    changes = np.linalg.norm(jacobian @ directions.T, axis=0) / np.linalg.norm(directions, axis=1)
    return float(changes.max() / np.linalg.norm(jacobian))


def independent(directions: Array) -> int:
    """How many of several directions are linearly independent  # (n, p)."""
    if not len(directions):
        return 0
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    values = np.linalg.svd(directions / np.where(lengths > 0, lengths, 1.0), compute_uv=False)
    return int(np.sum(values > ZERO * values[0]))
