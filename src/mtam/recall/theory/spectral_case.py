"""A spectrum with what is known of it: its minimax risk at any n, the exponent of that, and sizes in words."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mtam.base.finding import JudgedStatement
from mtam.rates.verdict import Verdict
from mtam.recall.spectrum import Spectrum
from mtam.recall.theory import pinsker
from mtam.recall.theory.metric_entropy import WINDOW, stays_within
from mtam.recall.theory.pinsker import RiskCurve

Array = NDArray[np.float64]

LN10 = float(np.log(10))
POINTS = 400  # sizes at which local exponents are looked at
FIRST = float(np.log(2) * (6 * 14) ** 0.5)  # the middle of ln n over the sizes 2^6 .. 2^14 of a sweep
FARTHEST = {"exponential": 1e4 * LN10, "polynomial": 1e3}  # ln n
WITHIN = 0.05  # the exponent is visible where it is this near to its limit, as a share


@dataclass(frozen=True)
class SpectralCase:
    """lambda_j = exp(-c j^alpha), or j^{-2 alpha}, and the noise."""

    spectrum: Spectrum
    alpha: float
    decay: float  # c
    sigma: float  # in units of the root mean square of the coefficients

    @property
    def name(self) -> str:
        """As the tables call it."""
        rate = "" if self.decay == 1 else f"{self.decay:g} "
        return f"exp(-{rate}j^{self.alpha:g})" if self.exponential else f"j^-{2 * self.alpha:g}"

    @property
    def key(self) -> str:
        """As the verdicts' keys call it."""
        return f"{'exp' if self.exponential else 'poly'}_{self.alpha:g}".replace(".", "p")

    @property
    def exponential(self) -> bool:
        """Whether the law is exp(-C (ln n)^gamma), and not a power of ln n."""
        return self.spectrum == "exponential"


def power_of_ten(log_size: float) -> str:
    """n of any size in words: 812, 10^46, 10^(2.9e+03)."""
    digits = log_size / LN10
    if digits < 6:
        return f"{np.exp(log_size):.0f}"
    return f"10^{digits:.0f}" if digits < 1e5 else f"10^({digits:.2g})"


@dataclass(frozen=True)
class ExponentTrace:
    """The local exponent of a curve along ln n, and what theory says of it."""

    risk: str  # the curve's name
    power_of_logarithm: str  # theory's law for a polynomial spectrum
    limit: float  # theory's exponent
    sizes: Array  # ln n, ascending
    exponents: Array  # (sizes,)
    visible: float | None  # ln n from which the exponent stays within the share; None where it never does


def exponent_statement(case: SpectralCase, trace: ExponentTrace, within: float) -> JudgedStatement:
    """Whether the local exponent comes within a share of its limit for good, settles elsewhere, or is on its way."""
    limit, seen = trace.limit, trace.visible
    last, middle = float(trace.exponents[-1]), float(trace.exponents[len(trace.exponents) // 2])
    law = "(ln n)^(alpha/(alpha+1))" if case.exponential else trace.power_of_logarithm
    moving = abs(last - middle) > within * limit / 4
    where = f"from n = {power_of_ten(seen)} on" if seen is not None else "nowhere for good"
    return JudgedStatement(
        key=f"exponent_{case.key}",
        claim=f"-ln {trace.risk} of {case.name} grows as {law}, exponent {limit:.3g}",
        said=Verdict.SUPPORTED if seen is not None else Verdict.UNDECIDED if moving else Verdict.CONTRADICTED,
        because=f"within {within:.0%} {where}; {last:.4f} at n = {power_of_ten(float(trace.sizes[-1]))}",
        expected=limit,
        value=last,
    )


@dataclass(frozen=True)
class MinimaxSpectrum(SpectralCase):
    """A spectrum with the linear minimax risk in white noise, which is at most 1.25 times the minimax risk."""

    @property
    def limit(self) -> float:
        """alpha/(alpha+1); 2 alpha + 1 for lambda_j = j^{-2 alpha}: ln N(w) ~ w^{2/(2 alpha + 1)}, R ~ w^-2."""
        return self.alpha / (self.alpha + 1) if self.exponential else 2 * self.alpha + 1

    @cached_property
    def curve(self) -> RiskCurve:
        """The linear minimax risk at any n, by the saddle point."""
        return self._any_size(self.sigma, FARTHEST[self.spectrum])

    def _any_size(self, sigma: float, log_size: float) -> RiskCurve:
        return pinsker.any_size(self.alpha, self.decay, self.spectrum, sigma, log_size)

    def risk(self, log_sizes: Array) -> Array:
        """ln R(n) in white noise. (sizes,)"""
        return np.interp(log_sizes, self.curve.log_size, self.curve.log_risk)

    @cached_property
    def sizes(self) -> Array:
        """ln n at which local exponents are looked at. (POINTS,)"""
        return np.geomspace(FIRST, FARTHEST[self.spectrum] / WINDOW**0.5, POINTS)

    def exponents(self, log_sizes: Array) -> Array:
        """The local exponent around every ln n, over sizes that span the factor WINDOW in ln n. (sizes,)

        gamma of a - C (ln n)^gamma through three points, or p of C (ln n)^-p through two.
        """
        first, middle, last = (self.risk(log_sizes * WINDOW**power) for power in (-0.5, 0.0, 0.5))
        if self.exponential:
            return np.asarray(np.log((last - middle) / (middle - first)) / np.log(WINDOW**0.5))
        return np.asarray((first - last) / np.log(WINDOW))


def minimax_exponent(case: MinimaxSpectrum, within: float = WITHIN) -> JudgedStatement:
    """The verdict on the local exponent of the linear minimax risk, as far as the curve is followed."""
    exponents = case.exponents(case.sizes)
    seen = stays_within(case.sizes, exponents, case.limit, within)
    trace = ExponentTrace("R", "(2 alpha + 1) ln ln n", case.limit, case.sizes, exponents, seen)
    return exponent_statement(case, trace, within)
