"""Levenberg-Marquardt for attention from several starts.

All starts are tried on a part of the samples and the best two refined on all of them. Where only one start came to the
best loss, the best of the others is refined as well, so that agreement means something.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mtam.interaction.row_normalised.attention_problem import AttentionParameters, AttentionProblem

Step = Callable[[], None]

SCREENED_ROWS, SCREENING = 60, 12  # rows per parameter, and iterations, of the first look at every start
MOST_ITERATIONS = 100
SETTLED, SAME = 1e-3, 0.5  # chi^2 units: of a decrement that ends the iteration, of losses that are one
MOST_DAMPING, LEAST_DAMPING = 1e6, 1e-9


@dataclass(frozen=True)
class AttentionMinimum:
    """Where a descent ended."""

    at: AttentionParameters
    loss: float  # mean squared residual
    iterations: int
    settled: bool  # whether going on means nothing statistically
    agreeing: int = 1  # descents on all data that came to this loss

    @property
    def converged(self) -> bool:
        """Settled, and found twice."""
        return self.settled and self.agreeing > 1


def best_of(
    problem: AttentionProblem, starts: Sequence[AttentionParameters], tick: Step = lambda: None
) -> AttentionMinimum:
    """The least minimum that descents from these starts (two or more) find; ``tick`` is called on every step."""
    count = problem.linearised(starts[0], slice(0, 1))[0].shape[1]
    samples = max(1, SCREENED_ROWS * count // problem.x.shape[1])
    head = problem if samples >= len(problem.x) else problem.head(samples)
    tried = sorted((minimise(head, start, SCREENING, tick) for start in starts), key=lambda found: found.loss)
    ends = [minimise(problem, each.at, MOST_ITERATIONS, tick) for each in tried[:2]]
    best = min(ends, key=lambda end: end.loss)
    agreeing = sum(end.loss <= best.loss * (1 + SAME / problem.rows) for end in ends)
    return AttentionMinimum(best.at, best.loss, best.iterations, best.settled, agreeing)


def minimise(
    problem: AttentionProblem,
    at: AttentionParameters,
    limit: int = MOST_ITERATIONS,
    tick: Step = lambda: None,
) -> AttentionMinimum:
    """One descent with Marquardt's scaling, until the Newton decrement is far below one unit of chi^2.

    Directions in which the loss does not change, as between the factors of A, have no gradient and take no step.
    """
    sums, damping = problem.sums(at), 1e-2
    for iteration in range(limit):
        tick()
        scale = np.sqrt(np.maximum(np.diag(sums.curvature), 1e-12 * np.trace(sums.curvature)))
        if not scale.all():  # no row tells of any parameter
            return AttentionMinimum(at, sums.loss, iteration, False)
        values, axes = np.linalg.eigh(sums.curvature / np.outer(scale, scale))
        along, usable = axes.T @ (sums.gradient / scale), np.maximum(values, 0.0)
        decrement = float(np.sum(along**2 / (usable + LEAST_DAMPING * usable[-1])))
        unit = max(sums.loss, 1e-300) / problem.rows
        if decrement < SETTLED * unit:
            return AttentionMinimum(at, sums.loss, iteration, True)
        while True:
            moved = problem.moved(at, axes @ (along / (usable + damping)) / scale)
            if problem.loss(moved) < sums.loss:
                break
            if damping > MOST_DAMPING:
                return AttentionMinimum(at, sums.loss, iteration, decrement < SAME * unit)
            damping *= 8
        at, damping = moved, max(damping / 8, LEAST_DAMPING)
        sums = problem.sums(at)
    return AttentionMinimum(at, sums.loss, limit, False)
