"""How much a draw of the Matern prior varies over the contexts: v0 = 1 - E k(z, z'), averaged over the prior.

For independent z, z' of the contexts' law E Var_z f(z) = k(0) - E k(z, z'). The kernel of smoothness 1 is a mixture of
Gaussians, k(r) = int_0^inf e^{-t} exp(-r^2 / (2t)) dt, and the coordinates of z are independent and uniform on
|z_j| <= b_j, so that

    E k = int_0^inf e^{-t} prod_j h(2 b_j^2 / t) dt,    h(x) = E exp(-x s^2),

s the difference of two uniforms on [0, 1], of density 2 (1 - s), and h(x) = sqrt(pi/x) erf(sqrt x) - (1 - e^{-x}) / x:
one integral, without sampling.
"""

import numpy as np
import scipy.special
from numpy.typing import NDArray

Array = NDArray[np.float64]

NODES = 4000  # of the integral over t, evenly in ln t
LOWEST, HIGHEST = np.log(1e-12), np.log(60.0)  # of ln t: beyond, e^-t dt weighs less than 1e-12
SMALL = 1e-3  # of x, below which h is its series


def _mean_gaussian(x: Array) -> Array:
    """h(x) = E exp(-x s^2), in [0, 1]."""
    series = 1 - x / 6 + x**2 / 30 - x**3 / 168
    big = np.maximum(x, SMALL)
    exact = np.sqrt(np.pi / big) * scipy.special.erf(np.sqrt(big)) + np.expm1(-big) / big
    return np.asarray(np.where(x < SMALL, series, exact))


def population_variance(half_widths: Array) -> float:
    """v0 in units of the prior's variance k(0), for coordinates uniform on |z_j| <= ``half_widths``. (J,)"""
    log_t = np.linspace(LOWEST, HIGHEST, NODES)
    log_h = np.zeros(NODES)
    for half in half_widths[half_widths > 0]:
        log_h += np.log(_mean_gaussian(2 * half**2 * np.exp(-log_t)))
    weight = np.exp(log_t - np.exp(log_t))
    # The mass of e^-t dt is one: what is integrated is 1 - prod h, which is not lost where it is small.
    return float(np.trapezoid(weight * -np.expm1(log_h), log_t))
