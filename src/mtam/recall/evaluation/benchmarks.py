"""The oracle benchmarks as estimators of a trial: k-NN and Gaussian-process regression on true coefficients."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.linalg import LinAlgError
from numpy.typing import NDArray

from mtam.base.columns import AVERAGE_BAYES_ERROR, BAYES_ERROR, as_record
from mtam.base.compile_time import Stopwatch
from mtam.recall.evaluation import posterior
from mtam.recall.evaluation.axis_gains import axis_gains
from mtam.recall.evaluation.box_average import box_average
from mtam.recall.evaluation.oracles import nearest_neighbours, posterior_mean
from mtam.recall.evaluation.risk import risk
from mtam.recall.recall_numbers import BenchmarkNumbers
from mtam.recall.recall_spec import BENCHMARK_TO, RecallTrial
from mtam.recall.recall_variants import BY_POPULATION, OF_BOX_PRIOR
from mtam.recall.simulate.contexts import RecallProblem, Sample, problem

AVERAGED = 1024  # fresh contexts on which the posterior variance is averaged: it scatters by percents

Array = NDArray[np.float64]


def run(
    trials: Sequence[RecallTrial], *, device: str, tick: Callable[[float], None], checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """One record per trial, in order; they take seconds, run on the CPU and keep no checkpoint."""
    del device, checkpoint
    records = []
    for m, trial in enumerate(trials):
        records.append(solve(trial))
        tick((m + 1) / len(trials))
    return records


def solve(trial: RecallTrial) -> dict[str, Any]:
    """The record of one ``knn`` or ``gp`` trial; {"failure": sentence} where the kernel matrix cannot be factored."""
    if trial.model.name == "gp" and trial.n > BENCHMARK_TO:
        return {
            "failure": f"exact Gaussian-process regression is limited to n = {BENCHMARK_TO}, this trial has {trial.n}"
        }
    watch = Stopwatch()
    neighbours = None
    if trial.model.name == "knn":
        p, train, test = _samples(trial)
        known, asked = (p.answer.inputs(s.recalled(), s.query) for s in (train, test))
        answers, neighbours = nearest_neighbours(known, train.observed, asked)
        scores = risk(torch.from_numpy(answers), test, p.answer.variance)
    else:
        try:
            scores = bayes(trial)
        except LinAlgError:
            return {"failure": "the kernel matrix is singular to rounding; give the data some noise"}
    numbers = BenchmarkNumbers(**scores, neighbours=neighbours, seconds=watch.cpu, pack_seconds=watch.wall)
    return as_record(numbers)


def bayes(trial: RecallTrial) -> dict[str, float]:
    """Risk and axes learned of exact Gaussian-process regression on the trial's own contexts, with recall given.

    With the target's own kernel, mean, variance and noise this is the Bayes rule of a Matern target: averaged over
    targets, no estimator has less risk. On a single target another one may be luckier.
    Raises numpy.linalg.LinAlgError where the kernel matrix is singular to rounding.
    """
    return _bayes(*_samples(trial))


def beside(trial: RecallTrial) -> dict[str, float]:
    """What a trained model's record holds of the Bayes rule on its own contexts: as its trial asks.

    bayes_error, bayes_error_se, bayes_axes_learned (``bayes``); average_bayes_error, the posterior variance on the
    first AVERAGED fresh contexts over the prior's variance, which no target enters (``posterior``); of the spectral
    prior, whose spectrum is known, by its curve (``box_average``).
    Raises numpy.linalg.LinAlgError where the kernel matrix is singular to rounding.
    """
    if not (trial.benchmarked() or trial.averaged()):
        return {}
    if trial.data.target in OF_BOX_PRIOR:
        return {AVERAGE_BAYES_ERROR: box_average(trial.data, trial.n)}
    p, train, test = _samples(trial)
    known, asked = (p.answer.inputs(s.recalled(), s.query) for s in (train, test))
    some = asked[:AVERAGED]
    if trial.benchmarked() and trial.averaged() and trial.data.target in BY_POPULATION:
        # The mean of a prior scaled to the population's variance and the average variance have one matrix up to a
        # factor.
        with posterior.of_population(p, known, asked) as shared:
            numbers = _as_bayes(_scores(p, test, shared.mean(_centred(p, train))))
            average = posterior.in_shares(p, shared.variance(some))
        return numbers | {AVERAGE_BAYES_ERROR: float(average.mean())}
    numbers = _as_bayes(_bayes(p, train, test)) if trial.benchmarked() else {}
    if trial.averaged():
        numbers[AVERAGE_BAYES_ERROR] = float(posterior.shares(p, known, some).mean())
    return numbers


def _as_bayes(scores: dict[str, float]) -> dict[str, float]:
    return {
        BAYES_ERROR: scores["error"], "bayes_error_se": scores["error_se"], "bayes_axes_learned": scores["axes_learned"]
    }  # fmt: skip


def _bayes(p: RecallProblem, train: Sample, test: Sample) -> dict[str, float]:
    known, asked = (p.answer.inputs(s.recalled(), s.query) for s in (train, test))
    mean = posterior_mean(known, _centred(p, train), asked, 1 / p.answer.deviation**2, p.data.noise)
    return _scores(p, test, mean)


def _centred(p: RecallProblem, train: Sample) -> Array:
    """The answers of a draw of the prior, which is centred; the standardised target is not. (n,)"""
    return np.asarray(train.observed + p.answer.mean / p.answer.deviation)


def _scores(p: RecallProblem, test: Sample, mean: Callable[[Array], Array]) -> dict[str, float]:
    """Risk and learned axes of a posterior mean; the target is standardised, the mean's prior is centred."""
    offset = p.answer.mean / p.answer.deviation

    def answers(samples: list[Sample]) -> Array:
        return np.array([mean(p.answer.inputs(s.recalled(), s.query)) for s in samples])

    scores = risk(torch.from_numpy(answers([test])[0] - offset), test, p.answer.variance)
    return {**scores, "axes_learned": float(axis_gains(answers, [test], [p]).sum())}


def _samples(trial: RecallTrial) -> tuple[RecallProblem, Sample, Sample]:
    p = problem(trial.data, trial.seed)
    return p, p.sample("train", trial.n), p.sample("test", trial.data.test)
