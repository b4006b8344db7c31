"""How many intervals K: the paper's rule, or chosen from the data at a given A.

With A fixed the model is linear in the K + s spline coefficients, with n = M N rows and noise independent across
rows, and each criterion estimates the prediction error of a row up to a constant:

- cp:      L_K + 2 sigma^2 (K + s)/n, sigma^2 from the largest K (Mallows 1973);
- holdout: coefficients from one half of the samples, squared error on the other, both ways;
- bic:     n log L_K + (K + s) log n (Schwarz 1978).

A is estimated with the K of the rule first and polished with the chosen one afterwards.
"""

import math
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.solver.varpro import Profile

Array = npt.NDArray[np.float64]
Criterion = Literal["cp", "holdout", "bic"]

GROWTH = 1.19  # ratio of successive K on the grid: about four to the doubling


def rule(samples: int, beta: float, constant: float) -> int:
    """K = ceil(c M^{1/(2 beta + 1)}), the order that balances bias K^{-2 beta} and variance K/M."""
    return math.ceil(constant * math.pow(samples, 1 / (2 * beta + 1)))


def grid(samples: int) -> list[int]:
    """Candidates for K: 1, 2, 3, ... then geometric up to 8 M^{1/5}, beyond what a truth with beta >= 2 asks for."""
    largest = max(8, math.ceil(8 * math.pow(samples, 0.2)))
    values, k = [1], 1
    while k < largest:
        k = max(k + 1, round(k * GROWTH))
        values.append(min(k, largest))
    return values


def choose(profile: Profile, u: Array, v: Array, criterion: Criterion) -> int:
    """The K of the grid with the smallest criterion at A = u v^T, splines of the degree of ``profile``."""
    degree, n = profile.space.degree, profile.rows
    candidates = grid(len(profile.x))
    spaces = [replace(profile, space=SplineSpace(degree, k)) for k in candidates]
    if criterion == "holdout":
        scores = [_crossed(problem, u, v) for problem in spaces]
    else:
        losses = np.array([problem.fit(u, v).loss for problem in spaces])
        scores = list(penalised(losses, np.array(candidates) + degree, n, criterion))
    return candidates[int(np.argmin(scores))]


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
    parts = [slice(None, half), slice(half, None)]
    problems = [replace(profile, x=profile.x[part], y=profile.y[part]) for part in parts]
    fits = [problem.fit(u, v) for problem in problems]
    error = 0.0
    for trained, (problem, fit) in zip(fits[::-1], zip(problems, fits, strict=True), strict=True):
        moment, c = fit.gram @ fit.coefficients, trained.coefficients
        gram = fit.gram - problem.ridge * np.eye(len(c))
        error += problem.rows * (problem.power - 2 * float(c @ moment) + float(c @ gram @ c))
    return error / profile.rows
