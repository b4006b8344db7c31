"""The levels of a box one by one, for the tests of what counts them without."""

import numpy as np
from numpy.typing import NDArray

from mtam.recall.spectrum import Spectrum
from mtam.recall.theory import pinsker
from mtam.recall.theory.water_filling import log_half_axes

Array = NDArray[np.float64]


def enumerated(rates: Array, log_top: float) -> Array:
    """Every level up to w = e^log_top, rising."""
    top = np.exp(2 * log_top)
    levels = np.zeros(1)
    for step in np.exp(2 * rates):
        k = np.arange(int(np.sqrt(top / step)) + 1)
        levels = (levels[:, None] + step * k**2).ravel()
        levels = levels[levels <= top]
    return np.sort(levels)


def levels_of(alpha: float, spectrum: Spectrum, span: float) -> tuple[Array, float, Array]:
    top = float(np.log(np.pi / 2) - log_half_axes(alpha, 1.0, spectrum, 1)[0]) + span
    rates = pinsker.log_rates(alpha, 1.0, spectrum, top)
    return rates, top, enumerated(rates, top)
