"""A spectrum with what is known of it, and sample sizes of any magnitude in words: for the checks on paper A's law."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtam.base.finding import JudgedStatement
from mtam.rates.verdict import Verdict
from mtam.recall.spectrum import Spectrum

Array = NDArray[np.float64]

LN10 = float(np.log(10))


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
