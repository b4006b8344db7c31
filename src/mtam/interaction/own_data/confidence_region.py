"""What is not known of A: standard errors of its entries and of its singular spaces, and a confidence region.

From the block of the covariance of a fit that belongs to A (``confidence_band``), to first order. A is known up to
scale, so everything is said of the matrices of rank r and of the norm of the fitted one in whitened coordinates,
A' = W (u v^T + sum_k theta_k D_k) W^T with theta about normal, of mean zero and covariance V. Where phi is even, A and
-A are one interaction, and the nearer one is meant.

A direction a b^T with a outside the column space of A, b the k-th right singular vector, and length t turns the k-th
left singular vector by the angle t / s_k: the root mean square of the angles by which singular vectors leave the space
that the true ones span follows from V, a row of it for every singular value s_k.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.special

from mtam.interaction.own_data.confidence_band import Covariance

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MatrixErrors:
    """Standard errors of A = W u v^T W^T."""

    entries: Array  # (d, d), in the units of A
    columns: Array  # (r,), radians in whitened coordinates: of left singular vectors out of the column space
    rows: Array  # (r,), the same of right ones out of the row space


def errors(covariance: Covariance) -> MatrixErrors:
    """Standard errors from the covariance of a fit."""
    frame = covariance.frame
    d, rank = frame.columns.shape
    whole = frame.keep @ covariance.tangents @ frame.keep.T  # (2rd - r^2, 2rd - r^2): a of the columns first
    columns, rest, rows = (frame.white @ part for part in (frame.columns, frame.rest, frame.rows))
    variances = np.empty((d, d))
    for i in range(d):  # row i of W a b^T W^T for all tangents
        inner, outer = np.kron(columns[i], frame.white), np.kron(rest[i], rows)
        moved = np.concatenate([inner, outer], axis=1)  # (d, 2rd - r^2)
        variances[i] = np.sum((moved @ whole) * moved, axis=1)
    singular = np.linalg.norm(frame.u, axis=0)
    beside = np.eye(d) - frame.rows @ frame.rows.T
    inner_part = whole[: rank * d, : rank * d].reshape(rank, d, rank, d)
    turned = np.array([np.sum(beside * inner_part[k, :, k, :]) for k in range(rank)])
    leaving = np.diag(whole)[rank * d :].reshape(d - rank, rank).sum(axis=0)
    return MatrixErrors(
        *(np.sqrt(np.maximum(part, 0.0)) for part in (variances, leaving / singular**2, turned / singular**2))
    )


def bound(covariance: Covariance, level: float = 0.95) -> float:
    """What ``wald`` stays below with this probability: Hotelling's p (M - 1)/(M - p) F_{p, M-p}, as V is estimated from
    M samples; infinite where there are too few.
    """
    p, samples = len(covariance.tangents), covariance.samples
    if samples <= p:
        return np.inf
    return float(p * (samples - 1) / (samples - p) * scipy.special.fdtri(p, samples - p, level))


def wald(covariance: Covariance, matrix: Array) -> float:
    """theta^T V^{-1} theta of a matrix, small if it is the true one up to scale, see ``bound``  # (d, d) -> ().

    Its scale and sign are those for which it has the norm of the fitted one and is nearest to it.
    """
    frame = covariance.frame
    back = np.linalg.pinv(frame.white)
    there, here = back @ matrix @ back.T, frame.u @ frame.v.T
    there = there * np.copysign(np.linalg.norm(here) / np.linalg.norm(there), np.sum(there * here))
    theta = frame.keep.T @ frame.coordinates(there - here)
    return float(theta @ np.linalg.pinv(covariance.tangents, rcond=1e-12, hermitian=True) @ theta)
