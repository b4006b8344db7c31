"""How smooth phi is where samples have groups: the smoothing parameter by cross-validation over whole groups.

REML (``solver.reml``) takes the noise of different rows for independent. Where it is alike within a group, phi follows
what the rows of a group have in common, and REML takes that for signal. Of groups left out together nothing is in the
fit: with G_f, m_f, p_f the sums of F^T F, F^T Y and Y^2 over the rows of fold f, and c_f(lambda) the coefficients from
all other folds, the criterion is the squared prediction error

    sum_f (p_f - 2 c_f^T m_f + c_f^T G_f c_f),

at the A of the fit to all (Rice and Silverman 1991, J. R. Statist. Soc. B 53, who leave out one curve at a time).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction.solver.reml import AT_END, BEYOND, Smoothing

Array = npt.NDArray[np.float64]

FOLDS = 10  # at most, of about as many groups each
GRID = 61  # values of lambda


@dataclass(frozen=True)
class Fold:
    """Sums over the rows of some groups."""

    gram: Array  # F^T F (m, m)
    moment: Array  # F^T Y (m,)
    power: float  # Y^2


def choose(folds: Sequence[Fold], roughness: Array, ridge: Array, rows: int) -> Smoothing:
    """lambda in units of the mean loss over ``rows``; P and the ridge (m, m), the latter for the mean of all rows."""
    gram, moment = sum(fold.gram for fold in folds), sum(fold.moment for fold in folds)
    others = [(gram - fold.gram, moment - fold.moment) for fold in folds]
    whole = np.asarray(gram / rows + ridge)
    values = scipy.linalg.eigh(roughness, whole, eigvals_only=True)
    seen = np.maximum(values[values > values[-1] * 1e-12], values[-1] * 1e-12)
    logs = np.linspace(-np.log(BEYOND * seen[-1]), np.log(BEYOND / seen[0]), GRID)

    def error(log: float) -> float:
        penalty = rows * (ridge + np.exp(log) * roughness)
        total = 0.0
        for fold, (left, target) in zip(folds, others, strict=True):
            c = scipy.linalg.solve(left + penalty, target, assume_a="pos")
            total += fold.power - 2 * float(c @ fold.moment) + float(c @ fold.gram @ c)
        return total

    log = float(logs[int(np.argmin([error(log) for log in logs]))])
    freedom = float(np.sum(1 / (1 + np.exp(log) * np.maximum(values, 0.0))))
    return Smoothing(float(np.exp(log)), freedom, bool(log < logs[0] + np.log(AT_END)))
