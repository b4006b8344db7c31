"""What theory predicts at finite n: the risk of the best cover of the coefficient box, in numbers.

The measures lie in the box |u_j| <= a_j = sqrt(3 lambda_j). Reverse water-filling at level theta splits axis j into
m_j = max(1, a_j / theta) parts; constants on the N = prod_j m_j cells of a 1-Lipschitz function have bias at most
h^2 = sum_j a_j^2 / (3 m_j^2) and variance sigma^2 N / n, hence

    R_ref(n) = min over theta with N <= n of  h^2 + sigma^2 N / n.

Its exponent creeps towards alpha / (alpha + 1) so slowly that no feasible n shows the limit; measured curves are to be
compared with this one on the same sizes. ``mtam.recall.theory.water_filling`` finds the best level exactly.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mtam.recall.spectrum import Spectrum
from mtam.recall.theory.water_filling import BestCover, best_covers, finite_box, log_half_axes

Array = NDArray[np.float64]

BUMPS = 4000  # water levels tried for the lower bound
AXES = 4096  # axes of the box; those beyond are never split at sizes below 1e9


def half_axes(alpha: float, decay: float, spectrum: Spectrum = "exponential", axes: int = AXES) -> Array:
    """a_j = sqrt(3 lambda_j), j = 1 .. J. (J,)"""
    return np.exp(log_half_axes(alpha, decay, spectrum, axes))


def _best(
    alpha: float, decay: float, sizes: Sequence[int], sigma: float, spectrum: Spectrum, query_range: float
) -> BestCover:
    n = np.asarray(sizes, dtype=np.float64)
    if n.size == 0 or n.min() < 1:
        raise ValueError("sample sizes must be at least 1")
    return best_covers(finite_box(alpha, decay, spectrum, AXES, query_range), np.log(n), sigma)


def reference_curve(
    alpha: float, decay: float, sizes: Sequence[int], sigma: float, *, spectrum: Spectrum = "exponential",
    query_range: float = 0.0,
) -> Array:  # fmt: skip
    """R_ref(n) for every size, with ``sigma`` in units of the target's deviation. (sizes,)

    Raises ValueError for sizes below 1.
    """
    return np.exp(_best(alpha, decay, sizes, sigma, spectrum, query_range).log_risk)


def effective_dimension(
    alpha: float, decay: float, sizes: Sequence[int], sigma: float, *, spectrum: Spectrum = "exponential",
    query_range: float = 0.0,
) -> NDArray[np.int64]:  # fmt: skip
    """D_eff(n), the number of axes that the best cover splits; of order (ln n)^{1/(alpha+1)}. (sizes,)

    Raises ValueError for sizes below 1.
    """
    return _best(alpha, decay, sizes, sigma, spectrum, query_range).dimension


def lower_bound(
    alpha: float, decay: float, sizes: Sequence[int], sigma: float, *, spectrum: Spectrum = "exponential",
    query_range: float = 0.0,
) -> Array:  # fmt: skip
    """Assouad's bound on the minimax risk over 1-Lipschitz functions, in the units of the reference curve. (sizes,)

    Bumps (theta - ||.||_inf)_+ sit on N = prod_j floor(a_j / theta) disjoint cells of the split axes. A bump's mean
    square over the box is k theta^2 / N with k = P(some support) * 2 / ((D + 1)(D + 2)), and

        R >= k theta^2 / 8 * (1 - sqrt(n k theta^2 / (4 N sigma^2))),   maximised over theta

    (Tsybakov, Introduction to Nonparametric Estimation, Theorem 2.12, with Pinsker's inequality).
    Raises ValueError for sizes below 1 or sigma = 0.
    """
    if not len(sizes) or min(sizes) < 1 or sigma <= 0:
        raise ValueError("the lower bound needs sizes of at least 1 and noise above zero")
    return np.array(_lower_bound(alpha, decay, tuple(sizes), sigma, spectrum, query_range))


@lru_cache(maxsize=64)
def _lower_bound(
    alpha: float, decay: float, sizes: tuple[int, ...], sigma: float, spectrum: Spectrum, query_range: float
) -> tuple[float, ...]:
    """Cells of a sweep that differ in their tags or their model alone ask for the same bound again and again."""
    n = np.asarray(sizes, dtype=np.float64)
    box = finite_box(alpha, decay, spectrum, AXES, query_range)
    axes, unit = np.exp(box.log_axes), float(np.exp(box.log_unit))
    levels = axes.max() * np.geomspace(1.0, 1e-4, BUMPS)
    best = np.zeros(len(n))
    for theta in levels:
        kept = axes[axes >= theta]
        cells = np.floor(kept / theta)
        log_cells, dim = float(np.log(cells).sum()), len(kept)
        inside = float(np.exp(log_cells + dim * np.log(theta) - np.log(kept).sum()))
        k = 2 * inside / ((dim + 1) * (dim + 2))
        shift = n * k * theta**2 / (4 * sigma**2 * unit) * np.exp(-log_cells)
        best = np.maximum(best, k * theta**2 / 8 * (1 - np.sqrt(shift)) / unit)
        if log_cells > np.log(n.max()) + 20:
            break  # finer cells only lose
    return tuple(best.tolist())
