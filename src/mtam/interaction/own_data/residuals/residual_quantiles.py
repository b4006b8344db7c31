"""Prediction intervals of single responses, from the quantiles of the residuals of a fit.

A response with tokens like those of the fit is y = g + noise, its prediction g_hat. For least squares with p parameters
on n rows the residuals have variance sigma^2 (1 - p/n) on average over the rows, and y - g_hat for new noise at the
same tokens sigma^2 (1 + p/n): so quantiles of the residuals times sqrt((n + p)/(n - p)) have the scale of y - g_hat,
and the shape of the noise (Davison and Hinkley 1997, Bootstrap Methods, section 6.3). The interval has the same width
at all tokens: it holds responses at its level on average over tokens, not where noise or leverage is larger than
elsewhere.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LEVEL = 0.9


def quantiles(residuals: Array, unknowns: float, level: float = LEVEL) -> tuple[float, float]:
    """Ends of the interval, relative to a prediction, from residuals of any shape.

    ``unknowns`` is p: effective degrees of freedom of phi and parameters of A. Raises ValueError unless 0 < level < 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level = {level!r}; valid: between 0 and 1")
    rows = residuals.size
    wider = float(np.sqrt((rows + unknowns) / max(rows - unknowns, 1.0)))
    low, high = np.quantile(residuals, [0.5 - level / 2, 0.5 + level / 2])
    return wider * float(low), wider * float(high)
