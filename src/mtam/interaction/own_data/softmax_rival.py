"""Are responses means over pairs, or averages whose weights sum to one over a row? By hold-out, paired over samples.

The rival is softmax attention, Y_i = sum_j p_ij (b + w^T x_j), p_ij ~ exp(x_i^T A x_j + c^T x_j), with A, c, w and b
learned: tokens with a further coordinate 1, whose column of A cancels in a row (``row_normalised.attention_forms``). It
is fitted to the samples that the pairwise fit had, and both predict the same held-out ones. What their losses have in
common, the noise above all, cancels in the difference.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.interaction.own_data.choose_rank import Attempt, Split
from mtam.interaction.row_normalised.attention_fit import fit_attention

Array = npt.NDArray[np.float64]

ROWS_PER_PARAMETER = 100  # for which A may have full rank: what it fits of the noise is then below 1%
MOST_WORK = 2e10  # products in one Gauss-Newton matrix, some seconds; larger data are not compared


def against_softmax(
    split: Split, held: Attempt, rng: np.random.Generator, tick: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Mean squared held-out error of softmax attention, by how much that of means over pairs is larger, and the
    standard error of the latter over samples; nothing for two tokens, for few samples and for very many numbers.
    """
    rows, tokens, d = split.y.size, split.x.shape[1], split.x.shape[2] + 1
    full = ROWS_PER_PARAMETER * (d * d + d) <= rows
    rank = d if full else min(d, held.rank + 1)
    count = d + (d * d if full else 2 * d * rank)
    if tokens < 3 or rows < 2 * count or rows * count**2 > MOST_WORK:
        return {}
    shift, unit = float(split.y.mean()), float(split.y.std())
    fitted = fit_attention(_with_one(split.x), (split.y - shift) / unit, rank, rng, tick=tick)
    predicted = shift + unit * fitted.predict(_with_one(split.x_test))
    losses = np.mean((split.y_test - predicted) ** 2, axis=1)
    gain = held.losses - losses
    return {
        "softmax_error": float(losses.mean()),
        "softmax_gain": float(gain.mean()),
        "softmax_gain_se": float(gain.std(ddof=1) / len(gain) ** 0.5),
    }


def _with_one(x: Array) -> Array:
    return np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2)
