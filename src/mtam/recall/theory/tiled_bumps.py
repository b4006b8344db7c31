"""A lower bound on the minimax risk over 1-Lipschitz functions that follows the curve: signed bumps that tile the box.

Split the D widest axes of the box into m_j = floor(a_j / theta) parts of half-width h_j = a_j / m_j >= theta, and put

    b_i(u) = theta (1 - max_j |u_j - centre_ij| / h_j)_+

on each of the N = prod_j m_j cells. The cells tile the box; a bump is zero on the border of its cell and its gradient
has length theta / h_j <= 1, so every sum_i e_i b_i with signs e_i is 1-Lipschitz. Under the uniform law

    delta^2 = E b_i^2 = theta^2 2 / ((D + 1)(D + 2)) / N.

With fair independent signs the Bayes risk given n observations with noise sigma is at least N delta^2 V(n delta^2 /
sigma^2), V(s) = 1 - E tanh(s + sqrt(s) z): V is convex, so that random design can only raise it (Jensen). The minimax
risk is no less, for every theta and every D. Against cubes of one width in all axes wider than theta (Assouad's bound
of ``minimax``) nothing of the box is left empty, D is free, and the testing error is exact.
"""

import numpy as np
from numpy.typing import NDArray

from mtam.recall.theory.assouad_family import sign_error
from mtam.recall.theory.water_filling import Box

Array = NDArray[np.float64]

LEVELS = 1200  # scales tried, evenly in the logarithm
SPAN = 6.0  # ln of the information per cell runs over [-SPAN, SPAN]; beyond, the bound is another scale's
WIDE = 30.0  # above e^30 the floor changes a logarithm by less than 1e-13


def lower_bounds(box: Box, log_sizes: Array, sigma: float) -> Array:
    """ln of the bound for every ln n, in the box's unit, the best over theta and D. (sizes,)

    ``sigma`` is the noise in units of the box's root mean square. Raises ValueError for sigma <= 0.
    """
    if sigma <= 0:
        raise ValueError("a lower bound needs noise above zero")
    x = np.asarray(log_sizes, dtype=np.float64)
    grid = np.linspace(-SPAN, SPAN, 600)
    errors = np.log(sign_error(np.exp(grid)))
    best = np.full(x.shape, -np.inf)
    noise = 2 * np.log(sigma) + box.log_unit
    for level in _levels(box.log_axes, float(x.max()) - noise):
        log_height, log_cells = _family(box.log_axes, float(level))
        information = x[:, None] + log_height - log_cells - noise  # (sizes, D)
        risk = log_height + np.interp(information, grid, errors, left=0.0, right=-np.inf)
        best = np.maximum(best, risk.max(axis=1, initial=-np.inf))
    return best - box.log_unit


def _levels(log_axes: Array, log_budget: float) -> Array:
    """ln theta from half the widest axis down to where the cells hold no information, closer together at the top."""
    top = float(log_axes[0]) - np.log(2.0)
    low, high = top - log_budget - 2 * SPAN, top
    for _ in range(60):
        middle = (low + high) / 2
        cells = float(np.maximum(log_axes - middle - np.log(2.0), 0.0).sum()) - 2 * middle
        low, high = (middle, high) if cells > log_budget + 2 * SPAN else (low, middle)
    return np.asarray(top - (top - low) * np.linspace(0.0, 1.0, LEVELS) ** 1.5)


def _family(log_axes: Array, level: float) -> tuple[Array, Array]:
    """ln (N delta^2) and ln N for D = 1, 2, ..., as far as an axis splits in two at theta = e^level."""
    ratio = log_axes[log_axes >= level + np.log(2.0)] - level
    parts = ratio.copy()
    small = ratio < WIDE
    parts[small] = np.log(np.floor(np.exp(ratio[small]) + 1e-12))
    dim = np.arange(1, len(ratio) + 1)
    return 2 * level + np.log(2.0 / ((dim + 1) * (dim + 2))), np.cumsum(parts)
