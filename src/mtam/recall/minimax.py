"""What theory predicts at finite n: the risk of the best cover of the coefficient box, in numbers.

The measures lie in the box |u_j| <= a_j = sqrt(3 lambda_j). Reverse water-filling at level theta splits axis j into
m_j = max(1, a_j / theta) parts; constants on the N = prod_j m_j cells of a 1-Lipschitz function have bias at most
h^2 = sum_j a_j^2 / (3 m_j^2) and variance sigma^2 N / n, hence

    R_ref(n) = min over theta with N <= n of  h^2 + sigma^2 N / n.

Its exponent creeps towards alpha / (alpha + 1) so slowly that no feasible n shows the limit; measured curves are to be
compared with this one on the same sizes. Numpy only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtam.recall.spec import Spectrum

Array = NDArray[np.float64]

LEVELS = 4000  # water levels tried, evenly spaced in the logarithm
FLOOR = 1e-12  # the lowest level, as a share of the widest half-axis
AXES = 4096  # axes of the box; those below the floor never split


def half_axes(alpha: float, decay: float, spectrum: Spectrum = "exponential", axes: int = AXES) -> Array:
    """a_j = sqrt(3 lambda_j), j = 1 .. J. (J,)"""
    j = np.arange(1, axes + 1, dtype=np.float64)
    lam = np.exp(-decay * j**alpha) if spectrum == "exponential" else j ** (-2 * alpha)
    return np.sqrt(3 * lam)


@dataclass(frozen=True)
class Covers:
    """Covers by water level, finest last."""

    levels: Array  # theta
    log_cells: Array  # ln N
    bias: Array  # h^2
    split: NDArray[np.int64]  # D, the number of axes with m_j > 1


def covers(axes: Array) -> Covers:
    """The covers of the box with half-axes ``axes`` (J,) at all water levels."""
    levels = axes.max() * np.geomspace(1.0, FLOOR, LEVELS)
    split = np.searchsorted(-axes, -levels, side="left")  # axes are sorted downwards
    log_sum = np.concatenate([[0.0], np.cumsum(np.log(np.maximum(axes, np.finfo(float).tiny)))])
    rest = np.concatenate([np.cumsum(axes[::-1] ** 2)[::-1], [0.0]])
    log_cells = log_sum[split] - split * np.log(levels)
    bias = (split * levels**2 + rest[split]) / 3
    return Covers(levels, log_cells, bias, split)


def reference_curve(
    alpha: float, decay: float, sizes: Sequence[int], sigma: float, *, spectrum: Spectrum = "exponential",
    query_range: float = 0.0, variance: float | None = None,
) -> Array:  # fmt: skip
    """R_ref(n) for every size. (sizes,)

    Risks are in units of ``variance``, by default the mean square sum_j lambda_j of the coefficients, which is the
    variance of a 1-Lipschitz linear answer; ``sigma`` is in units of the target's deviation, as in the data.
    ``query_range`` adds an axis of that full width for the query's content, in units of the root mean square of u.
    Raises ValueError for sizes below 1.
    """
    n = np.asarray(sizes, dtype=np.float64)
    if n.min() < 1:
        raise ValueError("sample sizes must be at least 1")
    axes = half_axes(alpha, decay, spectrum)
    mean_square = float((axes**2).sum() / 3)
    if query_range > 0:
        axes = np.sort(np.append(axes, query_range * np.sqrt(mean_square) / 2))[::-1]
    found = covers(axes)
    unit = mean_square if variance is None else variance
    cells = np.exp(np.minimum(found.log_cells, 700.0))
    risk = found.bias / unit + sigma**2 * cells / n[:, None]  # (sizes, levels)
    risk[found.log_cells > np.log(n)[:, None] + 1e-12] = np.inf
    return np.asarray(risk.min(axis=1))
