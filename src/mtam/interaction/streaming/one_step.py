"""The one-step estimator of (phi, A): a pilot on some samples, then one Gauss-Newton step on the sums over all.

From a pilot theta_0 with error O(M_0^{-1/2}) one step of scoring, theta_1 = theta_0 + I^{-1} score, has the limit law
of the minimiser itself (van der Vaart 1998, section 5.7). Here the pilot is the empirical risk minimiser on the first
M_0 samples with the K that these ask for, and the step is least squares of Y on [F, J] (``normal_sums``), F the splines
that M samples ask for. What is left out is of second order: the step is blind to the share by which phi_0' misses
phi*', of order M_0^{-1/2} K_0^{3/2} for its noise, which multiplies the error of A_0; in units of the standard error
of A at M, sqrt(M/M_0) K_0^3 sigma^2/(M_0 N |phi'|^2). So K_0 is that of M_0 and not that of M.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.model.low_rank import balance
from mtam.interaction.model.splines import Spline
from mtam.interaction.solver.varpro import RIDGE
from mtam.interaction.streaming.normal_sums import Linearisation, NormalSums

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OneStep:
    """phi and A after the step, and the spline that knows A."""

    matrix: Array  # A (d, d)
    phi: Spline
    known: Spline  # phi at the known A
    loss: float  # mean squared residual of the linear model, without the ridge
    known_loss: float
    length: float  # squared step of A over its expectation, see ``solve``

    def g(self, x: Array, y: Array) -> Array:
        """g(x, y)  # (n, d), (n, d) -> (n,)."""
        return self.phi(np.einsum("nd,nd->n", x @ self.matrix, y))


def gauge_free(left: Array, right: Array) -> Array:
    """Moves of (U, V), orthonormal, without those that leave A alone or rescale it  # (2dr, 2rd - r^2 - 1).

    U -> U (I + E), V -> V (I - E^T) leaves U V^T alone to first order, r^2 directions; (U, V) rescales it.
    """
    rank = left.shape[1]
    fixed = [np.concatenate([left.ravel(), right.ravel()])]
    for k in range(rank):
        for m in range(rank):
            unit = np.zeros((rank, rank))
            unit[k, m] = 1.0
            fixed.append(np.concatenate([(left @ unit).ravel(), -(right @ unit.T).ravel()]))
    return np.asarray(scipy.linalg.null_space(np.array(fixed)))


def solve(at: Linearisation, sums: NormalSums, basis: Array, tokens: int, pilot: int) -> OneStep:
    """Least squares on the sums over n rows, splines in the coordinates of ``basis`` (K+s, K+s).

    ``length`` is |step|^2_H n/sigma^2 over p (M/M_0 - 1), H the Schur complement of phi and M_0 = ``pilot`` samples:
    about 1 where the pilot errs as its data say, more where it errs more. A pilot that is the minimum of a wrong basin
    has length 1 as well: that is for the pilot's own search to tell.
    """
    rows = float(sums.rows[0])
    ridge = RIDGE / rows * np.eye(basis.shape[1])
    inner = scipy.linalg.cho_factor(basis.T @ (sums.gram(tokens) / rows) @ basis + ridge)
    moment = basis.T @ sums.moment / rows
    alone = scipy.linalg.cho_solve(inner, moment)
    power, gain, parameters = float(sums.power[0]) / rows, 0.0, 0
    u, v, coefficients = at.left, at.right, alone
    if at.moves:
        free = gauge_free(at.left, at.right)
        side = basis.T @ (sums.mixed / rows) @ free
        through = scipy.linalg.cho_solve(inner, side)
        bend = free.T @ (sums.moves / rows) @ free - side.T @ through
        pull = free.T @ (sums.pull / rows) - through.T @ moment
        step = scipy.linalg.solve(bend, pull, assume_a="pos")
        gain = float(step @ pull)
        coefficients = alone - through @ step
        parameters = len(step)
        du, dv = (free @ step).reshape(2, *u.shape)
        u, v = u + du, v + dv
    loss = power - float(alone @ moment) - gain
    expected = parameters * (rows / tokens / pilot - 1)  # nothing, where the pilot has seen all samples
    known = scipy.linalg.solve(
        basis.T @ (sums.known_gram(tokens) / rows) @ basis + ridge, basis.T @ sums.known_moment / rows, assume_a="pos"
    )
    known_loss = power - float(known @ (basis.T @ sums.known_moment)) / rows
    return OneStep(
        u @ v.T,
        Spline(at.space, basis @ coefficients),
        Spline(at.space, basis @ known),
        loss,
        known_loss,
        float(gain * rows / max(loss, 1e-300) / expected) if expected > 0 else 0.0,
    )


def factors(matrix: Array, rank: int) -> tuple[Array, Array]:
    """Balanced factors of a matrix of this rank  # (d, d) -> (d, r), (d, r)."""
    a, s, bt = np.linalg.svd(matrix)
    root = np.sqrt(s[:rank])
    return balance(a[:, :rank] * root, bt[:rank].T * root, float(np.linalg.norm(s[:rank])))
