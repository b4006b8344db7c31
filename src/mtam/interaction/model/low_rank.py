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


def chart(u: Array, v: Array, norm: float) -> Factors:
    """The coordinates of A = norm u v^T / ||u v^T||_F in which it is optimised  # (d, r), (d, r).

    Balanced factors; at full rank A itself and the identity: d^2 numbers instead of 2 d^2, no gauge, and with whitened
    tokens a well-conditioned problem, which that in the factors is not when singular values are small.
    """
    if full(u):
        product = u @ v.T
        return product * (norm / np.linalg.norm(product)), np.eye(len(u))
    return balance(u, v, norm)


def full(u: Array) -> bool:
    """Whether factors of this shape have full rank."""
    return bool(u.shape[0] == u.shape[1])


def moving(u: Array, v: Array) -> Array:
    """The coordinates that an iteration changes, as one vector: of both factors, or of A  # (2dr,) or (d^2,)."""
    return u.ravel() if full(u) else np.concatenate([u.ravel(), v.ravel()])


def moved(u: Array, v: Array, step: Array, norm: float) -> Factors:
    """The chart of what is reached by subtracting a step from the coordinates that move."""
    du, dv = (step.reshape(u.shape), 0.0) if full(u) else step.reshape(2, *u.shape)
    return chart(u - du, v - dv, norm)


def truncate(matrix: Array, rank: int, norm: float) -> Factors:
    """Balanced factors of the best rank-r approximation, scaled to ``norm``  # (d, d) -> (d, r), (d, r)."""
    a, s, bt = np.linalg.svd(matrix)
    root = np.sqrt(s[:rank])
    return balance(a[:, :rank] * root, bt[:rank].T * root, norm)


def dimension(d: int, rank: int) -> int:
    """The dimension of the d x d matrices of rank r, 2 r d - r^2; with the norm fixed it is p = 2 r d - r^2 - 1."""
    return 2 * rank * d - rank * rank
