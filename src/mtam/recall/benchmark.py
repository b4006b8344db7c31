"""The oracle benchmarks as estimators of a trial: k-NN and Gaussian-process regression on true coefficients."""

import time
from typing import Any

import torch
from numpy.linalg import LinAlgError

from mtam.recall.contexts import problem
from mtam.recall.evaluate import risk
from mtam.recall.oracles import gaussian_process, nearest_neighbours
from mtam.recall.spec import RecallTrial

LARGEST = 16384  # rows of a kernel matrix; beyond it a Cholesky factor no longer fits a small machine


def solve(trial: RecallTrial) -> dict[str, Any]:
    """The record of one ``knn`` or ``gp`` trial; {"failure": sentence} where the kernel matrix cannot be factored."""
    if trial.model.name == "gp" and trial.n > LARGEST:
        return {"failure": f"exact Gaussian-process regression is limited to n = {LARGEST}, this trial has {trial.n}"}
    began, cpu = time.perf_counter(), time.process_time()
    p = problem(trial.data, trial.seed)
    train, test = p.sample("train", trial.n), p.sample("test", trial.data.test)
    known = p.answer.inputs(train.recalled(), train.query)
    asked = p.answer.inputs(test.recalled(), test.query)
    extra: dict[str, Any] = {}
    if trial.model.name == "knn":
        answers, extra["neighbours"] = nearest_neighbours(known, train.observed, asked)
    else:
        offset = p.answer.mean / p.answer.deviation  # the prior is centred, the standardised target is not
        variance = 1 / p.answer.deviation**2
        try:
            raw = gaussian_process(known, train.observed + offset, asked, variance, trial.data.noise)
        except LinAlgError:
            return {"failure": "the kernel matrix is singular to rounding; give the data some noise"}
        answers = raw - offset
    return {
        **risk(torch.from_numpy(answers), test), "attention_mass": 1.0, "attention_entropy": 0.0,
        "recall_accuracy": 1.0, **extra, "seconds": time.process_time() - cpu,
        "pack_seconds": time.perf_counter() - began,
    }  # fmt: skip
