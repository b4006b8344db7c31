"""Quantiles of Student's t distribution, for intervals over few seeds."""

import math
from functools import cache

import numpy as np
import numpy.typing as npt


@cache
def _rule() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Nodes and weights of Gauss and Legendre, at the first quantile: they take longer than all else to load."""
    return np.polynomial.legendre.leggauss(200)


def cdf(t: float, df: float) -> float:
    """P(T <= t) for df degrees of freedom, of which there need not be a whole number (Welch).

    With t = sqrt(df) tan(x) the density becomes proportional to cos(x)^(df - 1), smooth on a bounded interval, where
    Gauss-Legendre quadrature is exact to rounding.
    """
    angle = math.atan(t / math.sqrt(df))
    nodes, weights = _rule()
    x = 0.5 * angle * (nodes + 1)
    constant = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    return 0.5 + constant * 0.5 * angle * float(weights @ np.cos(x) ** (df - 1))


@cache
def quantile(p: float, df: float) -> float:
    """The t with P(T <= t) = p, by bisection on the angle; raises ValueError unless 0 < p < 1 and df >= 1."""
    if not 0 < p < 1 or df < 1:
        raise ValueError(f"p = {p} must lie in (0, 1) and df = {df} must be at least 1")
    low, high = -math.pi / 2, math.pi / 2
    for _ in range(200):
        middle = 0.5 * (low + high)
        if cdf(math.sqrt(df) * math.tan(middle), df) < p:
            low = middle
        else:
            high = middle
    return math.sqrt(df) * math.tan(0.5 * (low + high))
