"""The Bayes risk averaged over the prior: the posterior variance on a trial's contexts, for which no target is drawn.

The risk of the Bayes rule at z, averaged over targets of the Matern prior and over the noise, is

    v(z) = k(0) - k(z, Z) (K(Z, Z) + sigma^2 I)^{-1} k(Z, z),

which no answer enters. Its mean over fresh contexts is told in units of the prior's variance over the contexts,
v0 = 1 - E k(z, z') (``matern_prior``), of which sigma^2 = noise^2 v0 is a share, as it is of a drawn target's.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.linalg.blas
import scipy.linalg.lapack
from numpy.linalg import LinAlgError
from numpy.typing import NDArray

from mtam.base.columns import as_record
from mtam.base.compile_time import Stopwatch
from mtam.recall.evaluation.matern import Matern, tabulated
from mtam.recall.evaluation.matrix_room import ROOM
from mtam.recall.evaluation.oracles import PosteriorMean
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
    with of_population(p, known, asked) as process:
        return in_shares(p, process.variance(asked))


@contextmanager
def of_population(p: RecallProblem, known: Array, asked: Array) -> Iterator["FactoredPosterior"]:
    """The process given answers at ``known`` whose noise is the problem's share of v0. (n, dim), (m, dim)

    Its factor lies in space that is used again afterwards.
    Raises numpy.linalg.LinAlgError where the kernel matrix is singular to rounding.
    """
    with ROOM.lent(len(known)) as space:
        yield factored(known, asked, p.data.noise**2 * _population(p), space)


def in_shares(p: RecallProblem, variance: Array) -> Array:
    """A variance in units of k(0) as a share of v0. (m,)"""
    return variance / _population(p)


def _population(p: RecallProblem) -> float:
    return population_variance(half_widths(p.data, p.law))


def _inputs(p: RecallProblem, split: str, n: int) -> Array:
    sample = p.sample(split, n)
    return p.answer.inputs(sample.recalled(), sample.query)


def posterior_variance(train: Array, test: Array, nugget: float) -> Array:
    """v(z) at every test point, in units of k(0), by a Cholesky factor in doubles. (n, dim), (m, dim) -> (m,)

    Raises numpy.linalg.LinAlgError where the kernel matrix is singular to rounding.
    """
    return factored(train, test, nugget).variance(test)


@dataclass(frozen=True)
class FactoredPosterior:
    """The process of variance one given answers at points, of which one factor gives the mean and the variance alike.

    Answers of another prior variance v0 with noise s have the same mean where the nugget is s^2 / v0.
    """

    points: Array  # (n, dim)
    seen: NDArray[np.bool_]  # modes too faint to be drawn are zero everywhere
    kernel: Matern
    factor: Array  # (n, n), columns first: the lower triangle; what lies above is undefined

    def mean(self, observed: Array) -> PosteriorMean:
        """The posterior mean given these answers, to be asked near the points. (n,)"""
        half = scipy.linalg.blas.dtrsv(self.factor, observed, lower=1)
        solution = scipy.linalg.blas.dtrsv(self.factor, half, lower=1, trans=1)
        return PosteriorMean(self.points, self.seen, self.kernel, solution)

    def variance(self, test: Array) -> Array:
        """v(z), in units of k(0). (m, dim) -> (m,)"""
        asked = np.ascontiguousarray(test[:, self.seen])
        left = np.empty(len(asked))
        space = np.empty((min(CHUNK, len(asked)), len(self.points)))
        for at in range(0, len(asked), CHUNK):
            some = asked[at : at + CHUNK]
            across = self.kernel.matrix(some, self.points, space[: len(some)]).T  # (n, chunk)
            half = scipy.linalg.blas.dtrsm(1.0, self.factor, across, lower=1, overwrite_b=1)
            left[at : at + CHUNK] = 1.0 - np.einsum("nm,nm->m", half, half)
        return left


def factored(train: Array, test: Array, nugget: float, space: Array | None = None) -> FactoredPosterior:
    """K(Z, Z) + nugget I factored, Z = ``train``, to be asked about ``test``. (n, dim), (m, dim)

    The factor lies in ``space`` (n, n) where that is given.
    Raises numpy.linalg.LinAlgError where the kernel matrix is singular to rounding.
    """
    seen = np.asarray(train.any(0) | test.any(0))
    points = np.ascontiguousarray(train[:, seen])
    kernel = tabulated((points, test[:, seen]), 1.0)
    # The upper triangle in rows is the lower one in columns, which is how LAPACK wants it: nothing is copied.
    factor, failed = scipy.linalg.lapack.dpotrf(
        kernel.upper(points, nugget, np.float64, space).T, lower=1, overwrite_a=1, clean=0
    )
    if failed:
        raise LinAlgError(f"the leading minor of order {failed} is not positive")
    return FactoredPosterior(points, seen, kernel, factor)
