"""Metric entropy of the coefficient box, exactly and by its asymptotic formula, and where the exponent shows.

In the sup norm the box prod_j [-a_j, a_j] is covered by prod_j ceil(a_j / theta) cubes of half-width theta and by no
fewer: as many points lie pairwise further than 2 theta apart, and no cube of the cover holds two of them. So

    H(theta) = sum_j ln ceil(a_j / theta),        W(theta) = sum_j ln max(1, a_j / theta) <= H <= W + D ln 2,

with D the number of a_j > theta; W is the entropy of the water-filling cover. With L = ln(sqrt 3 / theta)

    lambda_j = exp(-c j^alpha):  W = alpha/(alpha+1) (2/c)^{1/alpha} L^{1 + 1/alpha} - L/2 + O(1 + L^{1 - 1/alpha}),
    lambda_j = j^{-2 alpha}:     W = alpha D - (alpha/2) ln(2 pi D) + O(1),  D = (sqrt 3 / theta)^{1/alpha},

the first by the trapezoidal rule, the second by Stirling's formula. H has the same leading term for exponential
spectra; for polynomial ones most axes are split into few parts, and its constant is sum_m ln(1 + 1/m) m^{-1/alpha} in
place of alpha.
"""

import numpy as np
from numpy.typing import NDArray

from mtam.recall.spectrum import Spectrum
from mtam.recall.theory.water_filling import Array, best_covers, log_half_axes, whole_box

ROUND = 30.0  # above e^30 the ceiling changes a logarithm by less than 1e-13
WINDOW = 14 / 6  # ln n over the sizes 2^6 .. 2^14 of a sweep spans this factor
SERIES = 200_000  # terms of the polynomial constant before its tail is integrated


def cube_entropy(log_axes: Array, log_radii: Array) -> Array:
    """H(theta) of the box with half-axes e^log_axes: the log of its exact covering number. (J,), (r,) -> (r,)"""
    return np.array([_logs(log_axes, radius, whole=True).sum() for radius in log_radii])


def water_entropy(log_axes: Array, log_radii: Array) -> Array:
    """W(theta), the log of the number of cells (not a whole one) of the water-filling cover. (J,), (r,) -> (r,)"""
    return np.array([_logs(log_axes, radius, whole=False).sum() for radius in log_radii])


def split_axes(log_axes: Array, log_radii: Array) -> NDArray[np.int64]:
    """D(theta), the number of axes wider than theta. (J,), (r,) -> (r,)"""
    return np.searchsorted(-log_axes, -np.asarray(log_radii), side="left")


def _logs(log_axes: Array, log_radius: float, *, whole: bool) -> Array:
    ratio = log_axes[log_axes > log_radius] - log_radius
    if not whole:
        return ratio
    small = ratio < ROUND
    ratio[small] = np.log(np.ceil(np.exp(ratio[small])))
    return ratio


def certificate(log_axes: Array, log_radius: float) -> tuple[float, float]:
    """Why the covering number is exact: the widest cell and the narrowest gap, in units of theta and 2 theta.

    ceil(a_j / theta) cells per axis have half-widths of at most theta (first number <= 1); as many points spread evenly
    from -a_j to a_j lie further than 2 theta apart (second number > 1), so no cube of half-width theta holds two.
    """
    ratio = np.exp(log_axes[log_axes > log_radius] - log_radius)
    parts = np.ceil(ratio)
    return float((ratio / parts).max()), float((ratio / (parts - 1)).min())


def leading_entropy(alpha: float, decay: float, spectrum: Spectrum, log_radii: Array) -> Array:
    """The leading term of W as the radius vanishes: g (2/c)^{1/alpha} L^{1/g}, or alpha D. (r,)"""
    depth = np.log(3.0) / 2 - np.asarray(log_radii)
    if spectrum == "polynomial":
        return np.asarray(alpha * np.exp(depth / alpha))
    return np.asarray(alpha / (alpha + 1) * (2 / decay) ** (1 / alpha) * depth ** (1 + 1 / alpha))


def next_entropy(alpha: float, spectrum: Spectrum, log_radii: Array) -> Array:
    """The second term of W: -L/2, or -(alpha/2) ln(2 pi D). (r,)"""
    depth = np.log(3.0) / 2 - np.asarray(log_radii)
    if spectrum == "polynomial":
        return np.asarray(-alpha / 2 * (np.log(2 * np.pi) + depth / alpha))
    return np.asarray(-depth / 2)


def cube_constant(alpha: float) -> float:
    """lim H / D for a polynomial spectrum: sum_m ln(1 + 1/m) m^{-1/alpha}, the tail by its integral from M + 1/2."""
    m = np.arange(1, SERIES + 1, dtype=np.float64)
    return float((np.log1p(1 / m) * m ** (-1 / alpha)).sum() + alpha * (SERIES + 0.5) ** (-1 / alpha))


def dimension_formula(alpha: float, decay: float, log_sizes: Array) -> Array:
    """The leading term of D_eff(n) for an exponential spectrum: (2/c)^{1/alpha} (ln n / C)^{1/(alpha+1)}. (sizes,)"""
    constant = alpha / (alpha + 1) * (2 / decay) ** (1 / alpha)
    return np.asarray((2 / decay) ** (1 / alpha) * (np.asarray(log_sizes) / constant) ** (1 / (alpha + 1)))


def local_gamma(alpha: float, decay: float, log_sizes: Array, sigma: float) -> Array:
    """The exponent that R_ref shows around every ln n = x, over sizes that span the factor WINDOW in ln n. (sizes,)

    Through ln R at x / sqrt(w), x, x sqrt(w) goes exactly one curve a - C (ln n)^gamma:
    gamma = ln((y_3 - y_2) / (y_2 - y_1)) / ln sqrt(w), free of a and C. At x = ln 2^9.2 these are n = 2^6 .. 2^14.
    """
    first, middle, last = _three(alpha, decay, "exponential", log_sizes, sigma)
    return np.asarray(np.log((last - middle) / (middle - first)) / np.log(WINDOW**0.5))


def local_power(alpha: float, log_sizes: Array, sigma: float) -> Array:
    """The exponent p of R_ref = C (ln n)^{-p} for a polynomial spectrum, over the same sizes; 2 alpha - 1 at last."""
    first, _, last = _three(alpha, 1.0, "polynomial", log_sizes, sigma)
    return np.asarray((first - last) / np.log(WINDOW))


def _three(alpha: float, decay: float, spectrum: Spectrum, log_sizes: Array, sigma: float) -> list[Array]:
    x = np.asarray(log_sizes, dtype=np.float64)
    box = whole_box(alpha, decay, spectrum, float(x.max() * WINDOW**0.5))
    return [best_covers(box, x * WINDOW**power, sigma).log_risk for power in (-0.5, 0.0, 0.5)]


def largest_log_size(alpha: float, decay: float, spectrum: Spectrum, axes: int = 2**17) -> float:
    """ln n of the cover that splits ``axes`` axes, at most 1e12: as far as the box is followed."""
    log_axes = log_half_axes(alpha, decay, spectrum, axes)
    return min(1e12, float(log_axes.sum() - axes * log_axes[-1]))


def stays_within(log_sizes: Array, exponents: Array, limit: float, share: float) -> float | None:
    """The first ln n from which on every exponent lies within ``share`` of its limit; None if the last one does not."""
    outside = np.flatnonzero(np.abs(exponents - limit) > share * limit)
    if len(outside) == 0:
        return float(log_sizes[0])
    return None if outside[-1] == len(log_sizes) - 1 else float(log_sizes[outside[-1] + 1])
