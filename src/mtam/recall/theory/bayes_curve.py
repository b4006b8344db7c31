"""The average Bayes risk at any n, in logarithms: a kernel whose spectrum is known, and Sollich's learning curve.

The prior is the Matern process of smoothness 1, k = int_0^inf e^{-t} g_t dt with Gaussians of variance t, at home on
the coefficient box: on every axis the heat kernel of reflecting walls takes the place of the free Gaussian, and every
g_t is scaled to trace one. All g_t share the eigenfunctions prod_j sqrt2 cos(pi k_j (z_j + b_j) / (2 b_j)), which are
orthonormal under the coefficients' own law, uniform on |z_j| <= b_j; so

    mu(E) = int_0^inf e^{-t (1 + E/2)} / Theta(t/2) dt,    E_k = sum_j (pi k_j / (2 b_j))^2,
    Theta(tau) = sum_k e^{-tau E_k},

and sum_k mu(E_k) = 1. With the number of levels N(E) known (``level_density``), Sollich's approximation of the average
posterior variance (Sollich 1999; a deterministic equivalent) is a curve in one parameter kappa,

    eps = sum_k mu_k kappa / (mu_k + kappa),    n = (sigma^2 + eps) / kappa,

with nothing to solve. The lowest levels are enumerated, the others counted by the saddle point.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

from mtam.recall.spectrum import Spectrum
from mtam.recall.theory import level_density
from mtam.recall.theory.pinsker import MARGIN, log_rates
from mtam.recall.theory.water_filling import log_half_axes

Array = NDArray[np.float64]

TIMES = 6000  # nodes of the integral over t, evenly in ln t
ENERGIES = 800  # at which it is taken; ln mu is smooth in ln E
ENUMERATED = 20_000  # lowest levels that are counted one by one


@dataclass(frozen=True)
class Eigenvalues:
    """The prior's spectrum: the lowest eigenvalues, then what the saddle point counts between its points."""

    log_single: Array  # (m,): ln mu of the lowest levels
    log_value: Array  # (c,): ln mu of a group of higher ones
    log_count: Array  # (c,): ln of how many there are in the group

    @property
    def trace(self) -> float:
        """sum_k mu_k, which is one."""
        return float(np.exp(self.log_single).sum() + np.exp(self.log_value + self.log_count).sum())


@dataclass(frozen=True)
class BayesCurve:
    """The average posterior variance along kappa, in units of the prior's variance. (points,)"""

    log_size: Array  # ln n, rising
    log_risk: Array  # ln of the variance that is left


def eigenvalues(
    alpha: float, decay: float, spectrum: Spectrum, length_scale: float, depth: float, *, points: int = 1500,
    more: Sequence[float] = (),
) -> Eigenvalues:  # fmt: skip
    """The spectrum down to levels e^depth times the lowest.

    z = u / (length_scale sqrt(sum_j lambda_j)), the coefficients as the target sees them; ``more``: half-widths of
    further axes, narrower than the widest, as the query's content is one.
    """
    shift = np.log(length_scale) + _log_rms(alpha, decay, spectrum)  # b_j = a_j e^-shift: rates rise by it
    lowest = float(np.log(np.pi / 2) - log_half_axes(alpha, decay, spectrum, 1)[0] + shift)
    top = lowest + depth
    rates = log_rates(alpha, decay, spectrum, top - shift + MARGIN) + shift
    rates = np.sort(np.concatenate([rates, np.log(np.pi / 2) - np.log([each for each in more if each > 0])]))
    log_tau = -2 * (lowest - MARGIN + (depth + MARGIN) * np.linspace(0, 1, points) ** 1.5)
    levels = level_density.density(rates, log_tau)
    log_t, log_theta = _partition(rates, float(levels.log_energy[-1]))

    grid = np.linspace(2 * lowest - 16.0, float(levels.log_energy[-1]) + 0.1, ENERGIES)
    weight = log_t - np.exp(log_t) - log_theta + np.log(log_t[1] - log_t[0])
    values = [np.logaddexp.reduce(weight - np.exp(log_t + each) / 2) for each in grid]

    smooth = CubicSpline(grid, values)

    def log_mu(log_energy: Array) -> Array:
        return np.asarray(smooth(np.maximum(log_energy, grid[0])))

    single = _lowest_levels(np.exp(2 * rates), ENUMERATED)
    beyond = levels.log_energy > np.log(single[-1])
    energy = np.concatenate([[np.log(single[-1])], levels.log_energy[beyond]])
    count = np.concatenate([[np.log(len(single))], np.maximum.accumulate(levels.log_count[beyond])])
    rising = np.concatenate([[True], np.diff(np.maximum.accumulate(count)) > 0])
    energy, count = energy[rising], np.maximum.accumulate(count)[rising]
    return Eigenvalues(
        log_mu(np.log(np.maximum(single, 1e-300))),
        log_mu((energy[1:] + energy[:-1]) / 2),
        count[1:] + np.log(-np.expm1(-np.diff(count))),
    )


