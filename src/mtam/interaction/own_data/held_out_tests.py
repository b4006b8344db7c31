"""Does a fit predict samples it has not seen, better than no interaction does and better than a linear regression?

Is there an interaction at all? Where there is none, Y less its mean is noise whatever the tokens, and predictions of a
fit to other samples are functions of the tokens: per held-out sample the sums s_m = sum_i (Y_i - mean)(prediction_i -
mean) have mean zero. Student's t of the s_m, which are independent over samples whatever the dependence within one, has
its level; and nothing is lost for what the fit has learned of noise, as it would be in prediction errors.

Is the fit of use? Per held-out sample, the mean squared prediction error of a rival less that of the fit, and Student's
t of these differences. Against a constant learned from the same samples this is a conservative test of no interaction:
where there is none, the fit predicts worse than the constant by its number of parameters.
"""

import numpy as np
import numpy.typing as npt
import scipy.special

from mtam.interaction.solver.row_sums import mean_of_others

Array = npt.NDArray[np.float64]

LEVEL = 0.05  # one-sided
BLOCK = 2**20  # numbers of X at a time


def p_value(values: Array) -> float:
    """Of the hypothesis that independent values have no mean above zero  # (M2,)."""
    error = float(values.std(ddof=1)) / np.sqrt(len(values))
    if error == 0:
        return 0.0 if values[0] > 0 else 1.0
    return float(scipy.special.stdtr(len(values) - 1, -float(values.mean()) / error))


def products(y: Array, predictions: Array) -> Array:
    """The s_m of held-out samples  # (M2, N), (M2, N) -> (M2,)."""
    return np.asarray(np.sum((y - y.mean()) * (predictions - predictions.mean()), axis=1))


def constant(y: Array, y_test: Array) -> Array:
    """Losses of predicting the mean of Y  # (M1, N), (M2, N) -> (M2,)."""
    return np.asarray(np.mean((y_test - y.mean()) ** 2, axis=1))


def linear(x: Array, y: Array, x_test: Array, y_test: Array) -> Array:
    """Losses of the least-squares regression of Y_i on 1, x_i and the mean of x_j over j != i  # -> (M2,)."""
    d = x.shape[2]
    centre, scale = x.mean(axis=(0, 1)), x.std(axis=(0, 1))
    scale = np.where(scale > 0, scale, 1.0)
    gram, moment = np.zeros((2 * d + 1, 2 * d + 1)), np.zeros(2 * d + 1)
    step = max(1, BLOCK // (x.shape[1] * d))
    for first in range(0, len(x), step):
        rows = _regressors((x[first : first + step] - centre) / scale)
        gram += rows.T @ rows
        moment += rows.T @ y[first : first + step].ravel()
    weights = np.linalg.pinv(gram, rcond=1e-12, hermitian=True) @ moment
    out = np.empty(len(x_test))
    for first in range(0, len(x_test), step):
        part = slice(first, first + step)
        told = (_regressors((x_test[part] - centre) / scale) @ weights).reshape(-1, x.shape[1])
        out[part] = np.mean((y_test[part] - told) ** 2, axis=1)
    return out


def _regressors(x: Array) -> Array:
    """# (S, N, d) -> (SN, 2d + 1)."""
    both = np.concatenate([np.ones((*x.shape[:2], 1)), x, mean_of_others(x)], axis=2)
    return np.asarray(both.reshape(-1, both.shape[2]))
