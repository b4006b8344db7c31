"""A draw of the Matern process of smoothness 1 whose waves are spread over all scales.

The kernel is a mixture of Gaussians over scales, k(r) = int_0^inf e^{-t} exp(-r^2 / (2t)) dt, and w = g / sqrt(t) with
g standard normal draws a wave of scale t. With t drawn from its own law few of a thousand waves carry what is finer
than a tenth of the length scale, and a draw is a handful of ridges there. Here ln t is stratified over [LEAST, MOST],
outside of which 1e-5 of the variance lies, and a wave has the share of the variance that its stratum has:

    f(z) = sqrt2 sum_m a_m cos(w_m . z + b_m),    a_m^2 ~ t_m e^{-t_m} d ln t,    sum_m a_m^2 = 1.

The covariance over draws is that of the process; a single draw has its increments at every scale.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from mtam.recall.aligned_memory import tensor

Array = NDArray[np.float64]

WAVES = 4096
LEAST, MOST = 1e-6, 12.0  # of t


@dataclass(frozen=True)
class StratifiedMatern:
    """Gaussian process with the Matern kernel of smoothness 1, by waves of all scales with the weights of these."""

    frequencies: Array  # (M, dim)
    phases: Array  # (M,)
    amplitudes: Array  # (M,), with squares that sum to one

    def __call__(self, z: Array) -> Array:
        """(rows, dim) -> (rows,)"""
        frequencies, phases = tensor(self.frequencies.T), tensor(self.phases)
        cosines = torch.addmm(phases, torch.from_numpy(z), frequencies).cos_()
        return np.asarray(np.sqrt(2) * (cosines * tensor(self.amplitudes)).sum(1).numpy())

    @property
    def lipschitz(self) -> float:
        """sqrt 2 times the spectral norm of the waves a_m w_m, times the most that sines can weigh: sqrt M."""
        waves = self.amplitudes[:, None] * self.frequencies
        return float(np.sqrt(2 * len(waves)) * np.linalg.norm(waves, 2))


def matern_stratified(dim: int, rng: np.random.Generator) -> StratifiedMatern:
    """A draw of the process on R^dim."""
    share = (np.arange(WAVES) + rng.random(WAVES)) / WAVES
    scales = LEAST * (MOST / LEAST) ** share
    weights = scales * np.exp(-scales)
    frequencies = rng.standard_normal((WAVES, dim)) / np.sqrt(scales)[:, None]
    return StratifiedMatern(frequencies, rng.uniform(0, 2 * np.pi, WAVES), np.sqrt(weights / weights.sum()))
