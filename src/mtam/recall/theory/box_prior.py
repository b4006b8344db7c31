"""The heat kernel of a box with reflecting walls, of which the spectral prior is a mixture: its partition functions.

The prior is k(z, z') = int_0^inf e^{-t} prod_j g_t(z_j, z'_j) dt, every g_t the heat kernel on |z_j| <= b_j scaled to
trace one under the uniform law (``theory.bayes_curve``). On one axis the levels k = 0, 1, 2, ... have the shares
e^{-x k^2} / theta(x) with

    x = (pi / (2 b))^2 t / 2,    theta(x) = sum_{k >= 0} e^{-x k^2}.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LOWEST, HIGHEST, STEP = np.log(1e-6), np.log(40.0), 0.3  # of ln t; below and above lie 1e-6 of the prior's variance
TERMS = np.arange(1, 9, dtype=np.float64)  # k, for x above ONE: e^{-64}
ONE = 1.0
FAINTEST = 1e-60  # of half-widths: narrower axes stand still all the same, and their squares overflow


def theta(x: Array) -> Array:
    """sum_{k >= 0} e^{-x k^2}, by Poisson's formula below x = 1."""
    many = 1 + np.exp(-np.multiply.outer(np.maximum(x, ONE), TERMS**2)).sum(-1)
    few = 0.5 + 0.5 * np.sqrt(np.pi / x) * (1 + 2 * np.exp(-np.multiply.outer(1 / x, (np.pi * TERMS) ** 2)).sum(-1))
    return np.asarray(np.where(x >= ONE, many, few))


def rates(half_widths: Array, t: Array) -> Array:
    """x of every axis at every t. (axes,), (times,) -> (times, axes)"""
    return np.asarray((np.pi / (2 * np.maximum(half_widths, FAINTEST))) ** 2 * t[:, None] / 2)


def times() -> tuple[Array, Array]:
    """t and e^-t dt, which sum to one. (times,)"""
    log_t = np.arange(LOWEST, HIGHEST, STEP)
    weights = np.exp(log_t - np.exp(log_t))
    return np.exp(log_t), weights / weights.sum()


def varying_share(half_widths: Array) -> float:
    """1 - mu(0), mu(0) = int e^{-t} / Theta(t / 2) dt: what is not constant, as a share of the prior's. (axes,)

    It is the variance over the box of a draw, on average: constants have none.
    """
    t, weights = times()
    log_theta = np.log(theta(rates(half_widths[half_widths > 0], t))).sum(1)
    return float((weights * -np.expm1(-log_theta)).sum())
