"""The average Bayes risk under the prior of the spectral target: from its spectrum alone, at any n.

The posterior variance averaged over contexts, by Sollich's curve (``theory.bayes_curve``), in units of the prior's
variance v0 over the box, of which noise^2 is the noise's share. Neither contexts nor a kernel matrix enter; `mtam check
bayes` measures how near the curve is to the exact posterior variance on drawn contexts.
"""

from functools import lru_cache

import numpy as np

from mtam.recall.recall_spec import RecallData
from mtam.recall.spectrum import Spectrum
from mtam.recall.theory import bayes_curve
from mtam.recall.theory.bayes_curve import Eigenvalues

DEPTH = 14.0  # ln of the highest energy over the lowest one; half a percent at n = 2^17 and less below


def box_average(data: RecallData, n: int) -> float:
    """eps(n) / v0. Raises ValueError for n beyond the levels that are known."""
    found = _levels(data.alpha, data.decay, data.spectrum, data.length_scale, data.query_scale / 2)
    varies = float(-np.expm1(found.log_single[0]))
    log_risk = bayes_curve.learning_curve(found, data.noise * varies**0.5, np.log([float(n)]))
    return float(np.exp(log_risk[0])) / varies


@lru_cache(maxsize=8)
def _levels(alpha: float, decay: float, spectrum: Spectrum, length_scale: float, content: float) -> Eigenvalues:
    return bayes_curve.eigenvalues(alpha, decay, spectrum, length_scale, DEPTH, more=[content])
