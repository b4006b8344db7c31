"""A spectrum with what is known of it, and sample sizes of any magnitude in words: for the checks on paper A's law."""

from dataclasses import dataclass

import numpy as np

from mtam.recall.spectrum import Spectrum

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
