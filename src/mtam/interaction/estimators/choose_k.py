"""How many intervals K: the paper's rule, or chosen from the data at a given A.

With A fixed the model is linear in the K + s spline coefficients, with n = M N rows and noise independent across
rows, and each criterion estimates the prediction error of a row up to a constant:

- cp:      L_K + 2 sigma^2 (K + s)/n, sigma^2 from the largest K (Mallows 1973);
- holdout: coefficients from one half of the samples, squared error on the other, both ways;
- bic:     n log L_K + (K + s) log n (Schwarz 1978).

Or K is ample, and a penalty makes phi smooth (``solver.reml``): then K matters little, and is no estimate.

A is estimated with the K of the rule first and polished with the chosen one afterwards.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]
Criterion = Literal["cp", "holdout", "bic"]

AMPLE = 40  # intervals of a penalised spline, at least
SMOOTH = 2.0  # beta whose grid is looked at whole
GROWTH, COARSE_GROWTH = 1.19, 1.41  # ratio of successive K on the grid: about four to the doubling, beyond it two
LAST, MORE = 4, 2  # a choice among the last candidates asks for some more: a doubling either way


def rule(samples: int, beta: float, constant: float) -> int:
    """K = ceil(c M^{1/(2 beta + 1)}), the order that balances bias K^{-2 beta} and variance K/M."""
    return math.ceil(constant * math.pow(samples, 1 / (2 * beta + 1)))


def ample(samples: int, tokens: int) -> int:
    """K of a penalised spline: max(40, 8 M^{1/5}), beyond what smooth truths ask for, but at most M N / 4 (the usual
    default of P-splines; Ruppert, Wand and Carroll 2003, section 5.5).
    """
    return max(1, min(max(AMPLE, rule(samples, SMOOTH, 8.0)), samples * tokens // 4))


def grid(samples: int, beta: float = SMOOTH) -> list[int]:
    """Candidates for K: 1, 2, 3, ... then geometric up to 8 M^{1/(2 beta + 1)}, beyond what such a truth asks for.

    ``beta`` is the least smoothness in question; more than 2 ends where 2 does.
    """
    smooth, largest = (max(8, math.ceil(8 * samples ** (1 / (2 * b + 1)))) for b in (SMOOTH, min(beta, SMOOTH)))
    values, k = [1], 1
    while k < largest:
        k = min(max(k + 1, round(k * GROWTH)), smooth) if k < smooth else round(k * COARSE_GROWTH)
        values.append(min(k, largest))
    return values


def choose(profile: Profile, u: Array, v: Array, criterion: Criterion, beta: float = SMOOTH) -> int:
    """The K of the grid with the smallest criterion at A = u v^T, splines of the degree of ``profile``.

    Candidates beyond 8 M^{1/5} are dear, and are looked at only where the choice falls among the last before them.
    """
    candidates = grid(len(profile.x), beta)
    seen = _Scores(criterion, u, v)
    until = len(grid(len(profile.x)))
    for k in candidates[:until]:
        seen.add(profile.on(k))
    last = LAST
    while (found := seen.best()) >= until - last and until < len(candidates):
        for k in candidates[until : until + MORE]:
            seen.add(profile.on(k))
        until, last = min(until + MORE, len(candidates)), MORE
    return candidates[found]


def best(problems: Sequence[Profile], u: Array, v: Array, criterion: Criterion) -> int:
    """The index of the problem, in spaces of rising dimension on the same data, with the smallest criterion."""
    seen = _Scores(criterion, u, v)
    for problem in problems:
        seen.add(problem)
    return seen.best()


@dataclass
class _Scores:
    """Problems in spaces of rising dimension on the same data, and what the criterion needs of their fits at A."""

    criterion: Criterion
    u: Array
    v: Array
    rows: int = 0
    losses: list[float] = field(default_factory=list)  # of hold-out: its error
    sizes: list[int] = field(default_factory=list)

    def add(self, problem: Profile) -> None:
        """Fit one more."""
        crossed = self.criterion == "holdout"
        self.losses.append(_crossed(problem, self.u, self.v) if crossed else problem.fit(self.u, self.v).loss)
        self.sizes.append(problem.basis.shape[1])
        self.rows = problem.rows

    def best(self) -> int:
        """The index of the smallest criterion."""
        losses, sizes, n = np.array(self.losses), np.array(self.sizes), self.rows
        scores = losses if self.criterion == "holdout" else penalised(losses, sizes, n, self.criterion)
        return int(np.argmin(scores))


def penalised(
    losses: Array, sizes: npt.NDArray[np.int64], rows: int, criterion: Criterion, noise: float = 0.0
) -> Array:
    """Cp (or, for "bic", Schwarz's criterion) of every candidate  # losses (candidates, ...), sizes (candidates,).

    ``losses`` are mean squared residuals, or these less the variance ``noise``. Hold-out estimates what Cp does.
    """
    shape = (-1, *[1] * (losses.ndim - 1))
    if criterion == "bic":
        return np.asarray(rows * np.log(noise + losses) + (sizes * np.log(rows)).reshape(shape))
    spread = (noise + losses[-1]) * rows / max(1, rows - sizes[-1])
    return np.asarray(losses + 2 * spread * (sizes / rows).reshape(shape))


def _crossed(profile: Profile, u: Array, v: Array) -> float:
    """Two-fold hold-out error, from the normal equations of the halves."""
    half = len(profile.x) // 2
    problems = profile.halves(slice(None, half), slice(half, None))
    fits = [problem.fit(u, v) for problem in problems]
    error = 0.0
    for trained, (problem, fit) in zip(fits[::-1], zip(problems, fits, strict=True), strict=True):
        moment, c = fit.gram @ fit.coefficients, trained.coefficients
        gram = fit.gram - problem.ridge * np.eye(len(c))
        error += problem.rows * (problem.power - 2 * float(c @ moment) + float(c @ gram @ c))
    return error / profile.rows
