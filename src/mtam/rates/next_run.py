"""Which run to do next under a budget, for a law of two resources.

A run at resources (N, D) adds its row j = df / dtheta to the tangent J of the runs that there are, and to first order
the variance of the law at a target with row c becomes

    sigma^2 c^T (J^T J + j j^T)^{-1} c = sigma^2 (c^T G c - (c^T G j)^2 / (1 + j^T G j)),   G = (J^T J)^{-1},

which is least for the run that is told: the sequential c-optimal design (Chaloner and Verdinelli 1995, Statistical
Science 10, section 2; Fedorov 1972, Theory of Optimal Experiments).
"""

from dataclasses import dataclass

import numpy as np

from mtam.rates.fitting.two_resources import TwoResourceFit, predicted
from mtam.rates.laws import Floats

CANDIDATES = 201
BEYOND = 10.0  # how far, as a factor, a candidate may lie outside the resources of the runs
TARGET = 10.0  # times the budget: where the law is to be known, at the optimal split


@dataclass(frozen=True)
class NextRun:
    """The run that tells most of the law at the target."""

    first: float
    second: float
    target: tuple[float, float]
    before: float  # standard error of ln L at the target by the runs that there are
    after: float  # with this one
    optimal: tuple[float, float]  # the run of least error at the same cost, by the fit


def next_run(fit: TwoResourceFit, product: float, target: tuple[float, float] | None = None) -> NextRun:
    """The (N, D) with N D = ``product`` that lowers the variance of ln L at ``target`` most.

    Without a target it is the best split of ten times the product. Raises ValueError where no candidate lies within a
    factor of ten of the resources of the runs, or these do not tell the parameters apart.
    """
    target = target or fit.optimal(TARGET * product)
    low = max(fit.runs.first.min() / BEYOND, product / (fit.runs.second.max() * BEYOND))
    high = min(fit.runs.first.max() * BEYOND, product / (fit.runs.second.min() / BEYOND))
    if low > high:
        raise ValueError("every run at this cost lies beyond ten times the resources of the runs")
    tangent = predicted(fit.theta, fit.runs.first, fit.runs.second)[1]
    scale = np.linalg.norm(tangent, axis=0)
    if np.linalg.matrix_rank(tangent / np.maximum(scale, 1e-300), tol=1e-9) < tangent.shape[1]:
        raise ValueError("the runs do not tell E, A, B and the exponents apart")
    inverse = np.linalg.pinv((tangent / scale).T @ (tangent / scale), rcond=1e-14)
    candidates = np.geomspace(low, high, CANDIDATES)
    rows = predicted(fit.theta, candidates, product / candidates)[1] / scale
    c = predicted(fit.theta, np.array(target[:1]), np.array(target[1:]))[1][0] / scale
    before = float(c @ inverse @ c)
    after = before - gains(inverse, rows, c)
    best = int(after.argmin())
    root = fit.deviation * np.sqrt(np.maximum([before, after[best]], 0.0))
    return NextRun(
        float(candidates[best]),
        float(product / candidates[best]),
        target,
        float(root[0]),
        float(root[1]),
        fit.optimal(product),
    )


def gains(inverse: Floats, rows: Floats, c: Floats) -> Floats:
    """By how much each of ``rows`` (k, p), as one observation more, lowers c^T G c  # (k,)."""
    moved = rows @ inverse
    return np.asarray((moved @ c) ** 2 / (1 + (moved * rows).sum(axis=1)))
