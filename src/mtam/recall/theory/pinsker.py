"""The exact linear minimax risk of regression on the coefficient box, at any n: Pinsker's theorem by counting levels.

With the context recalled there remains F on the box |u_j| <= a_j, a_j = sqrt(3 lambda_j), under the uniform law, in
white noise of level sigma / sqrt n. Product cosines

    psi_k(u) = prod_j c_{k_j} cos(pi k_j (u_j + a_j) / (2 a_j)),    k_j = 0, 1, 2, ...,    c_0 = 1, c_k = sqrt 2,

are orthonormal there, and E|grad F|^2 = sum_k E_k theta_k^2 with E_k = w_k^2 = sum_j s_j k_j^2, s_j = (pi / (2 a_j))^2.
The ball {E|grad F|^2 <= L^2} holds every L-Lipschitz function. Over it the linear minimax risk is (Pinsker 1980)

    R(n) = (sigma^2 / n) sum_k (1 - w_k / mu)_+,      n = (sigma^2 / L^2) sum_k w_k (mu - w_k)_+,

and the minimax risk over all estimators lies in [R / 1.25, R] (Donoho, Liu and MacGibbon 1990). With the number of
levels N(w) = #{k: w_k <= w} both sums are integrals, by parts:

    sum_k (1 - w_k/mu)_+ = (1/mu) int_0^mu N(w) dw,      sum_k w_k (mu - w_k)_+ = int_0^mu (2 w - mu) N(w) dw.

So all that is needed is N, in logarithms, for it passes 10^400. It is counted axis by axis,

    N_J(E) = sum_{k >= 0} N_{J-1}(E - s_J k^2),

on a grid of ln E. Rounding every E - s_J k^2 down to the grid can only undercount, rounding it up only overcount: two
runs give a bracket of N, and, because R rises with N, of R.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtam.base.jit import kernel
from mtam.recall.spectrum import Spectrum
from mtam.recall.theory.level_density import Density, density
from mtam.recall.theory.water_filling import log_half_axes, whole_box

Array = NDArray[np.float64]

STEP = 1e-3  # of ln w at the bottom of the grid; it grows with the distance from there, as what matters is ln n
WIDENS = 2.0  # the distance over which it doubles
EXACT = 40  # grid points below the top one that are passed one by one; beyond, cells widen
GROWTH = 1.04
FEW = 48  # levels along an axis that are passed one by one
MARGIN = 3.0  # of ln w beyond the levels that count
MOST_AXES = 2**17
DONOHO = 1.25  # the linear minimax risk is at most so many times the minimax risk


@dataclass(frozen=True)
class Levels:
    """The counting function of a box, from below or above, at the points of a grid. (g,)"""

    log_w: Array  # ln w
    log_count: Array  # ln N(w): at most (at least) the truth
    above: bool  # whether N is counted from above


def unit(alpha: float, decay: float, spectrum: Spectrum) -> float:
    """ln sum_j lambda_j, the unit of all risks. Raises ValueError for a polynomial spectrum without a trace."""
    return whole_box(alpha, decay, spectrum, 0.0).log_unit


def _rate(alpha: float, decay: float, spectrum: Spectrum, count: int) -> Array:
    """ln sqrt(s_j) = ln(pi / (2 a_j)), rising. (J,)"""
    return np.asarray(np.log(np.pi / 2) - log_half_axes(alpha, decay, spectrum, count))


def log_rates(alpha: float, decay: float, spectrum: Spectrum, log_top: float) -> Array:
    """ln sqrt(s_j) of every axis that has a level k_j >= 1 below w = e^log_top. (J,)

    Raises ValueError where these are more than MOST_AXES.
    """
    count = 64
    while True:
        rates = _rate(alpha, decay, spectrum, count)
        if rates[-1] > log_top:
            return np.asarray(rates[rates <= log_top])
        count *= 2
        if count > MOST_AXES:
            raise ValueError(f"more than {MOST_AXES} axes have levels below w = e^{log_top:.3g}")


@kernel
def _offsets(top: int, bounds: NDArray[np.int64]) -> int:
    """Indices ``top`` = b_0 > b_1 > ...: one by one at first, then in widening cells; how many there are."""
    at, gap, used = top, 1.0, 0
    while at >= 0:
        bounds[used] = at
        used += 1
        if used > EXACT:
            gap *= GROWTH
        at -= int(gap)
    if bounds[used - 1] > 0:
        bounds[used] = 0
        used += 1
    return used


@kernel
def _add_axis(log_e: Array, before: Array, log_s: float, above: bool, after: Array) -> None:
    """after = ln N_J from before = ln N_{J-1} on the grid ``log_e`` of ln E, E ascending.

    Sums are in units of N_{J-1}(E). Below the grid there is one level, that of the constant.
    """
    bounds = np.empty(len(log_e) + 2, np.int64)
    for top in range(len(log_e)):
        ratio = np.exp(log_e[top] - log_s)  # E / s_J: k runs over 0 <= k^2 <= E / s_J
        last = np.floor(np.sqrt(ratio))
        total = 1.0  # k = 0
        if last <= FEW:
            for k in range(1, int(last) + 1):
                share = k * k / ratio
                left = log_e[top] + np.log1p(-share) if share < 1 else -np.inf
                place = np.searchsorted(log_e, left) if above else np.searchsorted(log_e, left, side="right") - 1
                total += np.exp((before[place] if place >= 0 else 0.0) - before[top])
        else:
            used, passed = _offsets(top, bounds), 0.0  # k counted so far
            for cell in range(1, used):
                # E - s k^2 lies in (E_low, E_high] for k from ``passed`` up to sqrt((E - E_low) / s)
                reach = min(np.floor(np.sqrt(-np.expm1(log_e[bounds[cell]] - log_e[top]) * ratio)), last)
                weight = np.exp(before[bounds[cell - 1] if above else bounds[cell]] - before[top])
                total += (reach - passed) * weight
                passed = reach
                if (last - passed) * weight < 1e-12 * total:
                    break
            total += (last - passed) * weight if above else 0.0
        after[top] = before[top] + np.log(total)


def count_levels(log_rates: Array, log_top: float, *, above: bool, step: float = STEP) -> Levels:
    """ln N(w) on a grid from the lowest level to w = e^log_top, from below or ``above``. ``log_rates``: ln sqrt(s_j).

    Levels below the grid's first point: the constant alone, N = 1.
    """
    first = float(log_rates.min())
    points = int(np.ceil(WIDENS / step * np.log1p((log_top - first) / WIDENS))) + 2
    log_w = first - step + WIDENS * np.expm1(np.arange(points) * step / WIDENS)
    counts, after = np.zeros(points), np.empty(points)
    for rate in np.sort(log_rates)[::-1]:  # steep axes first: they touch the top of the grid alone
        _add_axis(2 * log_w, counts, 2 * float(rate), above, after)
        counts, after = after, counts
    return Levels(log_w, counts.copy(), above)


@dataclass(frozen=True)
class RiskCurve:
    """The linear minimax risk along the cut-off mu, both coordinates rising and falling strictly. (points,)"""

    log_size: Array  # ln n
    log_risk: Array  # ln R(n), in units of the box's mean square
    log_top: Array  # ln mu

    def at(self, log_sizes: Array, *, above: bool) -> Array:
        """ln R(n), at the next point of the grid below n (``above``: R can only be less) or above n. (sizes,)

        Raises ValueError for sizes beyond the grid.
        """
        x = np.asarray(log_sizes, dtype=np.float64)
        if x.size == 0 or x.min() < self.log_size[0] or x.max() > self.log_size[-1]:
            raise ValueError(f"ln n must lie from {self.log_size[0]:.3g} to {self.log_size[-1]:.3g}")
        place = np.searchsorted(self.log_size, x, side="right" if above else "left") - above
        return np.asarray(self.log_risk[place])


def risk_curve(levels: Levels, sigma: float, log_unit: float) -> RiskCurve:
    """Pinsker's R(n) for L = 1 and noise of variance sigma^2 unit; of a counting function that is a step function.

    From below N(w) = N(w_i) on [w_i, w_{i+1}), from above N(w_{i+1}): the integrals of either are exact sums.
    """
    log_w, count = levels.log_w, levels.log_count
    steps = count[1:] if levels.above else count[:-1]
    widths = np.log(np.expm1(np.diff(log_w)))  # ln (w_{i+1} - w_i) / w_i
    squares = np.log(np.expm1(2 * np.diff(log_w)))
    mass = np.logaddexp.accumulate(np.append(log_w[0], steps + log_w[:-1] + widths))  # ln int N dw
    moment = np.logaddexp.accumulate(np.append(2 * log_w[0], steps + 2 * log_w[:-1] + squares))  # ln int 2 w N dw
    first = np.argmax(count > 0) + 1  # below the first level beside the constant there is nothing to learn
    mass, moment, top = mass[first:], moment[first:], log_w[first:]
    noise = 2 * np.log(sigma) + log_unit
    log_size = noise + moment + np.log(-np.expm1(mass + top - moment))
    rising = np.maximum.accumulate(log_size) == log_size  # rounding at the lowest levels
    log_size, mass, top = log_size[rising], mass[rising], top[rising]
    return RiskCurve(log_size, noise - log_size + mass - top - log_unit, top)


def smooth_curve(found: Density, sigma: float, log_unit: float) -> RiskCurve:
    """The same from the saddle point, at any n: N between two points is a power of w, and its integrals are exact.

    Below the first point N is continued by its power there, which costs what the lowest levels weigh; where that leaves
    no size, the curve begins later.
    """
    log_w, count = found.log_energy / 2, found.log_count
    mass = _integrals(log_w, count + log_w)
    moment = np.log(2.0) + _integrals(log_w, count + 2 * log_w)
    noise = 2 * np.log(sigma) + log_unit
    first = int(np.flatnonzero(mass + log_w >= moment).max(initial=-1)) + 1
    mass, moment, log_w = mass[first:], moment[first:], log_w[first:]
    log_size = noise + moment + np.log(-np.expm1(mass + log_w - moment))
    risk = noise - log_size + mass - log_w - log_unit
    first = int(np.flatnonzero(np.diff(log_size) <= 0).max(initial=-1)) + 1
    return RiskCurve(log_size[first:], risk[first:], log_w[first:])


def _integrals(x: Array, log_f: Array) -> Array:
    """ln of the integral of f from -infinity to every x, with ln f linear between points and before the first."""
    rates = np.diff(log_f) / np.diff(x)
    pieces = log_f[1:] + np.log(-np.expm1(-np.diff(log_f))) - np.log(rates)
    return np.logaddexp.accumulate(np.append(log_f[0] - np.log(rates[0]), pieces))


def any_size(
    alpha: float, decay: float, spectrum: Spectrum, sigma: float, log_size: float, *, points: int = 1500
) -> RiskCurve:
    """The linear minimax risk up to n = e^log_size by the saddle point, within about a percent of the exact one.

    ``sigma`` is the noise in units of the root mean square of the coefficients, risks are in units of its square, as
    those of the covering curve. Raises ValueError for sizes that MOST_AXES axes do not carry.
    """
    lowest = float(_rate(alpha, decay, spectrum, 1)[0])
    span = 4.0
    while True:
        top = lowest + span
        try:
            rates = log_rates(alpha, decay, spectrum, top + MARGIN)
        except ValueError:
            raise ValueError(f"ln n = {log_size:.3g} needs more than {MOST_AXES} axes") from None
        log_tau = -2 * (lowest - MARGIN + (span + MARGIN) * np.linspace(0, 1, points) ** 2)
        curve = smooth_curve(density(rates, log_tau), sigma, unit(alpha, decay, spectrum))
        if curve.log_size[-1] > log_size:
            return curve
        span *= 1.3


def bracket(
    alpha: float, decay: float, spectrum: Spectrum, sigma: float, log_size: float, *, step: float = STEP
) -> tuple[RiskCurve, RiskCurve]:
    """The linear minimax risk from below and from above, up to n = e^log_size; units as in ``any_size``."""
    near = any_size(alpha, decay, spectrum, sigma, log_size + 1)
    place = int(np.searchsorted(near.log_size, log_size + 1))
    top = float(near.log_top[min(place, len(near.log_top) - 1)]) + 0.1
    rates = log_rates(alpha, decay, spectrum, top)
    log_unit = unit(alpha, decay, spectrum)
    below, above = (
        risk_curve(count_levels(rates, top, above=above, step=step), sigma, log_unit) for above in (False, True)
    )
    return below, above
