"""An estimator that knows neither spectrum nor smoothness, at any n: James and Stein's shrinkage block by block.

In the sequence model y_k = theta_k + epsilon z_k, k = 1, 2, ... in the order of the levels, epsilon = sigma / sqrt n,
coefficients are cut into blocks of T_b = ceil((1 + rho)^b) and each block is shrunk by

    c_b = (1 - T_b epsilon^2 / S_b)_+,    S_b = sum_{k in b} y_k^2

(Efromovich and Pinsker 1984; Cavalier and Tsybakov 2001, Math. Methods Statist. 10): over every ellipsoid its risk is
at most (1 + rho) times the linear minimax risk, and 2 epsilon^2 for each block. Blocks of 10^30 coefficients are
drawn exactly as far as they matter: with theta_b the block's coefficients, t = |theta_b| / epsilon, z standard normal,

    S_b / epsilon^2 - T_b = t^2 + 2 t z + (z^2 - 1) + (chi^2_{T_b - 1} - (T_b - 1)),
    loss_b / epsilon^2 = c_b^2 S_b / epsilon^2 - 2 c_b (t^2 + t z) + t^2,

and the centred chi^2 is formed as such: its own size is lost in the rounding of T_b.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NORMAL = 1e9  # degrees of freedom above which a centred chi^2 is normal to more digits than it has


@dataclass(frozen=True)
class SteinBlocks:
    """Coefficients by blocks, in units of epsilon. (b,)"""

    sizes: Array  # T_b
    power: Array  # E |theta_b|^2 / epsilon^2 under the prior
    linear: Array  # the linear minimax rule's risk / epsilon^2


def least_favourable(log_w: Array, log_count: Array, log_top: float, *, growth: float) -> SteinBlocks:
    """Pinsker's least favourable prior, theta_k ~ N(0, epsilon^2 (mu / w_k - 1)_+), cut into blocks.

    ``log_count`` is ln N(w) at the points ``log_w``; mu = e^log_top. Blocks end where N is ten times N(mu).
    """
    top_count = float(np.interp(log_top, log_w, log_count))
    ends = np.log(_ends(top_count + np.log(10.0), growth))
    edges = np.interp(ends, log_count, log_w)  # ln w at the last coefficient of every block
    low = np.concatenate([[edges[0]], edges[:-1]])
    middle = (low + edges) / 2
    sizes = np.diff(np.concatenate([[0.0], np.exp(ends)]))
    shrunk = np.maximum(-np.expm1(middle - log_top), 0.0)  # 1 - w / mu
    return SteinBlocks(sizes, sizes * np.maximum(np.expm1(log_top - middle), 0.0), sizes * shrunk)


def _ends(log_most: float, growth: float) -> Array:
    """The last index of every block: blocks of one first, then longer by the factor 1 + growth."""
    ends, size = [1.0], 1.0
    while np.log(ends[-1]) < log_most:
        size = max(1.0, np.floor(ends[-1] * growth))  # (1 + growth)^b, blocks of one first
        ends.append(ends[-1] + size)
    return np.array(ends)


def losses(blocks: SteinBlocks, draws: int, rng: np.random.Generator) -> Array:
    """The estimator's loss, coefficients and noise drawn afresh, in units of epsilon^2. (draws,)"""
    total = np.zeros(draws)
    for size, power in zip(blocks.sizes, blocks.power, strict=True):
        square = power * _chi_square(size, draws, rng) if power > 0 else np.zeros(draws)
        length, z = np.sqrt(square), rng.standard_normal(draws)
        excess = square + 2 * length * z + (z**2 - 1) + _centred(size - 1, draws, rng)
        shrink = np.maximum(excess, 0.0) / (size + excess)
        total += shrink**2 * (size + excess) - 2 * shrink * (square + length * z) + square
    return total


def _chi_square(freedom: float, draws: int, rng: np.random.Generator) -> Array:
    """chi^2 over its degrees of freedom, mean 1."""
    return 1 + _centred(freedom, draws, rng) / freedom


def _centred(freedom: float, draws: int, rng: np.random.Generator) -> Array:
    """chi^2 less its degrees of freedom."""
    if freedom <= 0:
        return np.zeros(draws)
    if freedom > NORMAL:
        return np.asarray(np.sqrt(2 * freedom) * rng.standard_normal(draws))
    return np.asarray(rng.chisquare(freedom, draws) - freedom)
