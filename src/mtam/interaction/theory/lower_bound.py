"""The Fano-Tsybakov lower bound with numbers: a family of bumps, what M samples tell about it, and the bound.

A is known and phi_w = sum_l w_l psi_l, w in {-1, +1}^m, psi_l(u) = L h^beta K((u - c_l)/h) on m cells of width h around
zero (paper B, Theorem 4.4; Tsybakov 2009, section 2.6). With B = E[psi(u_12) psi(u_12)^T], which is diagonal,
F_l = (N-1)^{-1} sum_{j != i} psi_l(u_ij) and G = E[F F^T], two members v, w of the family are separated by
||g_v - g_w||^2 = (v - w)^T B (v - w), and Gaussian noise of variance sigma^2 gives

    KL(P_v || P_w) = M N/(2 sigma^2) (v - w)^T G (v - w).

By Jensen G <= B, the step that puts N into the bound; by the identity of coercivity, G is rather near B/(N-1).
All that M samples say about w is F^T Y, Gaussian given the tokens, with mean (F^T F) w and covariance sigma^2 F^T F;
with F^T F replaced by its mean M N G any M costs the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.simulate.hypotheses import bump, code
from mtam.interaction.simulate.tokens import Tokens, TokenStream

Array = npt.NDArray[np.float64]

WORDS = 2**11  # looked at in the search for a code of large distance, ..
CODES = 20  # .. but at least so many codes
SCORES = 2**22  # likelihoods computed at once
BLOCK = 2**19  # numbers per block of tokens or features


@dataclass(frozen=True)
class HypothesisFamily:
    """phi_w for w in ``words``; any two words differ in at least ``distance`` signs."""

    beta: int
    width: float  # h
    holder: float  # L
    words: Array  # (card, m), entries +-1
    distance: int

    @property
    def cells(self) -> int:
        """m."""
        return int(self.words.shape[1])

    @property
    def height(self) -> float:
        """L h^beta."""
        return self.holder * self.width**self.beta

    def features(self, u: Array) -> tuple[Array, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """The value of the one bump that covers u, its index, and whether there is one  # any shape."""
        position = u / self.width + self.cells / 2
        index = np.floor(position).astype(np.int64)
        inside = (index >= 0) & (index < self.cells)
        index = np.clip(index, 0, self.cells - 1)
        return np.where(inside, self.height * bump(position - index - 0.5, self.beta), 0.0), index, inside


def family(beta: int, cells: int, width: float, holder: float, rng: np.random.Generator) -> HypothesisFamily:
    """2^ceil(m/8) words that differ in at least m/8 signs (Varshamov-Gilbert), around alternating signs.

    A code shifted by a fixed word keeps its distances; without the shift one member would be all bumps of one sign, the
    one function of the family whose average over X_j does not cancel.
    """
    tries = max(CODES, WORDS >> math.ceil(cells / 8))
    found = max((code(cells, rng) for _ in range(tries)), key=lambda each: each.distance)
    alternating = np.arange(cells) % 2
    signs = np.where(found.words() ^ alternating.astype(np.uint8), -1.0, 1.0)
    return HypothesisFamily(beta, width, holder, signs, found.distance)


@dataclass(frozen=True)
class BumpMoments:
    """E[psi psi^T] (its diagonal), E[F F^T], and the number N of tokens of the latter."""

    single: Array  # (m,), diagonal of B
    whole: Array  # (m, m), G
    tokens: int

    def separation(self, words: Array) -> float:
        """Smallest ||g_v - g_w||^2 over pairs of words; words of a shifted linear code have equal neighbourhoods."""
        differences = (words[1:] - words[0]) ** 2
        return float((differences @ self.single).min())

    def divergences(self, words: Array, samples: int, noise: float) -> Array:
        """KL(P_w || P_0) of every word from the null function  # (card,)."""
        forms = np.einsum("wl,wl->w", words @ self.whole, words)
        return np.asarray(samples * self.tokens / (2 * noise**2) * forms)

    def jensen(self, samples: int, noise: float) -> float:
        """What Jensen's inequality allows KL(P_w || P_0) to be: B in the place of G; the same for every word."""
        return float(samples * self.tokens / (2 * noise**2) * self.single.sum())

    def share(self) -> float:
        """The largest eigenvalue of B^{-1/2} G B^{-1/2}: what Jensen's inequality says is at most 1."""
        root = np.sqrt(self.single)
        return float(np.linalg.eigvalsh(self.whole / np.outer(root, root))[-1])


