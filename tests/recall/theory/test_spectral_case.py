"""Sizes in words, and the exponent of a spectrum's exact minimax risk: its own is supported, another one is not."""

import numpy as np
import pytest

from mtam.rates.verdict import Verdict
from mtam.recall.theory.spectral_case import LN10, Array, MinimaxSpectrum, minimax_exponent, power_of_ten


def test_sizes_in_words() -> None:
    assert [power_of_ten(each * LN10) for each in (3, 46.2, 2.3e6)] == ["1000", "10^46", "10^(2.3e+06)"]


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_the_exponent_of_the_exact_risk_is_the_laws_and_no_other(alpha: float) -> None:
    class Bent(MinimaxSpectrum):
        """Its risk falls by another spectrum's law."""

        def risk(self, log_sizes: Array) -> Array:
            return np.asarray(-2 * log_sizes ** (1.2 * alpha / (alpha + 1)))

    said = minimax_exponent(MinimaxSpectrum("exponential", alpha, 1.0, 0.1))
    assert said.said == Verdict.SUPPORTED
    assert said.expected == alpha / (alpha + 1)
    assert minimax_exponent(Bent("exponential", alpha, 1.0, 0.1)).said == Verdict.CONTRADICTED
