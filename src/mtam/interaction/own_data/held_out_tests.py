"""Does a fit predict samples it has not seen, better than no interaction does and better than a linear regression?

Is there an interaction at all? Where there is none, Y less its mean is noise whatever the tokens, and predictions of a
fit to other samples are functions of the tokens: per held-out sample the sums s_m = sum_i (Y_i - mean)(prediction_i -
mean) have mean zero. Student's t of the s_m, which are independent over samples whatever the dependence within one, has
its level; and nothing is lost for what the fit has learned of noise, as it would be in prediction errors.

Is the fit of use? Per held-out sample, the mean squared prediction error of a rival less that of the fit, and Student's
t of these differences. Against a constant learned from the same samples this is a conservative test of no interaction:
where there is none, the fit predicts worse than the constant by its number of parameters.

Where samples have groups, weights or unequal numbers of tokens (``RowLayout``), losses are weighted means over rows,
and the independent terms are those of groups: with S_g the weighted sum of losses of a group and W_g that of its
weights, the mean sum S_g / sum W_g has the linearised standard error of a ratio (Cochran 1977, section 6.4), that of
the mean of

    mean + (S_g - mean W_g) / (sum W_g / G).
"""

import numpy as np
import numpy.typing as npt
import scipy.special

from mtam.interaction.model.row_layout import RowLayout, by_group, mean_of_partners, part_of

Array = npt.NDArray[np.float64]

LEVEL = 0.05  # one-sided
BLOCK = 2**20  # numbers of X at a time


def p_value(values: Array) -> float:
    """Of the hypothesis that independent values have no mean above zero  # (M2,)."""
    error = float(values.std(ddof=1)) / np.sqrt(len(values))
    if error == 0:
        return 0.0 if values[0] > 0 else 1.0
    return float(scipy.special.stdtr(len(values) - 1, -float(values.mean()) / error))


def products(y: Array, predictions: Array, layout: RowLayout | None = None) -> Array:
    """The s_m of held-out samples, or of groups  # (M2, N), (M2, N) -> (M2,)."""
    if layout is None:
        return np.asarray(np.sum((y - y.mean()) * (predictions - predictions.mean()), axis=1))
    both = (y - layout.mean(y)) * (predictions - layout.mean(predictions))
    return by_group(np.sum(layout.weights * both, axis=1), layout)


def losses(y: Array, predictions: Array, layout: RowLayout | None = None) -> Array:
    """Mean squared errors of samples, or what stands for them of groups  # (M2, N), (M2, N) -> (M2,)."""
    if layout is None:
        return np.asarray(np.mean((y - predictions) ** 2, axis=1))
    sums = by_group(np.sum(layout.weights * (y - predictions) ** 2, axis=1), layout)
    sizes = by_group(layout.weights.sum(axis=1), layout)
    mean = sums.sum() / sizes.sum()
    return np.asarray(mean + (sums - mean * sizes) / sizes.mean())


def constant(y: Array, y_test: Array, layout: RowLayout | None = None, layout_test: RowLayout | None = None) -> Array:
    """Losses of predicting the mean of Y  # (M1, N), (M2, N) -> (M2,)."""
    mean = y.mean() if layout is None else layout.mean(y)
    return losses(y_test, np.broadcast_to(mean, y_test.shape), layout_test)


def linear(
    x: Array,
    y: Array,
    x_test: Array,
    y_test: Array,
    layout: RowLayout | None = None,
    layout_test: RowLayout | None = None,
) -> Array:
    """Losses of the least-squares regression of Y_i on 1, x_i and the mean of its partners x_j  # -> (M2,)."""
    d = x.shape[2]
    seen = x if layout is None else x[layout.there][:, None]
    centre, scale = seen.mean(axis=(0, 1)), seen.std(axis=(0, 1))
    scale = np.where(scale > 0, scale, 1.0)
    gram, moment = np.zeros((2 * d + 1, 2 * d + 1)), np.zeros(2 * d + 1)
    step = max(1, BLOCK // (x.shape[1] * d))
    for first in range(0, len(x), step):
        block = slice(first, first + step)
        here = part_of(layout, block)
        rows, responses = _regressors((x[block] - centre) / scale, here), y[block].ravel()
        if here is not None:
            rows, responses = rows * here.root.reshape(-1, 1), responses * here.root.ravel()
        gram += rows.T @ rows
        moment += rows.T @ responses
    weights = np.linalg.pinv(gram, rcond=1e-12, hermitian=True) @ moment
    told = np.empty(y_test.shape)
    for first in range(0, len(x_test), step):
        part = slice(first, first + step)
        rows = _regressors((x_test[part] - centre) / scale, part_of(layout_test, part))
        told[part] = (rows @ weights).reshape(-1, x.shape[1])
    return losses(y_test, told, layout_test)


def _regressors(x: Array, layout: RowLayout | None) -> Array:
    """# (S, N, d) -> (SN, 2d + 1)."""
    both = np.concatenate([np.ones((*x.shape[:2], 1)), x, mean_of_partners(x, layout)], axis=2)
    return np.asarray(both.reshape(-1, both.shape[2]))
