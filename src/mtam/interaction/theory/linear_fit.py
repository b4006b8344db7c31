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
from mtam.interaction.solver.varpro import Profile
from mtam.interaction.theory.tangents import DIFFERENCE, Tangents

Array = npt.NDArray[np.float64]

BLOCK = 2**9  # samples at a time: their features stay in the cache
HEAD = 2**12  # samples behind the basis


def linear_fit(truth: Truth, x: Data, y: Array, space: SplineSpace) -> Interaction:
    """g(x, y) = phi_hat(u) + sum_k a_k phi*'(u) x^T D_k y, u = x^T A* y  # x (M, N, d), y (M, N)."""
    tangents, tokens, rows = Tangents(truth), x.shape[1], y.size
    head = double(x[:HEAD])
    known = Profile(x, y, np.eye(x.shape[2]), space, truth.arguments(head[:, 0], head[:, 1]))
    size, basis = known.basis.shape[1], known.basis
    fit = known.fit(truth.left, truth.right)  # of phi alone; its Gram matrix has the ridge in it
    gram = np.eye(size + tangents.count) * known.ridge
    gram[:size, :size] = fit.gram
    moment = np.concatenate([fit.gram @ fit.coefficients, np.zeros(tangents.count)])
    for start in range(0, len(x) if tangents.count else 0, BLOCK):
        part = double(x[start : start + BLOCK])
        moves = tangents.features(part) / rows
        splines = np.empty((len(moves), space.dimension))
        pair_kernels.features(*tangents.arguments(part), tokens, space.pieces, space.intervals, splines)
        cross = basis.T @ (splines.T @ moves)
        gram[:size, size:] += cross
        gram[size:, :size] += cross.T
        gram[size:, size:] += moves.T @ moves * rows
        moment[size:] += moves.T @ y[start : start + BLOCK].reshape(-1)
    theta = scipy.linalg.solve(gram, moment, assume_a="pos")
    phi, moved = Spline(space, basis @ theta[:size]), tangents.matrix(theta[size:])

    def g(left: Array, right: Array) -> Array:
        u = truth.arguments(left, right)
        slope = (truth.phi(u + DIFFERENCE) - truth.phi(u - DIFFERENCE)) / (2 * DIFFERENCE)
        values = phi(u) + slope * np.einsum("nd,nd->n", left @ moved, right)
        return np.asarray(values)

    return g
