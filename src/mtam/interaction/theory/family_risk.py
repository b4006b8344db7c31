"""What the estimator of paper B risks on a family of hypotheses: bias and variance of least squares over splines.

With A known, B-splines b(u) of a pair and their sums Z_i = (N-1)^{-1} sum_{j != i} b(u_ij) of a token, least squares on
M samples of Gaussian noise estimates phi_w by the coefficients c ~ N(Q^{-1} R w, sigma^2/(M N) Q^{-1}), Q = E[Z Z^T],
R = E[Z F^T], once the Gram matrix of the data is replaced by its mean. Hence, w averaged over the family,

    E ||g_hat - g_w||^2 = E ||(Q^{-1} R w)^T b - w^T psi||^2 + sigma^2/(M N) tr(Q^{-1} E[b b^T]).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtam.interaction.model import pair_kernels
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.tokens import Tokens, TokenStream
from mtam.interaction.theory.lower_bound import BLOCK, HypothesisFamily, rows_of

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Risk:
    """Squared bias, averaged over the family, and the trace that sigma^2/(M N) multiplies."""

    bias: float
    trace: float

    def at(self, samples: int, tokens: int, noise: float) -> float:
        """The expected squared error."""
        return self.bias + noise**2 / (samples * tokens) * self.trace


def erm_risk(
    members: HypothesisFamily,
    factors: tuple[Array, Array],
    law: Tokens,
    tokens: int,
    space: SplineSpace,
    rows: int,
    seed: int,
) -> Risk:
    """Bias and trace of the spline estimator, expectations over ``rows`` rows (sample, token)."""
    stream = TokenStream(law, seed, f"family-risk-{members.cells}-{tokens}")
    size, m = space.dimension, members.cells
    gram, cross = np.zeros((size, size)), np.zeros((size, m))
    single, mixed, own = np.zeros((size, size)), np.zeros((size, m)), np.zeros(m)
    step, count = max(1, BLOCK // (tokens * max(tokens, law.d, m, size))), 0
    while count < rows:
        x = stream.take(min(step, -(-(rows - count) // tokens)), tokens)
        aggregated, value, index = rows_of(members, factors, x)
        p, q = (x @ factors[0]).reshape(-1, factors[0].shape[1]), (x @ factors[1]).reshape(-1, factors[1].shape[1])
        features = np.empty((len(p), size))
        pair_kernels.features(p, q, tokens, space.pieces, space.intervals, features)
        after = np.arange(len(p)).reshape(-1, tokens)[:, (np.arange(tokens) + 1) % tokens].ravel()
        splines = space.design(np.einsum("nr,nr->n", p, q[after]))
        hit = np.zeros((len(p), m))
        hit[np.arange(len(p)), index] = value
        gram, cross = gram + features.T @ features, cross + features.T @ aggregated
        single, mixed, own = single + splines.T @ splines, mixed + splines.T @ hit, own + (hit**2).sum(axis=0)
        count += len(p)
    inverse = np.linalg.pinv(gram / count, rcond=1e-10, hermitian=True)
    fitted = inverse @ (cross / count)  # (K+s, m)
    error = fitted.T @ single @ fitted - fitted.T @ mixed - mixed.T @ fitted + np.diag(own)
    average = members.words.T @ members.words / len(members.words)
    return Risk(float(np.sum(average * error) / count), float(np.sum(inverse * single) / count))
