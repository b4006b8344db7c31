"""Statements of paper B, and the lemmas that its proofs lean on, with explicit constants beside what they bound."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import factorial, prod

import numpy as np
import scipy.special

from mtam.base.streams import generator
from mtam.checks.statements.evaluated_bound import Array, EvaluatedBound
from mtam.interaction.theory import coercivity_exact, lower_bound

TOKENS = (2, 3, 4, 5, 6)
MASSES = (Fraction(1, 2), Fraction(1, 3), Fraction(1, 6))  # of three tokens, drawn independently
POPULATION = 6
ARGUMENTS = (0.5, 1.0, 2.0, 4.0, 8.0)
INTERVALS = (4, 8, 16, 32, 64)
SMOOTH = 2  # beta of the piecewise polynomials, of degree beta - 1
RADII = (0.8, 0.6, 0.4, 0.3, 0.2)
POINTS = 4000  # matrices among which separated ones are looked for
WORDS = (8, 16, 24, 32, 40)
LETTERS = 8
HYPOTHESES = (2**4, 2**6, 2**10, 2**14, 2**20)


def coercivity(seed: int) -> EvaluatedBound:
    """Lemma 3.4: E(g) - E(g*) >= ||g - g*||^2 / (N - 1) for independent tokens, by enumeration in fractions."""
    rng = generator(seed, "check", "statements", "coercivity")
    size = len(MASSES)
    h = [[Fraction(int(x), 4) for x in row] for row in rng.integers(-8, 9, (size, size))]
    told = [coercivity_exact.enumerate_terms(h, _independent(count)) for count in TOKENS]
    truths = np.array([float(terms.excess) for terms in told])
    bounds = np.array([float(terms.norm / (count - 1)) for terms, count in zip(told, TOKENS, strict=True)])
    return EvaluatedBound(
        "coercivity", "paper B, Lemma 3.4", "excess risk is at least ||g - g*||^2 / (N - 1), tokens independent",
        "lower", tuple(f"N = {count}" for count in TOKENS), bounds, truths, truths, "exact, by enumeration",
    )  # fmt: skip


def _independent(count: int) -> Iterator[coercivity_exact.Outcome]:
    for tokens in product(range(len(MASSES)), repeat=count):
        yield tokens, prod((MASSES[token] for token in tokens), start=Fraction(1))


def coercivity_finite() -> EvaluatedBound:
    """The same for N distinct members of a population of six: exchangeable, but without a latent variable."""
    h = coercivity_exact.alternating(POPULATION)
    laws = [coercivity_exact.without_replacement(POPULATION, count) for count in TOKENS]
    told = [coercivity_exact.enumerate_terms(h, law) for law in laws]
    truths = np.array([float(terms.excess) for terms in told])
    bounds = np.array([float(terms.norm / (count - 1)) for terms, count in zip(told, TOKENS, strict=True)])
    return EvaluatedBound(
        "coercivity_finite", "paper B, Lemma 3.4", "excess risk is at least ||g - g*||^2 / (N - 1), tokens distinct",
        "lower", tuple(f"N = {count}" for count in TOKENS), bounds, truths, truths, "exact, by enumeration",
        violated="tokens are finitely exchangeable only",
    )  # fmt: skip


def bounded_noise() -> EvaluatedBound:
    """Noise within [-b, b] is sub-Gaussian (Hoeffding): E e^{t eps} <= e^{t^2 b^2 / 2}; here uniform, b = sqrt 3."""
    tb = np.array(ARGUMENTS) * 3**0.5
    truths = np.sinh(tb) / tb
    return EvaluatedBound(
        "bounded_noise", "paper B, noise", "bounded noise is sub-Gaussian: E e^{t eps} <= e^{t^2 b^2 / 2}", "upper",
        tuple(f"t = {t:g}" for t in ARGUMENTS), np.exp(tb**2 / 2), truths, truths, "uniform noise, closed form",
    )  # fmt: skip


def piecewise_polynomials() -> EvaluatedBound:
    """K pieces of degree beta - 1 on [-1, 1] miss phi by L K^{-beta} / beta!, |phi^{(beta)}| <= L (Taylor).

    The truth is the root mean square error of the best pieces for phi(u) = sin(2 pi u), L = (2 pi)^beta.
    """
    bounds = np.array([(2 * np.pi) ** SMOOTH * float(k) ** -SMOOTH / factorial(SMOOTH) for k in INTERVALS])
    truths = np.array([_projection_error(k) for k in INTERVALS])
    return EvaluatedBound(
        "piecewise_polynomials", "paper B, approximation", "K pieces miss phi by at most L K^-beta / beta!", "upper",
        tuple(f"K = {k}" for k in INTERVALS), bounds, truths, truths, "least squares by Gauss's rule, beta = 2",
    )  # fmt: skip


def _projection_error(pieces: int) -> float:
    nodes, weights = np.polynomial.legendre.leggauss(16)
    basis = np.polynomial.legendre.legvander(nodes, SMOOTH - 1) * np.sqrt((2 * np.arange(SMOOTH) + 1) / 2)
    middles = -1 + (2 * np.arange(pieces) + 1) / pieces
    values = np.sin(2 * np.pi * (middles[:, None] + nodes / pieces))  # (pieces, nodes)
    rest = values - (values * weights) @ basis @ basis.T
    return float(np.sqrt((rest**2 @ weights).sum() / pieces / 2))


def rank_covering(seed: int) -> EvaluatedBound:
    """Lemma B.3: matrices of rank r in the unit Frobenius ball have ln N(eps) <= (2 d + 1) r ln(9 / eps).

    The constants are those of Candes and Plan (2011, IEEE Trans. Inform. Theory 57, Lemma 3.1). For d = 2, r = 1 the
    truth lies between a packing, of points further than 2 eps apart, and an explicit cover by A = s u v^T on grids.
    """
    rng = generator(seed, "check", "statements", "covering")
    angles, scale = rng.uniform(0, 2 * np.pi, (2, POINTS)), rng.uniform(0, 1, POINTS)
    u, v = (np.stack([np.cos(a), np.sin(a)], axis=1) for a in angles)
    points = (scale[:, None, None] * u[:, :, None] * v[:, None, :]).reshape(POINTS, 4)
    low = np.array([np.log(packing(points, 2 * eps)) for eps in RADII])
    return EvaluatedBound(
        "rank_covering", "paper B, Lemma B.3", "ln N(eps) <= (2 d + 1) r ln(9 / eps) for rank r, unit Frobenius norm",
        "upper", tuple(f"eps = {eps:g}" for eps in RADII), 5 * np.log(9 / np.array(RADII)), low,
        np.array([np.log(explicit_cover(eps)) for eps in RADII]), "d = 2, r = 1: between a packing and a cover",
    )  # fmt: skip


def packing(points: Array, apart: float) -> int:
    """How many of ``points`` (count, dim) lie further than ``apart`` from each other, taken greedily."""
    count, left = 0, points
    while len(left):
        count += 1
        left = left[np.linalg.norm(left - left[0], axis=1) > apart]
    return count


def explicit_cover(eps: float) -> int:
    """Points of a grid over (s, angle of u, angle of v) that covers s u v^T within eps: a third from each factor."""
    return prod(int(np.ceil(length / (2 * eps / 3))) for length in (1.0, np.pi, 2 * np.pi))


def code_size() -> EvaluatedBound:
    """Varshamov and Gilbert: words of m signs that differ in m/8 places, at least 2^{m/8} of them.

    Every one of eight letters said m/8 times over gives a code whose size and distance can be counted.
    """
    sizes = []
    for length in WORDS:
        words = np.array(list(product((0, 1), repeat=LETTERS))).repeat(length // LETTERS, axis=1)
        apart = (words[:, None] != words[None]).sum(axis=2) + length * np.eye(len(words), dtype=int)
        sizes.append(len(words) if apart.min() >= length / 8 else 0)
    truths = np.array(sizes, dtype=float)
    return EvaluatedBound(
        "code_size", "paper B, Theorem 4.4 (Varshamov, Gilbert)", "there are 2^{m/8} words that differ in m/8 places",
        "lower", tuple(f"m = {m}" for m in WORDS), 2.0 ** (np.array(WORDS) / 8), truths, np.full(len(WORDS), np.inf),
        "a code is given and counted; there may be larger ones",
    )  # fmt: skip


def fano() -> EvaluatedBound:
    """Fano: any test among W hypotheses errs with probability >= 1 - (KL + ln 2) / ln W.

    The truth is the error of the best test among W orthogonal signals in white noise, of energy ln W: by quadrature,
    1 - E Phi(z + s)^{W-1} with s^2 = ln W; the mean divergence from the null is s^2 / 2.
    """
    z, weights = np.polynomial.hermite_e.hermegauss(120)
    bounds, truths = [], []
    for count in HYPOTHESES:
        s = np.log(count) ** 0.5
        right = weights / weights.sum() @ np.exp((count - 1) * scipy.special.log_ndtr(z + s))
        bounds.append(lower_bound.fano(float(s**2 / 2), count))
        truths.append(1 - float(right))
    return EvaluatedBound(
        "fano", "paper B, Theorem 4.4 (Fano)", "any test of W hypotheses errs at least as often as Fano says", "lower",
        tuple(f"W = {count}" for count in HYPOTHESES), np.array(bounds), np.array(truths), np.array(truths),
        "the best test among orthogonal signals, by quadrature",
    )  # fmt: skip
