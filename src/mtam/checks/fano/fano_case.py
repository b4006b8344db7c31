"""What check fano computes for one family at one M and N."""

import math
from dataclasses import dataclass

from mtam.base.table import Estimate


@dataclass(frozen=True)
class FanoCase:
    """All that was computed for one family at one M and N."""

    beta: int
    tokens: int
    samples: int
    counted: float  # the M or N M that chose the width
    cells: int
    words: int
    distance: int
    separation: Estimate
    divergence: Estimate  # mean KL from the null function
    divergence_max: Estimate
    jensen: Estimate  # what Jensen allows
    share: Estimate  # largest eigenvalue of B^{-1/2} G B^{-1/2}
    fano: Estimate  # error probability
    bound: Estimate  # risk
    decoding: Estimate  # error probability of maximum likelihood
    decoding_risk: Estimate
    erm: Estimate  # risk
    erm_bias: Estimate  # squared bias

    def scaled(self, risk: Estimate) -> Estimate:
        """risk times M^{2 beta/(2 beta + 1)}."""
        factor = math.pow(self.samples, 2 * self.beta / (2 * self.beta + 1))
        return Estimate(value=factor * risk.value, se=factor * risk.se)
