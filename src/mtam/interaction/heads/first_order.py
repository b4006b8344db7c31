"""The error of a fit of several heads to first order, for one truth at finite M.

Near the truth the estimator is least squares on Z = [F_1 .. F_H, T_1 .. T_H]: aggregated splines of every head at its
A*_h, and aggregated derivatives of g* along the p_h = 2 r d - r^2 - 1 directions of A_h that keep rank and norm. With a
design of n = M N rows, G = Z^T Z/n and B = E_rho z z^T over the features z of one pair,

    error = E_rho (z^T G^{-1} Z^T f/n - g*)^2 + (sigma^2/n) tr(G^{-1} B),

the bias of the splines and the variance. The H constants are one, so that the rank of G, the number of parameters, is

    q = H (K + s) - (H - 1) + sum_h p_h.

For functions h with E[h(X_1, X_2) | X_1] = 0, G = B/(N - 1) and the variance is (N - 1)/N q sigma^2/M; otherwise
G = B/(N - 1) + (N - 2)/(N - 1) E[E[z | X_1] E[z | X_1]^T] is larger and the variance smaller. So q sigma^2/M is
counted from parameters alone, and the constant before it, between 1/N and (N - 1)/N, follows from the truth and is
computed here. Leaving out T gives what the splines cost where all A*_h are known. Nothing is fitted to any run.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.additive_truth import AdditiveTruth
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import Truth
from mtam.interaction.solver.varpro import RIDGE
from mtam.interaction.theory.tangents import Tangents

Array = npt.NDArray[np.float64]

MOST_ROWS = 60000  # of the design; moments of more rows are those of fewer, but for 1/sqrt(rows)
PAIRS = 2**16
BLOCK = 2048  # samples


@dataclass(frozen=True)
class FirstOrder:
    """Mean squared errors in L2(rho)."""

    total: float
    known: float  # with all A*_h known
    parameters: int  # q
    counted: float  # q sigma^2/M


class Features:
    """[F_1 .. F_H, T_1 .. T_H] of samples, as the fit has them at the truth."""

    def __init__(self, truth: AdditiveTruth, space: SplineSpace, example: Array) -> None:
        """``example``: samples whose arguments give the orthonormal basis  # (S, N, d)."""
        self.heads = truth.heads
        self.tangents = [Tangents(head) for head in truth.heads]
        self.space, self.bases = space, [space.orthonormaliser(_off(head, example).ravel()) for head in truth.heads]

    def __call__(self, x: Array) -> Array:
        """Aggregated over the other tokens of every row  # (S, N, d) -> (S N, H (K+s) + sum p_h)."""
        parts = []
        for head, basis in zip(self.heads, self.bases, strict=True):
            u = _off(head, x)  # (S, N, N-1)
            raw = self.space.design(u.ravel()).reshape(*u.shape, -1).mean(axis=2)
            parts.append(raw.reshape(-1, raw.shape[-1]) @ basis)
        parts += [tangents.features(x) for tangents in self.tangents]
        return np.concatenate(parts, axis=1)

    @property
    def splines(self) -> int:
        """How many of the columns are splines."""
        return sum(basis.shape[1] for basis in self.bases)

    @property
    def size(self) -> int:
        """How many columns there are."""
        return self.splines + sum(tangents.count for tangents in self.tangents)


def _off(head: Truth, x: Array) -> Array:
    """u_ij of j != i  # (S, N, d) -> (S, N, N-1)."""
    samples, tokens, _ = x.shape
    u = (x @ head.left) @ (x @ head.right).transpose(0, 2, 1)
    return np.asarray(u[:, ~np.eye(tokens, dtype=bool)].reshape(samples, tokens, tokens - 1))


def first_order(
    truth: AdditiveTruth, space: SplineSpace, samples: int, tokens: int, noise: float, seed: int
) -> FirstOrder:
    """The error of M = ``samples`` samples of ``tokens`` tokens, noise of standard deviation ``noise``.

    Moments are means over a design of its own and over fresh pairs, keyed by the seed; their own error is below 1%.
    """
    stream = TokenStream(truth.law, seed, "first order")
    features = Features(truth, space, stream.take(BLOCK, 2))
    rows = min(samples * tokens, MOST_ROWS)
    size, count = features.size, 0
    gram, moment = np.zeros((size, size)), np.zeros(size)
    while count < rows:
        x = stream.take(min(BLOCK, -(-(rows - count) // tokens)), tokens)
        z, f = features(x), truth.interactions(x).ravel()
        gram += z.T @ z
        moment += z.T @ f
        count += len(z)
    cross, toward, power = np.zeros((size, size)), np.zeros(size), 0.0
    for _ in range(0, PAIRS, BLOCK):
        x = stream.take(BLOCK, 2)
        z, g = features(x)[::2], truth.phi(truth.arguments(x[:, 0], x[:, 1]))
        cross += z.T @ z / PAIRS
        toward += z.T @ g / PAIRS
        power += float(g @ g) / PAIRS
    unit = noise**2 / (samples * tokens)
    parts = []
    for part in (slice(None), slice(features.splines)):
        g = gram[part, part] / count
        solver = scipy.linalg.cho_factor(g + RIDGE / (samples * tokens) * np.eye(len(g)))
        c = scipy.linalg.cho_solve(solver, moment[part] / count)
        bias = power - 2 * float(c @ toward[part]) + float(c @ cross[part, part] @ c)
        spread = scipy.linalg.cho_solve(solver, g) @ scipy.linalg.cho_solve(solver, cross[part, part])
        parts.append(bias + unit * float(np.trace(spread)))
    directions = sum(tangents.count for tangents in features.tangents)
    parameters = len(truth.heads) * (space.dimension - 1) + 1 + directions
    return FirstOrder(parts[0], parts[1], parameters, parameters * noise**2 / samples)
