"""What check minimax computes for one spectrum."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mtam.recall.theory import block_stein, level_density, pinsker, tiled_bumps, water_filling
from mtam.recall.theory.pinsker import RiskCurve
from mtam.recall.theory.spectral_case import FARTHEST, MinimaxSpectrum

Array = NDArray[np.float64]

CENTRED = 4.0  # sup F^2 of a 1-Lipschitz F with E F = 0, in units of sum_j lambda_j: |F| <= sup_u E |u - U|
GROWTH = 0.05  # of the blocks of the adaptive estimator


@dataclass(frozen=True)
class MinimaxCase(MinimaxSpectrum):
    """A spectrum with its further curves, each computed once."""

    @property
    def constant(self) -> float:
        """2 C^{-g} with g = alpha/(alpha+1) and C = g (2/c)^{1/alpha}: -ln R is so many times (ln n)^g at last."""
        g = self.alpha / (self.alpha + 1)
        return float(2 * (g * (2 / self.decay) ** (1 / self.alpha)) ** -g)

    @cached_property
    def unit(self) -> float:
        """ln sum_j lambda_j."""
        return pinsker.unit(self.alpha, self.decay, self.spectrum)

    @cached_property
    def upper(self) -> RiskCurve:
        """The same under random design: the noise of a coefficient is at most (sigma^2 + sup F^2) / n."""
        return self._any_size((self.sigma**2 + CENTRED) ** 0.5, FARTHEST[self.spectrum])

    def risk_above(self, log_sizes: Array) -> Array:
        """ln of what the linear estimator achieves under random design. (sizes,)"""
        return np.interp(log_sizes, self.upper.log_size, self.upper.log_risk)

    def risk_below(self, log_sizes: Array) -> Array:
        """ln of what no estimator falls below over 1-Lipschitz functions. (sizes,)"""
        box = water_filling.whole_box(self.alpha, self.decay, self.spectrum, float(log_sizes.max()))
        return tiled_bumps.lower_bounds(box, log_sizes, self.sigma)

    def bracket(self, log_sizes: Array) -> tuple[Array, Array]:
        """ln R(n) in white noise, counted from below and from above. (sizes,), (sizes,)"""
        curves = pinsker.bracket(self.alpha, self.decay, self.spectrum, self.sigma, float(log_sizes.max()))
        return curves[0].at(log_sizes, above=False), curves[1].at(log_sizes, above=True)

    def adaptive(self, log_size: float, draws: int, rng: np.random.Generator) -> tuple[Array, float]:
        """ln of the adaptive estimator's risk for every draw, and of the linear minimax risk that it is up to."""
        curve = self.curve
        top = float(np.interp(log_size, curve.log_size, curve.log_top))
        lowest, highest = float(curve.log_top[0]) - pinsker.MARGIN, top + pinsker.MARGIN
        rates = pinsker.log_rates(self.alpha, self.decay, self.spectrum, highest + pinsker.MARGIN)
        levels = level_density.density(rates, -2 * np.linspace(lowest, highest, 1500))
        count = np.maximum.accumulate(levels.log_count)
        blocks = block_stein.least_favourable(levels.log_energy / 2, count, top, growth=GROWTH)
        noise = 2 * np.log(self.sigma) - log_size
        return np.log(block_stein.losses(blocks, draws, rng)) + noise, float(self.risk(np.array([log_size]))[0])
