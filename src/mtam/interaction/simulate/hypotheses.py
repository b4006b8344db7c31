"""The hypotheses of the lower bound: activations made of bumps whose signs form a Varshamov-Gilbert code.

phi_w(u) = L h^beta sum_l w_l K((u - c_l)/h), w in {-1, +1}^m, on m cells of width h that tile [-reach, reach] (paper B,
Theorem 4.4; Tsybakov 2009, section 2.6). K is supported on [-1/2, 1/2] and |K^{(beta)}| <= 1, so every phi_w is Hoelder
of order beta with the constant L, whatever m is. With h of order (N M)^{-1/(2 beta + 1)} neighbours cannot be told
apart from M samples of N tokens, and 2^{m/8} of them differ in at least m/8 signs.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.splines import Spline, SplineSpace

Array = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint8]

MOST_LENGTH = 256  # of a code: its halves can still be enumerated
ENUMERATED = 16  # dimensions of a code whose words are all looked at
TRIES = 100  # random codes before giving up; one almost always suffices


def bump(t: Array, beta: int) -> Array:
    """K(t), supported on [-1/2, 1/2], with beta - 1 continuous derivatives and |K^{(beta)}| <= 1  # any shape.

    The B-spline of degree beta on beta + 1 equal intervals. In units of an interval its beta-th derivative is
    (-1)^k binom(beta, k) on the k-th of them; an interval has length 1/(beta + 1).
    """
    unit = np.zeros(2 * beta + 1)
    unit[beta] = 1.0
    largest = math.comb(beta, beta // 2) * (beta + 1.0) ** beta
    return Spline(SplineSpace(beta, beta + 1), unit)(2 * t) / largest


def bumps(samples: int, tokens: int, beta: int) -> int:
    """m = ceil((N M)^{1/(2 beta + 1)}), the cells of the hypotheses that M samples of N tokens cannot tell apart."""
    return math.ceil(math.pow(samples * tokens, 1 / (2 * beta + 1)) - 1e-9)


def hypothesis(u: Array, signs: Array, beta: int, holder: float, reach: float = 1.0) -> Array:
    """phi_w(u) with w = ``signs`` (m,), L = ``holder``, h = 2 reach/m; zero outside [-reach, reach]  # any shape."""
    cells = len(signs)
    position = (u / reach + 1) * (cells / 2)
    cell = np.clip(np.floor(position), 0, cells - 1).astype(np.int64)
    height = holder * (2 * reach / cells) ** beta
    return np.asarray(height * signs[cell] * bump(position - cell - 0.5, beta))  # K vanishes beyond its cell


@dataclass(frozen=True)
class Code:
    """A binary linear code: 2^k words, the sums modulo 2 of the k rows of ``generator``; any two differ in at least
    ``distance`` places."""

    generator: Bits  # (k, m)
    distance: int

    @property
    def dimension(self) -> int:
        """k = log2 of the number of words."""
        return len(self.generator)

    def words(self) -> Bits:
        """All words  # (2^k, m). Raises ValueError beyond 2^16 of them."""
        if self.dimension > ENUMERATED:
            raise ValueError(f"a code of 2^{self.dimension} words is not listed; at most 2^{ENUMERATED} are")
        return _span(self.generator)

    def draw(self, rng: np.random.Generator) -> Bits:
        """A word at random, all equally likely  # (m,)."""
        chosen = rng.integers(0, 2, self.dimension)
        return np.asarray(chosen @ self.generator % 2, dtype=np.uint8)


def code(length: int, rng: np.random.Generator) -> Code:
    """A code of 2^ceil(m/8) words of m = ``length`` bits, any two of which differ in at least m/8 (Varshamov-Gilbert).

    A random linear code, whose smallest distance is its smallest weight, found by looking at every word. Beyond 2^16
    words it is put together from two halves by Plotkin's construction.
    Raises ValueError for lengths outside 1 .. 256.
    """
    if not 1 <= length <= MOST_LENGTH:
        raise ValueError(f"a code of {length} bits is not available; valid: 1 to {MOST_LENGTH}")
    least = math.ceil(length / 8)
    return _linear(length, least, least, rng)


def _linear(length: int, dimension: int, distance: int, rng: np.random.Generator) -> Code:
    if dimension > ENUMERATED:
        return _plotkin(length, dimension, distance, rng)
    for _ in range(TRIES):
        generator = rng.integers(0, 2, (dimension, length), dtype=np.uint8)
        found = int(_span(generator)[1:].sum(axis=1, dtype=np.int64).min())
        if found >= distance:
            return Code(generator, found)
    raise ValueError(f"no code of 2^{dimension} words of {length} bits with distance {distance} was found")


def _plotkin(length: int, dimension: int, distance: int, rng: np.random.Generator) -> Code:
    """(a, a + b) over words a, b of two codes: the distance is min(2 d_a, d_b). An odd last bit stays zero."""
    half = length // 2
    one = _linear(half, dimension - dimension // 2, math.ceil(distance / 2), rng)
    two = _linear(half, dimension // 2, distance, rng)
    upper = np.concatenate([one.generator, one.generator], axis=1)
    lower = np.concatenate([np.zeros_like(two.generator), two.generator], axis=1)
    generator = np.pad(np.concatenate([upper, lower]), ((0, 0), (0, length - 2 * half)))
    return Code(generator, min(2 * one.distance, two.distance))


def _span(generator: Bits) -> Bits:
    """All sums of rows modulo 2, the zero word first  # (k, m) -> (2^k, m)."""
    words = np.zeros((1, generator.shape[1]), dtype=np.uint8)
    for row in generator:
        words = np.concatenate([words, words ^ row])
    return words
