"""Where the error comes from: err = bias^2(K) + c0 (K+s) sigma^2/M + c1 p sigma^2/M, fitted to the trials of one cell.

oracle-A has the first two parts, the excess over it is the third. The bias is modelled as b K^{-2 beta}; b and c0 are
fitted with non-negative weights by least squares on relative errors, seed by seed; c1 is the mean of
excess M/(p sigma^2).
For N tokens first-order theory puts c0 and c1 between (N-1)/N times one half and one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from mtam.base.columns import ORACLE_ERROR, PARAMETRIC_ERROR
from mtam.interaction.interaction_spec import InteractionTrial

Array = npt.NDArray[np.float64]


def decompose(columns: Mapping[str, Array], trial: InteractionTrial) -> dict[str, Any]:
    """c0 and c1 with standard errors over seeds, and the share of bias at the largest M.

    ``columns``: n, seed, intervals, oracle_error, parametric_error, one entry per trial of the cell. Empty where a
    column is missing, where there is no noise or the truth is no function of pairs, for fewer than two seeds, and where
    an error is zero or lacking in some trial: relative errors have no meaning there.
    """
    needed = ("n", "seed", "intervals", ORACLE_ERROR, PARAMETRIC_ERROR)
    sigma = trial.data.noise
    if any(name not in columns for name in needed) or sigma == 0 or trial.data.row_normalised:
        return {}
    n, seed, intervals, oracle, excess = (np.asarray(columns[name], dtype=float) for name in needed)
    seeds = np.unique(seed)
    if len(seeds) < 2 or not (np.isfinite([oracle, excess, intervals]).all() and oracle.min() > 0):
        return {}
    heads = trial.fit_heads()
    variance = (heads * (intervals + trial.spline_degree()) - (heads - 1)) * sigma**2 / n  # of H constants one counts
    bias = intervals ** (-2.0 * trial.beta())
    fits = np.array([_relative(oracle[seed == one], bias[seed == one], variance[seed == one]) for one in seeds])
    told = _with_error("c0", fits[:, 1])
    last = n == n.max()
    shares = [
        float(np.mean((b * bias / oracle)[last & (seed == one)]))
        for one, b in zip(seeds, fits[:, 0], strict=True)
        if (last & (seed == one)).any()  # a trial that failed leaves its seed without the largest size
    ]
    told |= {"bias_share_at_largest_M": float(np.mean(shares))}
    if trial.parameters() > 0:
        scaled = excess * n / (trial.parameters() * sigma**2)
        told |= _with_error("c1", np.array([scaled[seed == one].mean() for one in seeds]))
    return told


def _relative(errors: Array, *parts: Array) -> Array:
    """Non-negative weights w that minimise sum_i (1 - sum_k w_k parts_k / errors)_i^2."""
    return np.asarray(nnls(np.stack(parts, axis=1) / errors[:, None], np.ones(len(errors)))[0])


def _with_error(name: str, values: Array) -> dict[str, float]:
    return {name: float(values.mean()), f"{name}_se": float(values.std(ddof=1) / len(values) ** 0.5)}
