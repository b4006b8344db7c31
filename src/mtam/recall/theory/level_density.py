"""How many levels a box has below any energy, by a saddle point: the density of states of product cosines.

Levels are E_k = sum_j s_j k_j^2, k_j = 0, 1, 2, ... (see ``pinsker``). Their partition function is a product,

    Theta(tau) = sum_k exp(-tau E_k) = prod_j theta(tau s_j),    theta(x) = sum_{k >= 0} exp(-x k^2),

and the number N(E) of levels up to E is the inverse Laplace transform of Theta(tau) / tau. At the saddle point
tau E = 1 + m_1, with m_i the cumulants of tau E_k under the weights exp(-tau E_k) / Theta and c_i = m_i + (i - 1)!,

    ln N(E) = tau E + ln Theta - (1/2) ln(2 pi c_2) + ln(1 + c_4 / (8 c_2^2) - 5 c_3^2 / (24 c_2^3)),

the last term being the first correction (Daniels 1954). It smooths the staircase that N is; for every tau > 0 it lies
below the bound of Chernoff, N(E) <= exp(tau E) Theta(tau). Everything is kept in logarithms.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SMALL = 0.3  # of x, below which theta is its integral: the next term of Poisson's sum is exp(-pi^2 / x) < 1e-14
TERMS = np.arange(1, 13, dtype=np.float64)  # k, for x above SMALL
IDLE = 60.0  # of x, above which an axis stands still: exp(-60)
BLOCK = 256  # values of tau at a time


@dataclass(frozen=True)
class Density:
    """The levels of a box along the saddle point, energies rising. (points,)"""

    log_tau: Array
    log_energy: Array  # ln E
    log_count: Array  # ln N(E)
    log_partition: Array  # ln Theta(tau)
    mean: Array  # m_1 = tau <E>


def _moments(log_x: Array) -> tuple[Array, Array]:
    """ln theta(x), and x^i times the cumulants of k^2 under exp(-x k^2), i = 1 .. 4  # (...) -> (...), (4, ...)."""
    logs, means = np.empty(log_x.shape), np.empty((4, *log_x.shape))
    small = log_x < np.log(SMALL)
    share = 1 / (1 + np.exp(0.5 * (log_x[small] - np.log(np.pi))))  # of theta, of all but half the level k = 0
    logs[small] = 0.5 * (np.log(np.pi) - log_x[small]) - np.log(2 * share)
    for power, factor in enumerate((1 / 2, 3 / 4, 15 / 8, 105 / 16)):  # moments of a normal law
        means[power, small] = factor * share
    x = np.exp(np.minimum(log_x[~small], np.log(10 * IDLE)))[:, None] * TERMS**2
    weights = np.exp(-x)
    theta = 1 + weights.sum(axis=1)
    logs[~small] = np.log(theta)
    for power in range(4):
        means[power, ~small] = (weights * x ** (power + 1)).sum(axis=1) / theta
    first, second, third, fourth = means
    spread = second - first**2
    skew = third - 3 * second * first + 2 * first**3
    tail = fourth - 4 * third * first - 3 * second**2 + 12 * second * first**2 - 6 * first**4
    return logs, np.array([first, spread, skew, tail])


def density(log_rates: Array, log_tau: Array) -> Density:
    """The saddle points at every tau, which must fall. ``log_rates``: ln sqrt(s_j), rising  # (J,), (points,).

    The axes must reach to where tau s_j > IDLE, beyond which none is counted.
    """
    log_s = 2 * np.sort(log_rates)
    partition, cumulants = np.zeros(len(log_tau)), np.zeros((4, len(log_tau)))
    for start in range(0, len(log_tau), BLOCK):
        some = slice(start, start + BLOCK)
        axes = int(np.searchsorted(log_s, np.log(IDLE) - float(np.min(log_tau[some]))))
        logs, found = _moments(log_tau[some, None] + log_s[:axes])
        partition[some], cumulants[:, some] = logs.sum(axis=1), found.sum(axis=2)
    one, two, three, four = cumulants + np.array([1.0, 1.0, 2.0, 6.0])[:, None]
    correction = np.log1p(four / (8 * two**2) - 5 * three**2 / (24 * two**3))
    count = one + partition - 0.5 * np.log(2 * np.pi * two) + correction
    return Density(log_tau, np.log(one) - log_tau, count, partition, cumulants[0])
