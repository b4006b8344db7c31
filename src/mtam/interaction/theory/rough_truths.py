"""Rate-hard truths of several seeds, their series continued to any frequency, at the nodes of a law of u.

phi(u) = gain (sum_k k^{-(beta + 1/2)} (a_k cos(pi k u/2) + b_k sin(pi k u/2)) - shift), constant outside [-1, 1], with
mean 0 and variance 1 under the law. The first 512 pairs a_k, b_k are those of the simulated truth of the same seed. The
error of splines on K intervals at what lies beyond any frequency has a known mean: where K is large the density of u
is constant over many intervals, and a wave of frequency k has, for x = k/(2 K) waves per interval, the share

    E_s(x) = 1 - sinc(x)^{2 s + 2} / sum_n sinc(x + n)^{2 s + 2}

outside the splines of degree s (projection on a shift-invariant space: de Boor, DeVore and Ron 1994). Hence the mean of
bias^2 over truths is gain^2 P(|u| < 1) sum_k k^{-(2 beta + 1)} E_s(k/(2 K)) ~ K^{-2 beta}.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import zeta

from mtam.interaction.simulate.activations import rough_series, tabulated
from mtam.interaction.theory.gaussian_arguments import GaussianArguments

Array = npt.NDArray[np.float64]

WAVES = 400  # frequencies at which a sum over all is integrated, per factor e


@dataclass(frozen=True)
class RoughTruths:
    """phi and phi' of several truths at the nodes of u."""

    beta: int
    phi: Array  # (Q, truths)
    slope: Array  # phi' (Q, truths); 0 outside
    gain: Array  # (truths,)
    frequencies: int  # of the series


def rough_truths(beta: int, seeds: Sequence[int], law: GaussianArguments, frequencies: int = 2048) -> RoughTruths:
    """The truths of these seeds, standardised under the law."""
    k = np.arange(1, frequencies + 1)
    values, slopes = [], []
    for seed in seeds:
        a, b = rough_series(seed, frequencies) * k ** -(beta + 0.5)
        values.append(tabulated(a, b)(law.u))
        slopes.append(tabulated(np.pi / 2 * k * b, -np.pi / 2 * k * a)(law.u))
    phi, slope = np.stack(values, axis=1), np.stack(slopes, axis=1)
    slope[[0, -1]] = 0.0  # constant outside
    phi -= law.law @ phi
    gain = (law.law @ phi**2) ** -0.5
    return RoughTruths(beta, phi * gain, slope * gain, gain, frequencies)


def outside_splines(x: Array, degree: int) -> Array:
    """E_s(x), the share of a wave with x > 0 periods per interval that splines of degree s miss  # any shape.

    The sines cancel: E_s = 1 - x^{-p}/sum_n |x + n|^{-p}, p = 2 s + 2, a sum of two Hurwitz zeta functions. For x < 1
    as rest/(x^{-p} + rest), no difference of near numbers.
    """
    power = 2 * degree + 2
    part = x % 1.0
    with np.errstate(divide="ignore"):  # whole numbers: a wave that is one with a constant at the knots, E_s = 1
        everything = zeta(power, part) + zeta(power, 1 - part)
    rest = zeta(power, 1 + part) + zeta(power, 1 - part)
    own = x ** -float(power)
    return np.asarray(np.where(x < 1, rest / (own + rest), 1 - own / everything))


def mean_bias(beta: int, degree: int, intervals: Array, beyond: int = 0) -> Array:
    """sum_{k > beyond} k^{-(2 beta + 1)} E_s(k/(2 K)) for every K  # (n,) -> (n,).

    The sum is taken term by term up to a few K, by trapezoids in ln k after that and to the end.
    """
    found = []
    for count in intervals:
        last = max(beyond, 16) + 64
        k = np.arange(beyond + 1, last + 1, dtype=np.float64)
        near = float((k ** -(2.0 * beta + 1) * outside_splines(k / (2 * count), degree)).sum())
        top = max(4.0 * last, 2e3 * count)
        logs = np.linspace(np.log(last + 0.5), np.log(top), int(WAVES * np.log(top / (last + 0.5))))
        k = np.exp(logs)
        values = k ** (-2.0 * beta) * outside_splines(k / (2 * count), degree)
        far = float(np.trapezoid(values, logs)) + top ** (-2.0 * beta) / (2 * beta)
        found.append(near + far)
    return np.array(found)
