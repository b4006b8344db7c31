"""An estimator of the user's own, ``model=own_recall model.code=MODULE:CLASS``: what it is shown and has to give.

A class without arguments that has

    fit(contexts, answers, rng)    n contexts (``Contexts``) and their noisy answers (n,); rng a numpy Generator, the
                                   only source of chance, so that a trial is the same again;
    predict(contexts)              answers to fresh contexts, (n,).

Where it also has ``weights(contexts)``, (n, I), the record says how much of them lies on the component that answers.
Which component that is, and the coefficients of the measures, are not shown to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mtam.base.columns import as_record
from mtam.base.compile_time import Stopwatch
from mtam.base.named import named_code
from mtam.base.named.named_code import expected, load_named
from mtam.base.named.own_arrays import own_array, read_only
from mtam.base.one_by_one import answer_each
from mtam.base.streams import generator
from mtam.recall.evaluation.risk import recall, risk
from mtam.recall.recall_models import OwnRecallModel
from mtam.recall.recall_numbers import OwnNumbers
from mtam.recall.recall_spec import RecallTrial
from mtam.recall.simulate.contexts import RecallProblem, Sample, problem

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Contexts:
    """What a model may see of n contexts of I components; read-only.

    ``moments`` are against ``dictionary``: int V d mu_i = int V dx + s sum_k m_ik sum_g D_kg V(x_g), as in
    ``mtam.recall.simulate.contexts``.
    """

    moments: Array  # (n, I, K)
    tags: Array  # (n, I, d)
    log_share: Array  # (n, I), log of the component's share of the tokens
    query_tag: Array  # (n, d)
    query: Array  # (n,), x_q in [0, 1]
    dictionary: Array  # (K, G)

    def __len__(self) -> int:
        return len(self.query)


def run(
    trials: Sequence[RecallTrial], *, device: str, tick: Callable[[float], None], checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """One record per trial, in order, on the CPU and without a checkpoint; {"failure": sentence} for one that fails."""
    del device, checkpoint
    return answer_each(trials, tick, lambda trial, _report: solve(trial))


def solve(trial: RecallTrial) -> dict[str, Any]:
    """The record of a trial. Raises ValueError, which names the class, where it has or gives something else."""
    model = trial.model
    assert isinstance(model, OwnRecallModel)
    if lacking := model.lacks():
        raise ValueError(lacking)
    assert model.code is not None
    name, made = named_code.shown(model.code), load_named(model.code)()
    fits = callable(getattr(made, "fit", None)) and callable(getattr(made, "predict", None))
    expected(model.code, made, fits, "an estimator with fit(contexts, answers, rng) and predict(contexts)")
    watch = Stopwatch()
    p = problem(trial.data, trial.seed)
    train, test = p.sample("train", trial.n), p.sample("test", trial.data.test)
    rng = generator(trial.seed, "recall", "own estimator", trial.n)
    made.fit(shown(p, train), read_only(train.observed), rng)
    asked = shown(p, test)
    answers = own_array(made.predict(asked), (len(test),), f"{name}: predict(contexts)")
    scores: dict[str, Any] = risk(torch.from_numpy(answers), test, p.answer.variance)
    if hasattr(made, "weights"):
        weights = own_array(made.weights(asked), asked.log_share.shape, f"{name}: weights(contexts)")
        scores |= recall(torch.from_numpy(weights.T.copy()), test)
    return as_record(OwnNumbers(**scores, seconds=watch.cpu, pack_seconds=watch.wall))


def shown(p: RecallProblem, sample: Sample) -> Contexts:
    """What a model may see of a sample."""
    parts = (sample.moments, sample.tags, sample.log_share, sample.query_tag, sample.query, p.dictionary())
    return Contexts(*(read_only(np.array(part, dtype=float)) for part in parts))
