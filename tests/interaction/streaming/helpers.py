"""A small trial of the one-step estimator, and what the minimiser on the same samples gives."""

from typing import Any

import numpy as np

from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial, interaction_model
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.simulate.truth import Truth, draw_truth
from mtam.interaction.streaming.sample_blocks import SampleBlocks


def data(d: int, rank: int = 1, tokens: int = 3, **more: Any) -> InteractionData:
    kind = {"degree": 3, "activation": "rate_hard", "token_law": "gaussian", **more}
    return InteractionData.model_validate({"d": d, "rank": rank, "tokens": tokens, **kind})


def trial(samples: int, of: InteractionData, seed: int = 0, **model: Any) -> InteractionTrial:
    return InteractionTrial(data=of, model=interaction_model("one_step", **model), n=samples, seed=seed)


def blocks_of(one: InteractionTrial) -> tuple[Truth, SampleBlocks]:
    truth = draw_truth(one.data, one.seed, one.n)
    return truth, SampleBlocks(one.data, truth, one.n, one.seed)


def minimiser(one: InteractionTrial, blocks: SampleBlocks, space: SplineSpace) -> erm.Erm:
    starts = generator(one.seed, "interaction", "starts")
    return erm.fit(*blocks.first(one.n), one.fit_rank(), space, starts, erm.ErmOptions(beta=one.beta()), lambda: None)


def pairs(d: int, count: int = 50_000) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((2, count, d))