def _log_rms(alpha: float, decay: float, spectrum: Spectrum) -> float:
    log_axes = log_half_axes(alpha, decay, spectrum, 2**16)
    return float(np.logaddexp.reduce(2 * log_axes) - np.log(3.0)) / 2


def half_widths(alpha: float, decay: float, spectrum: Spectrum, length_scale: float, axes: int) -> Array:
    """b_j of the box |z_j| <= b_j that coefficients fill evenly, as the target sees them, widest first. (axes,)"""
    log_axes = log_half_axes(alpha, decay, spectrum, axes)
    return np.asarray(np.exp(log_axes - np.log(length_scale) - _log_rms(alpha, decay, spectrum)))


def _partition(rates: Array, log_energy: float) -> tuple[Array, Array]:
    """ln t and ln Theta(t / 2) where e^-t / Theta(t / 2) weighs something for energies up to e^log_energy."""
    log_t = np.linspace(-log_energy - 4.0, 6.0, TIMES)
    found = level_density.density(rates, log_t[::-1] - np.log(2.0)).log_partition[::-1]
    return log_t, found


def _lowest_levels(steps: Array, count: int) -> Array:
    """The lowest levels sum_j s_j k_j^2, at least ``count``, rising, the constant's first; ``steps``: s_j, rising."""
    high = float(steps[0])
    while True:
        levels = np.zeros(1)
        for step in steps[steps <= high]:
            reach = np.floor(np.sqrt((high - levels) / step)).astype(np.int64)
            owners = np.repeat(np.arange(len(levels)), reach + 1)
            k = np.arange(len(owners)) - np.repeat(np.cumsum(reach + 1) - (reach + 1), reach + 1)
            levels = levels[owners] + step * k**2.0
            if len(levels) > 50 * count:
                break
        if len(levels) >= count:
            return np.asarray(np.sort(levels)[: min(len(levels), 4 * count)])
        high *= 1.15


def learning_curve(found: Eigenvalues, sigma: float, log_sizes: Array) -> Array:
    """ln of the average posterior variance at every ln n; ``sigma`` in units of the prior's deviation. (sizes,)"""
    noise = 2 * np.log(sigma) if sigma > 0 else -np.inf

    def log_size(log_kappa: float) -> float:
        return float(np.logaddexp(noise, _left(found, log_kappa)) - log_kappa)

    high, low = float(np.log(4.0)), float(found.log_value[-1])
    x = np.asarray(log_sizes, dtype=np.float64)
    fewest, most = log_size(high), log_size(low)
    if x.min() < fewest or x.max() > most:
        raise ValueError(f"ln n must lie from {fewest:.3g} to {most:.3g}")
    kappa = [brentq(lambda at, each=each: log_size(at) - each, low, high, xtol=1e-9) for each in x]
    return np.array([_left(found, each) for each in kappa])


def _left(found: Eigenvalues, log_kappa: float) -> float:
    """ln sum_k mu kappa / (mu + kappa)."""
    single = np.logaddexp.reduce(found.log_single - np.logaddexp(found.log_single - log_kappa, 0.0))
    groups = found.log_count + found.log_value - np.logaddexp(found.log_value - log_kappa, 0.0)
    return float(np.logaddexp(single, np.logaddexp.reduce(groups)))
