"""The Bayes risk averaged over the prior: the posterior variance on a trial's contexts, for which no target is drawn.

The risk of the Bayes rule at z, averaged over targets of the Matern prior and over the noise, is

    v(z) = k(0) - k(z, Z) (K(Z, Z) + sigma^2 I)^{-1} k(Z, z),

which no answer enters. Its mean over fresh contexts is told in units of the prior's variance over the contexts,
v0 = 1 - E k(z, z') (``matern_prior``), of which sigma^2 = noise^2 v0 is a share, as it is of a drawn target's.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.linalg.blas
import scipy.linalg.lapack
from numpy.linalg import LinAlgError
from numpy.typing import NDArray

from mtam.base.columns import as_record
from mtam.base.compile_time import Stopwatch
from mtam.recall.evaluation.matern import tabulated
from mtam.recall.recall_numbers import BenchmarkNumbers
from mtam.recall.recall_spec import RecallTrial
from mtam.recall.simulate.contexts import RecallProblem, problem
from mtam.recall.simulate.targets import half_widths
from mtam.recall.theory.matern_prior import population_variance

Array = NDArray[np.float64]

CHUNK = 512  # fresh contexts at a time


def run(
    trials: Sequence[RecallTrial], *, device: str, tick: Callable[[float], None], checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """One record per trial, in order; on the CPU, without a checkpoint.

    {"failure": sentence} where the kernel matrix is singular to rounding.
    """
    del device, checkpoint
    records: list[dict[str, Any]] = []
    for m, trial in enumerate(trials):
        watch = Stopwatch()
        try:
            shares = prior_shares(trial)
        except LinAlgError:
            records.append({"failure": "the kernel matrix is singular to rounding; give the data some noise"})
            continue
        value = float(shares.mean())
        numbers = BenchmarkNumbers(
            error=value, error_se=float(shares.std(ddof=1)) / len(shares) ** 0.5, mse=value, target_variance=1.0,
            seconds=watch.cpu, pack_seconds=watch.wall,
        )  # fmt: skip
        records.append(as_record(numbers))
        tick((m + 1) / len(trials))
    return records


def prior_shares(trial: RecallTrial) -> Array:
    """v(z) / v0 on the trial's fresh contexts. (test,)

    Raises numpy.linalg.LinAlgError where the kernel matrix is singular to rounding.
    """
    p = problem(trial.data, trial.seed)
    return shares(p, _inputs(p, "train", trial.n), _inputs(p, "test", trial.data.test))


def shares(p: RecallProblem, known: Array, asked: Array) -> Array:
    """v(z) / v0 at inputs ``asked``, given answers at ``known`` with the problem's noise. (m, dim), (n, dim) -> (m,)

    Raises numpy.linalg.LinAlgError where the kernel matrix is singular to rounding.
    """
    total = population_variance(half_widths(p.data, p.law))
    return posterior_variance(known, asked, p.data.noise**2 * total) / total


def _inputs(p: RecallProblem, split: str, n: int) -> Array:
    sample = p.sample(split, n)
    return p.answer.inputs(sample.recalled(), sample.query)


def posterior_variance(train: Array, test: Array, nugget: float) -> Array:
    """v(z) at every test point, in units of k(0), by a Cholesky factor in doubles. (n, dim), (m, dim) -> (m,)

    Raises numpy.linalg.LinAlgError where the kernel matrix is singular to rounding.
    """
    seen = train.any(0) | test.any(0)  # modes too faint to be drawn are zero everywhere
    train, test = np.ascontiguousarray(train[:, seen]), np.ascontiguousarray(test[:, seen])
    kernel = tabulated((train, test), 1.0)
    # The upper triangle in rows is the lower one in columns, which is how LAPACK wants it: nothing is copied.
    factor, failed = scipy.linalg.lapack.dpotrf(
        kernel.upper(train, nugget, np.float64).T, lower=1, overwrite_a=1, clean=0
    )
    if failed:
        raise LinAlgError(f"the leading minor of order {failed} is not positive")
    left = np.empty(len(test))
    for at in range(0, len(test), CHUNK):
        across = kernel.matrix(test[at : at + CHUNK], train).T  # (n, chunk)
        half = scipy.linalg.blas.dtrsm(1.0, factor, across, lower=1, overwrite_b=1)
        left[at : at + CHUNK] = 1.0 - np.einsum("nm,nm->m", half, half)
    return left
