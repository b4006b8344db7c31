"""A draw of the prior whose spectrum is known: product cosines on the coefficient box, of all scales.

The prior is the Matern process of smoothness 1 at home on the box |z_j| <= b_j (``theory.bayes_curve``): its
eigenfunctions are psi_k = prod_{k_j > 0} sqrt2 cos(pi k_j (z_j + b_j) / (2 b_j)), and a mixture over scales t with
weights e^{-t} dt gives psi_k the share prod_j e^{-x_j k_j^2} / theta(x_j) of the scale t (``theory.box_prior``). So

    f = sqrt(mu_0) xi + sum_m a_m psi_{k_m},    a_m^2 ~ t_m e^{-t_m} (1 - 1 / Theta(t_m / 2)) d ln t,

with ln t_m stratified over [LEAST, MOST], k_m drawn from the shares of t_m given that it is not constant, random signs
of a_m, and sum_m a_m^2 = 1 - mu_0. The covariance over draws is the prior's; a single draw has every scale.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtam.base.jit import kernel
from mtam.recall.theory import box_prior

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

WAVES = 4096
LEAST, MOST = 1e-6, 40.0  # of t


@dataclass(frozen=True)
class SpectralTarget:
    """A sum of product cosines on a box, wave after wave: the axes on which a wave moves, and its level there."""

    constant: float
    amplitudes: Array  # (M,), with the factors sqrt2 of the moving axes
    ends: Indices  # (M,): where the factors of a wave end
    axes: Indices  # (factors,)
    levels: Indices  # (factors,): k_j > 0
    half_widths: Array  # (dim,)

    def __call__(self, z: Array) -> Array:
        """(rows, dim) -> (rows,)"""
        most = np.zeros(len(self.half_widths), dtype=np.int64)
        np.maximum.at(most, self.axes, self.levels)
        starts = np.concatenate([[0], np.cumsum(most + 1)])
        out = np.empty(len(z))
        _sum(z, self.half_widths, starts, starts[self.axes] + self.levels, self.ends, self.amplitudes, out)
        return out + self.constant

    @property
    def lipschitz(self) -> float:
        """sum_m |a_m| 2^{D_m / 2} |pi k_m / (2 b)|: every wave has the slope of its levels at most."""
        squares = (np.pi * self.levels / (2 * self.half_widths[self.axes])) ** 2
        energies = np.diff(np.concatenate([[0.0], np.cumsum(squares)])[np.concatenate([[0], self.ends])])
        return float(np.abs(self.amplitudes) @ np.sqrt(energies))


def spectral(dim: int, rng: np.random.Generator, half_widths: Array | None = None) -> SpectralTarget:
    """A draw of the prior on a box, of half-width one where none is given; axes of width zero are not seen."""
    half = np.ones(dim) if half_widths is None else half_widths
    seen = np.flatnonzero(half)
    t = LEAST * (MOST / LEAST) ** ((np.arange(WAVES) + rng.random(WAVES)) / WAVES)
    x = box_prior.rates(half[seen], t)
    still = 1 / box_prior.theta(x)  # the share of the constant on every axis
    before = np.cumprod(np.column_stack([np.ones(WAVES), still]), axis=1)  # no axis up to here moves
    varying = 1 - before[:, -1]
    first = (np.cumsum(before[:, :-1] * (1 - still), axis=1) < (rng.random(WAVES) * varying)[:, None]).sum(1)
    at = np.arange(len(seen))
    moves = (at == first[:, None]) | ((at > first[:, None]) & (rng.random(x.shape) > still))
    wave, axis = np.nonzero(moves)
    weights = t * np.exp(-t) * varying
    share = box_prior.varying_share(half)
    signs = rng.choice([-1.0, 1.0], WAVES)
    count = moves.sum(1)
    return SpectralTarget(
        constant=float(rng.standard_normal()) * (1 - share) ** 0.5,
        amplitudes=signs * np.sqrt(share * weights / weights.sum() * 2.0**count),
        ends=np.cumsum(count),
        axes=seen[axis],
        levels=_moving_levels(x[wave, axis], rng),
        half_widths=half,
    )


def _moving_levels(x: Array, rng: np.random.Generator) -> Indices:
    """k >= 1 with shares e^{-x k^2}: the next integer above y of density e^{-x y^2}, kept with e^{-x (k^2 - y^2)}."""
    found = np.zeros(len(x), dtype=np.int64)
    steep = x >= box_prior.ONE
    shares = np.exp(-np.multiply.outer(x[steep], box_prior.TERMS**2 - 1))
    cumulative = np.cumsum(shares, axis=1)
    found[steep] = 1 + (cumulative < rng.random(len(shares))[:, None] * cumulative[:, -1:]).sum(1)
    while (open_ := np.flatnonzero(found == 0)).size:
        y = np.abs(rng.standard_normal(len(open_))) / np.sqrt(2 * x[open_])
        k = np.ceil(y)
        kept = rng.random(len(open_)) < np.exp(-x[open_] * (k**2 - y**2))
        found[open_[kept]] = np.maximum(k[kept], 1).astype(np.int64)
    return found


@kernel
def _sum(
    z: Array, half_widths: Array, starts: Indices, factors: Indices, ends: Indices, amplitudes: Array, out: Array
) -> None:
    """sum_m a_m prod cos, cosines of all levels of an axis by their recurrence."""
    table = np.empty(starts[-1])
    for row in range(len(z)):
        for j in range(len(half_widths)):
            low, high = starts[j], starts[j + 1]
            if high - low == 1:
                continue
            one = np.cos(np.pi * (z[row, j] + half_widths[j]) / (2 * half_widths[j]))
            table[low], table[low + 1] = 1.0, one
            for k in range(low + 2, high):
                table[k] = 2 * one * table[k - 1] - table[k - 2]
        total, at = 0.0, 0
        for m in range(len(ends)):
            product = amplitudes[m]
            while at < ends[m]:
                product *= table[factors[at]]
                at += 1
            total += product
        out[row] = total
