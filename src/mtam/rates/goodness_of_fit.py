"""Whether a law fits a curve at all: lack of fit against the scatter of the seeds.

What the law leaves is regressed, seed by seed, on polynomials of its axis that its own parameters do not explain: bend,
wave, and so on. If the law holds, each coefficient has mean zero over seeds, and Student's test of it has its level
whatever the correlation along n; the smallest p of the few is multiplied by their number (Bonferroni). For a single
seed the residuals of the wider fit stand in for the scatter of seeds, as if they were independent.
"""

import numpy as np

from mtam.rates.fitting.fit import mean_curve
from mtam.rates.fitting.mean_fit import MeanFit, fit_means
from mtam.rates.fitting.unbalanced import combined, own_estimates
from mtam.rates.laws import Floats, Law
from mtam.rates.t_quantiles import cdf

DIRECTIONS = 3
DEGREES = 5
ROUNDING = 1e-9  # of ln error: what a law leaves of a noise-free curve of its own
LEVEL = 0.05


def lack_of_fit(law: Law, sizes: Floats, errors: Floats, *, floor: bool = False) -> float | None:
    """The p of a law's lack of fit to ``errors`` (seeds, sizes), NaN where a seed lacks a size.

    None where there are no more sizes than parameters, no scatter to hold it against, or the curve is flat.
    """
    if len(sizes) < (4 if floor else 2):
        return None
    logs = np.log(errors)
    weight, mean, mass = mean_curve(sizes, logs)
    found = fit_means(law, sizes, mean, mass, floor=floor)
    if not np.all(np.isfinite(found.tangent)):
        return None
    values = []
    for direction in directions(found, law.axis(sizes), mass):
        own = own_estimates(found.tangent, direction, logs - found.predicted, weight)
        told = combined(own)
        if told is None:
            continue
        if abs(told.value) <= ROUNDING:
            values.append(1.0)
        elif told.error == 0:
            values.append(0.0)
        else:
            values.append(2 * (1 - cdf(abs(told.value) / told.error, told.freedom)))
    return min(1.0, len(values) * max(0.0, min(values))) if values else None


def directions(found: MeanFit, t: Floats, mass: Floats) -> list[Floats]:
    """Polynomials of ``t`` (sizes,) that the law's parameters do not explain, orthogonal, of root mean square one."""
    span = np.ptp(t)
    if not span > 0:
        return []
    root = np.sqrt(mass)
    scaled = (2 * t - t.max() - t.min()) / span
    tangent = root[:, None] * found.tangent
    tangent = tangent / np.maximum(np.linalg.norm(tangent, axis=0), 1e-300)  # a flat curve has columns of zeros
    basis = np.linalg.svd(tangent, full_matrices=False)
    taken = basis[0][:, basis[1] > 1e-9 * basis[1][0]]
    told: list[Floats] = []
    for degree in range(1, DEGREES + 1):
        raw = root * np.polynomial.legendre.Legendre.basis(degree)(scaled)
        rest = raw - taken @ (taken.T @ raw)
        rest = rest - taken @ (taken.T @ rest)
        if np.linalg.norm(rest) > 1e-6 * np.linalg.norm(raw) and len(told) < min(DIRECTIONS, len(t) - taken.shape[1]):
            unit = rest / np.linalg.norm(rest)
            taken = np.column_stack([taken, unit])
            told.append(np.asarray(unit / root * len(t) ** 0.5))
    return told
