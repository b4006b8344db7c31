"""Factors of a matrix of rank r: A = U V^T, kept balanced and at fixed norm.

(phi(.), A) and (phi(./t), t A) are the same interaction, and U V^T = (U G)(V G^{-T})^T: the scale is fixed by
||A||_F, the rest by U = Q_1 sqrt(S), V = Q_2 sqrt(S) from the singular value decomposition.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Factors = tuple[Array, Array]


def balance(u: Array, v: Array, norm: float) -> Factors:
    """The balanced factors of norm u v^T / ||u v^T||_F, by two QRs and an r x r SVD  # (d, r), (d, r)."""
    qu, ru = np.linalg.qr(u)
    qv, rv = np.linalg.qr(v)
    a, s, bt = np.linalg.svd(ru @ rv.T)
    root = np.sqrt(s * (norm / np.linalg.norm(s)))
    return (qu @ a) * root, (qv @ bt.T) * root


def truncate(matrix: Array, rank: int, norm: float) -> Factors:
    """Balanced factors of the best rank-r approximation, scaled to ``norm``  # (d, d) -> (d, r), (d, r)."""
    a, s, bt = np.linalg.svd(matrix)
    root = np.sqrt(s[:rank])
    return balance(a[:, :rank] * root, bt[:rank].T * root, norm)


def without_radial(u: Array, v: Array, grad_u: Array, grad_v: Array) -> Factors:
    """The gradient without its component along (u, v), the direction that only rescales A."""
    weight = (np.vdot(u, grad_u) + np.vdot(v, grad_v)) / (np.vdot(u, u) + np.vdot(v, v))
    return grad_u - weight * u, grad_v - weight * v
