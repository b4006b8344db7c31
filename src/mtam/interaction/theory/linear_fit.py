"""The estimator linearised at the truth, on the data of a trial: the control variate of its error.

Least squares of the responses on Z = [F_K, T], splines aggregated over tokens and the derivatives of the truth along
the directions of A, as in ``forecast``, but with the tokens and the noise that the estimator itself has seen. To first
order in the errors of phi and A both have one error; what is left of ln(error/linear error) is the remainder, search
and the choice of K. It knows the truth, and is no estimator.
"""

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.model import pair_kernels
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.simulate.squared_error import Interaction
from mtam.interaction.simulate.truth import Truth
from mtam.interaction.solver.row_sums import Data, double
from mtam.interaction.solver.varpro import RIDGE
from mtam.interaction.theory.tangents import DIFFERENCE, Tangents

Array = npt.NDArray[np.float64]

BLOCK = 2**12  # samples at a time
HEAD = 2**12  # samples behind the basis


def linear_fit(truth: Truth, x: Data, y: Array, space: SplineSpace) -> Interaction:
    """g(x, y) = phi_hat(u) + sum_k a_k phi*'(u) x^T D_k y, u = x^T A* y  # x (M, N, d), y (M, N)."""
    tangents, tokens = Tangents(truth), x.shape[1]
    head = double(x[:HEAD])
    basis = space.orthonormaliser(truth.arguments(head[:, 0], head[:, 1]))
    size = space.dimension
    gram = np.eye(size + tangents.count) * RIDGE
    moment = np.zeros(len(gram))
    for start in range(0, len(x), BLOCK):
        part = double(x[start : start + BLOCK])
        raw = np.empty((part.shape[0] * tokens, size))
        pair_kernels.features(*tangents.arguments(part), tokens, space.pieces, space.intervals, raw)
        rows = np.concatenate([raw @ basis, tangents.features(part)], axis=1)
        gram += rows.T @ rows
        moment += rows.T @ y[start : start + BLOCK].reshape(-1)
    theta = scipy.linalg.solve(gram, moment, assume_a="pos")
    phi, moved = Spline(space, basis @ theta[:size]), tangents.matrix(theta[size:])

    def g(left: Array, right: Array) -> Array:
        u = truth.arguments(left, right)
        slope = (truth.phi(u + DIFFERENCE) - truth.phi(u - DIFFERENCE)) / (2 * DIFFERENCE)
        values = phi(u) + slope * np.einsum("nd,nd->n", left @ moved, right)
        return np.asarray(values)

    return g
