"""How smooth phi is: the smoothing parameter of a penalised spline by restricted maximum likelihood (REML).

At a given A the fit minimises, over the m coefficients c of phi,

    (1/n) |Y - F c|^2 + lambda c^T P c,   c^T P c = sum_b (second difference of the B-spline coefficients at b)^2,

which is the posterior mode under Y = F c + eps, eps ~ N(0, sigma^2 I), with a normal prior on c of precision
n lambda P / sigma^2, flat along the two directions that P does not see, straight lines (P-splines: Eilers and Marx
1996; the mixed model behind them: Ruppert, Wand and Carroll 2003, sections 4.9 and 6.6; Wood 2011). Integrating c out
and profiling sigma^2, with G = F^T F / n, l the minimum above and d_k the eigenvalues of P in the metric of G,

    -2 log REML(lambda) = (n - 2) log l(lambda) + sum_{d_k > 0} [log(1 + lambda d_k) - log lambda] + const.

One Gram matrix gives it for every lambda. It has few local minima, so a grid brackets the least one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

Array = npt.NDArray[np.float64]

LINES = 2  # dimension of what the penalty does not see
GRID = 121  # values of lambda between which the least criterion is bracketed
BEYOND = 1e4  # factor from the spectrum of the penalty to either end of the grid: nothing and all is smoothed there
AT_END = 10.0  # factor from the lower end within which a choice lies at it
ROUNDING = 1e-14  # of the mean of Y^2: a smaller loss is rounding


@dataclass(frozen=True)
class Smoothing:
    """The choice of lambda."""

    value: float  # lambda, in units of the mean loss
    freedom: float  # effective degrees of freedom, tr (G + lambda P)^{-1} G
    at_end: bool  # whether the data ask for no smoothing: phi is rougher than the knots follow


def differences(size: int) -> Array:
    """Second differences of coefficients  # (size - 2, size)."""
    return np.diff(np.eye(size), n=2, axis=0)


def choose(gram: Array, moment: Array, power: float, penalty: Array, rows: int) -> Smoothing:
    """lambda from G (m, m), F^T Y / n (m,), the mean of Y^2, P (m, m) and n; G positive definite, m > 2."""
    size = len(moment)
    if size <= LINES:
        return Smoothing(0.0, float(size), False)
    lower = scipy.linalg.cholesky(gram, lower=True)
    half = scipy.linalg.solve_triangular(lower, penalty, lower=True)
    inner = scipy.linalg.solve_triangular(lower, half.T, lower=True)
    values, axes = scipy.linalg.eigh((inner + inner.T) / 2)
    values[:LINES] = 0.0
    seen = np.maximum(values[LINES:], values[-1] * 1e-15)
    values[LINES:] = seen
    squares = (axes.T @ scipy.linalg.solve_triangular(lower, moment, lower=True)) ** 2

    def criterion(log: float) -> float:
        shrunk = 1 / (1 + np.exp(log) * values)
        loss = max(power - float(squares @ shrunk), ROUNDING * power)
        return float((rows - LINES) * np.log(loss) + np.sum(np.log(np.exp(-log) + seen)))

    low, high = -np.log(BEYOND * seen[-1]), np.log(BEYOND / seen[0])
    from scipy import optimize  # takes long to load, and most fits choose K otherwise

    grid = np.linspace(low, high, GRID)
    best = int(np.argmin([criterion(log) for log in grid]))
    bracket = grid[max(0, best - 1)], grid[min(GRID - 1, best + 1)]
    log = float(optimize.minimize_scalar(criterion, bounds=bracket, method="bounded").x)
    freedom = float(np.sum(1 / (1 + np.exp(log) * values)))
    return Smoothing(float(np.exp(log)), freedom, bool(log < low + np.log(AT_END)))