def moments(
    members: HypothesisFamily, factors: tuple[Array, Array], law: Tokens, tokens: int, rows: int, seed: int
) -> BumpMoments:
    """B from one pair per row and G from all, over ``rows`` rows (sample, token); A = left right^T."""
    stream = TokenStream(law, seed, f"lower-bound-{members.cells}-{tokens}")
    m = members.cells
    single, whole, count = np.zeros(m), np.zeros((m, m)), 0
    step = max(1, BLOCK // (tokens * max(tokens, law.d, m)))
    while count < rows:
        aggregated, value, index = rows_of(
            members, factors, stream.take(min(step, -(-(rows - count) // tokens)), tokens)
        )
        whole += aggregated.T @ aggregated
        single += np.bincount(index, weights=value**2, minlength=m)
        count += len(aggregated)
    return BumpMoments(single / count, whole / count, tokens)


def mean_of(parts: Sequence[BumpMoments]) -> BumpMoments:
    """The moments of several independent sets of rows of equal size."""
    whole = np.mean([part.whole for part in parts], axis=0)
    return BumpMoments(np.mean([part.single for part in parts], axis=0), whole, parts[0].tokens)


def rows_of(
    members: HypothesisFamily, factors: tuple[Array, Array], x: Array
) -> tuple[Array, Array, npt.NDArray[np.int64]]:
    """F of every row, and value and index of the bump at the pair (i, i+1)  # (S N, m), (S N,), (S N,)."""
    samples, tokens = x.shape[:2]
    u = (x @ factors[0]) @ (x @ factors[1]).transpose(0, 2, 1)
    value, index, _ = members.features(u)
    value[:, np.arange(tokens), np.arange(tokens)] = 0.0
    row = np.arange(samples * tokens).reshape(samples, tokens, 1) * members.cells
    flat = np.bincount((row + index).ravel(), weights=value.ravel(), minlength=samples * tokens * members.cells)
    after = (np.arange(tokens) + 1) % tokens
    pair = (slice(None), np.arange(tokens), after)
    return flat.reshape(-1, members.cells) / (tokens - 1), value[pair].ravel(), index[pair].ravel()


def fano(divergence: float, count: int) -> float:
    """The least error probability that Fano's inequality allows: the root of H(p) + p ln(count - 1) = ln count - I.

    I, the mutual information, is at most the largest divergence from any fixed law. Zero when I >= ln count.
    """
    if divergence >= math.log(count):
        return 0.0
    low, high = 0.0, 1 - 1 / count  # the left side grows from 0 to ln count between them
    for _ in range(200):
        p = 0.5 * (low + high)
        entropy = -sum(q * math.log(q) for q in (p, 1 - p) if q > 0)
        low, high = (p, high) if entropy + p * math.log(count - 1) < math.log(count) - divergence else (low, p)
    return low


@dataclass(frozen=True)
class Decoding:
    """Maximum likelihood over the family: how often it errs, and its squared error."""

    error: float
    error_se: float
    risk: float
    risk_se: float


def decode(
    members: HypothesisFamily, about: BumpMoments, samples: int, noise: float, draws: int, rng: np.random.Generator
) -> Decoding:
    """Simulate F^T Y and decode it, every word equally likely to be the truth."""
    scale = samples * about.tokens / noise**2
    values, axes = np.linalg.eigh(about.whole)
    root = axes * np.sqrt(np.maximum(values, 0.0))
    truth = rng.integers(len(members.words), size=draws)
    noises = rng.standard_normal((draws, members.cells)) @ root.T
    statistic = scale * members.words[truth] @ about.whole + math.sqrt(scale) * noises  # (draws, m)
    penalty = 0.5 * scale * np.einsum("wl,wl->w", members.words @ about.whole, members.words)
    step = max(1, SCORES // len(members.words))
    chosen = np.concatenate(
        [(statistic[at : at + step] @ members.words.T - penalty).argmax(axis=1) for at in range(0, draws, step)]
    )
    squares = (members.words[chosen] - members.words[truth]) ** 2 @ about.single
    wrong = float((chosen != truth).mean())
    error_se = math.sqrt(max(wrong * (1 - wrong), 1 / draws) / draws)
    return Decoding(wrong, error_se, float(squares.mean()), float(squares.std(ddof=1) / math.sqrt(draws)))
