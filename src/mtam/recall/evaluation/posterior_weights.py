"""Who answers, as far as the tags tell: the exact posterior of the answering component given keys and a noisy query.

The query's tag is q = v_{i*} + s N(0, I / d1) with i* uniform over the components and s = ``query_noise``, so that

    P(i* = i | tags) proportional to exp(-d1 |q - v_i|^2 / (2 s^2)),

for tags of unit length softmax attention with the form W = (d1 / s^2) I. Without noise it is one-hot for every number
of components with distinct tags. Attention need not copy the posterior: the square loss is paid by the answer, and
harder attention may put more on the right component than the posterior's own mean, up to the share of contexts in
which the likeliest component is the right one. Nuisance dimensions say nothing of i* and drop out.
"""

import numpy as np
import scipy.special
from numpy.typing import NDArray

from mtam.recall.recall_data import RecallData
from mtam.recall.simulate.contexts import Sample

Array = NDArray[np.float64]


def posterior_weights(sample: Sample, data: RecallData) -> Array:
    """P(i* = i | tags) of every context. (n, I)"""
    keys = sample.tags[..., : data.tag_dim].astype(np.float64)
    query = sample.query_tag[:, None, : data.tag_dim].astype(np.float64)
    squares = ((query - keys) ** 2).sum(-1)  # (n, I)
    if data.query_noise == 0:
        nearest = squares <= squares.min(1, keepdims=True)
        return np.asarray(nearest / nearest.sum(1, keepdims=True))
    return np.asarray(scipy.special.softmax(-data.tag_dim * squares / (2 * data.query_noise**2), axis=1))


def posterior_mass(sample: Sample, data: RecallData) -> float:
    """The mean posterior probability of the component that does answer, in [0, 1]."""
    return float(posterior_weights(sample, data)[np.arange(len(sample)), sample.answering].mean())
