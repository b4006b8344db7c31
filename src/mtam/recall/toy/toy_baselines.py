"""The toy without attention: what the tokens of its contexts and the sample allow when recall is given, and when not.

The tokens of one tag estimate the coefficients c_j = sqrt(lambda_j) Z_j of its measure by hat c_j = mean e_j(x), and
Y = v sum_j c_j^2. That is so for densities 1 + sum_j c_j e_j; clipping at zero changes their coefficients, and the
plug-in arm shows by how much.

    plug-in          v sum_j (hat c_j^2 - 1/L'), tokens of the queried tag: nothing is learned
    oracle + ERM     v (w . hat c^2), D weights by least squares on the sample, tokens of the queried tag
    mixture + ERM    the same on the tokens of both tags: no recall
"""

import numpy as np
from numpy.typing import NDArray

from mtam.recall.recall_spec import RecallTrial
from mtam.recall.toy.toy_data import Toy, system

Array = NDArray[np.float64]


def arms(trial: RecallTrial, sample: Toy, test: Toy) -> dict[str, float]:
    """Mean squared errors on fresh contexts; nothing where the densities have no constant, which hides their scale."""
    toy = trial.reported
    if not toy.constant or toy.system != "cosines":
        return {}
    used = max(1, min(trial.data.modes, trial.n // 2))  # D
    found = {"plug_in_mse": _mse(_plug_in(trial, test), test)}
    for name, mixed in (("mercer_mse", False), ("mixture_mse", True)):
        known, asked = (_squares(trial, each, mixed=mixed)[:, :used] for each in (sample, test))
        weights = np.linalg.lstsq(known, _value(sample) * sample.observed, rcond=1e-10)[0]
        found[name] = _mse(_value(test) * (asked @ weights), test)
    return found


def _plug_in(trial: RecallTrial, of: Toy) -> Array:
    tokens = np.inf if trial.data.length is None else trial.data.length // 2
    return np.asarray(_value(of) * (_squares(trial, of, mixed=False) - 1 / tokens).sum(1))


def _squares(trial: RecallTrial, of: Toy, *, mixed: bool) -> Array:
    """hat c_j^2 from the tokens of the queried tag, or of both. (n, M)"""
    shares: Array = of.counts.astype(np.float64)
    own: Array = shares.sum(1) if mixed else 2 * shares[np.arange(len(shares)), of.sign]
    return np.asarray((own @ system(trial).T) ** 2)


def _value(of: Toy) -> Array:
    """The query's tag, -1 or 1. (n,)"""
    return np.asarray(2.0 * of.sign - 1)


def _mse(answers: Array, of: Toy) -> float:
    return float(np.mean((answers - of.clean) ** 2))
