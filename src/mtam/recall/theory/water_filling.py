"""The best cover of a box by reverse water-filling, exactly and for any sample size: everything is kept in logarithms.

Level theta = e^{-t} splits the D axes with a_j > theta into a_j / theta parts. With S_D = sum_{j <= D} ln a_j,

    ln N(t) = S_D + D t,     h^2(t) = (D theta^2 + sum_{j > D} a_j^2) / 3,     R(n) = min_t h^2 / unit + sigma^2 N / n,

under N <= n. Between two axes d h^2 / dt = -(2/3) D theta^2 and dN / dt = D N, so that the minimum solves

    ln N(t) + 2 t = ln n + ln(2 / (3 sigma^2 unit)),

whose left side is piecewise linear in t with slopes D + 2: one search and one division find the root, and neither
theta nor N nor n is ever formed. Where that root has N > n, ln N(t) = ln n takes its place.
"""

from dataclasses import dataclass

import numpy as np
import scipy.special
from numpy.typing import NDArray

from mtam.recall.spectrum import Spectrum

Array = NDArray[np.float64]

MOST_AXES = 2**23


@dataclass(frozen=True)
class Box:
    """Half-axes of a box in logarithms, widest first, and what lies beyond the last of them."""

    log_axes: Array  # (J,): ln a_j
    log_unit: float  # ln sum_j lambda_j, the mean square of the coefficients and the unit of all risks
    log_beyond: float = -np.inf  # ln sum_{j > J} a_j^2


@dataclass(frozen=True)
class BestCover:
    """The best cover for every sample size. (sizes,)"""

    log_risk: Array  # ln R(n), in the box's unit
    log_cells: Array  # ln N
    dimension: NDArray[np.int64]  # D_eff(n), the number of axes split


def log_half_axes(alpha: float, decay: float, spectrum: Spectrum, count: int) -> Array:
    """ln sqrt(3 lambda_j) for lambda_j = exp(-c j^alpha) or j^{-2 alpha}, j = 1 .. J. (J,)"""
    j = np.arange(1, count + 1, dtype=np.float64)
    log_lam = -decay * j**alpha if spectrum == "exponential" else -2 * alpha * np.log(j)
    return np.asarray((np.log(3.0) + log_lam) / 2)


def finite_box(alpha: float, decay: float, spectrum: Spectrum, axes: int, query_range: float = 0.0) -> Box:
    """The first ``axes`` axes; ``query_range`` adds one for the query, of that full width in root mean squares of u."""
    log_axes = log_half_axes(alpha, decay, spectrum, axes)
    log_unit = float(scipy.special.logsumexp(2 * log_axes)) - np.log(3.0)
    if query_range > 0:
        log_axes = np.sort(np.append(log_axes, np.log(query_range / 2) + log_unit / 2))[::-1]
    return Box(log_axes, log_unit)


def whole_box(alpha: float, decay: float, spectrum: Spectrum, log_size: float) -> Box:
    """The box of an infinite spectrum, with as many axes as covers of n = e^log_size cells can split, twice over.

    Raises ValueError for a polynomial spectrum of infinite trace (alpha <= 1/2), and where the axes are too many.
    """
    if spectrum == "polynomial" and alpha <= 0.5:
        raise ValueError(f"a polynomial spectrum with alpha = {alpha:g} <= 1/2 has no finite trace")
    count = 64
    while True:
        log_axes = log_half_axes(alpha, decay, spectrum, count)
        if log_axes.sum() - count * log_axes[-1] > log_size:  # ln N where the last axis begins to split
            break
        count *= 2
        if count > MOST_AXES:
            raise ValueError(f"ln n = {log_size:.3g} needs more than {MOST_AXES} axes at alpha = {alpha:g}")
    box = finite_box(alpha, decay, spectrum, 2 * count)
    if spectrum == "exponential":  # what lies beyond is below rounding of any bias met here
        return box
    beyond = float(np.log(3 * scipy.special.zeta(2 * alpha, 2 * count + 1)))
    return Box(box.log_axes, float(np.log(scipy.special.zeta(2 * alpha))), beyond)


def best_covers(box: Box, log_sizes: Array, sigma: float) -> BestCover:
    """The best cover for every ln n, with noise ``sigma`` in units of the box's root mean square.

    Raises ValueError for sizes below 1.
    """
    x = np.asarray(log_sizes, dtype=np.float64)
    if x.size == 0 or x.min() < 0:
        raise ValueError("sample sizes must be at least 1")
    log_sum = np.concatenate([[0.0], np.cumsum(box.log_axes)])  # S_D, D = 0 .. J
    knots = -box.log_axes
    cells = log_sum[:-1] + np.arange(len(knots)) * knots  # ln N at the level where the next axis begins to split
    unit = box.log_unit
    level, split = _root(cells, knots, log_sum, x, 0)
    if sigma > 0:
        free = x + np.log(2.0 / 3.0) - 2 * np.log(sigma) - unit
        lower, fewer = _root(cells, knots, log_sum, free, 2)
        level, split = np.where(lower < level, lower, level), np.where(lower < level, fewer, split)
    tails = np.append(np.logaddexp.accumulate(np.append(box.log_beyond, 2 * box.log_axes[::-1]))[::-1], box.log_beyond)
    with np.errstate(divide="ignore"):
        log_bias = np.logaddexp(np.log(split) - 2 * level, tails[split]) - np.log(3.0) - unit
        log_variance = 2 * np.log(sigma) + log_sum[split] + split * level - x
    log_cells = log_sum[split] + split * level
    return BestCover(np.logaddexp(log_bias, log_variance), log_cells, split)


def _root(cells: Array, knots: Array, log_sum: Array, target: Array, extra: int) -> tuple[Array, NDArray[np.int64]]:
    """t and D with S_D + (D + extra) t = target; the widest axis's own level, unsplit, where the target is below it."""
    split = np.searchsorted(cells + extra * knots, target, side="left")
    level = (target - log_sum[split]) / np.maximum(split + extra, 1)
    return np.where(split == 0, knots[0], level), split
