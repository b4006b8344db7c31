"""The h that comes closest to breaking coercivity, in a space of splines: a generalised eigenvalue problem.

For h = sum_b c_b B_b with features B of a pair and F_i = (N-1)^{-1} sum_{j != i} B(X_i, X_j) of a token,

    (N-1) E[R_h^2] / ||h||^2 = (N-1) c^T E[F F^T] c / c^T E[B B^T] c,

so the smallest ratio of the space is the smallest eigenvalue of the pencil, and its h the eigenvector. Found on one set
of samples it is too small there (it has been optimised), so its ratio is to be measured on fresh samples.
"""

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.base.streams import generator
from mtam.interaction.model import pair_kernels
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.simulate.tokens import Tokens, TokenStream
from mtam.interaction.theory.coercivity_ratio import Difference, blocks, matrix

Array = npt.NDArray[np.float64]

MATRICES = 2  # A and A*: the space holds g - g* for all splines at these two
DEGREE = 3
THIN = 1e-3  # directions with a smaller share of the norm live on pairs too rare for their ratio to be measured


def least_coercive(law: Tokens, tokens: int, intervals: int, samples: int, seed: int) -> Difference:
    """The h of smallest ratio among sum_k phi_k(x^T A_k y), cubic splines phi_k on K intervals, A_1, A_2 random."""
    stream = TokenStream(law, seed, "adversary")
    rng = generator(seed, "interaction", "adversary", "matrices")
    matrices = [matrix(law, min(2, law.d), rng) for _ in range(MATRICES)]
    space = SplineSpace(DEGREE, intervals)
    size = space.dimension
    top, bottom = np.zeros((2, MATRICES * size, MATRICES * size))
    for x in blocks(stream, samples, tokens):
        rows = np.empty((MATRICES, len(x) * tokens, size))
        pairs = []
        for k, (left, right) in enumerate(matrices):
            p, q = (x @ left).reshape(-1, left.shape[1]), (x @ right).reshape(-1, left.shape[1])
            pair_kernels.features(p, q, tokens, space.pieces, intervals, rows[k])
            # One pair per token, (i, i+1): under exchangeability as good as any other, and far cheaper than all.
            u = np.einsum("mir,mir->mi", x @ left, np.roll(x @ right, -1, axis=1))
            pairs.append(space.design(u.reshape(-1)))
        joined, single = np.concatenate(rows, axis=1), np.concatenate(pairs, axis=1)
        top += (tokens - 1) * joined.T @ joined
        bottom += single.T @ single
    coefficients = _smallest(top, bottom).reshape(MATRICES, size)
    return Difference(
        tuple((left, right, Spline(space, c)) for (left, right), c in zip(matrices, coefficients, strict=True))
    )


def _smallest(top: Array, bottom: Array) -> Array:
    """The c of smallest c^T top c / c^T bottom c, among directions that ``bottom`` sees."""
    values, axes = np.linalg.eigh(bottom)
    seen = values > THIN * values[-1]
    white = axes[:, seen] / np.sqrt(values[seen])
    return np.asarray(white @ scipy.linalg.eigh(white.T @ top @ white)[1][:, 0])
