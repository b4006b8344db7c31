"""A small problem of two heads, with the factors of its truth."""

import numpy as np
import numpy.typing as npt

from mtam.interaction.estimators import erm
from mtam.interaction.heads.additive_profile import AdditiveProfile
from mtam.interaction.interaction_data import InteractionData
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.additive_truth import AdditiveTruth, draw_heads
from mtam.interaction.simulate.truth import simulate

Array = npt.NDArray[np.float64]


def several(
    samples: int = 400, heads: int = 2, d: int = 4, rank: int = 1, intervals: int = 6
) -> tuple[AdditiveProfile, AdditiveTruth, Array, Array]:
    """A profile, the truth, and its factors in whitened coordinates  # (H, d, r), (H, d, r)."""
    data = InteractionData(d=d, tokens=4, rank=rank, heads=heads)
    truth = draw_heads(data, 0)
    x, y = simulate(data, truth, samples, 0)
    single = erm.prepare(x, y, rank, SplineSpace(3, intervals), np.random.default_rng(0))
    back = np.linalg.inv(single.white)
    u, v = (np.stack([back @ part for part in parts]) for parts in (
        [head.left for head in truth.heads], [head.right for head in truth.heads]))  # fmt: skip
    return AdditiveProfile(single), truth, u, v
