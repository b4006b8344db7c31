"""How much of each Mercer coefficient's effect an answer has learned: one coefficient is redrawn, the rest stays.

With u' = u but for a fresh u_j of the answering measure,

    g_j = sum (f(u') - f(u)) (F*(u') - F*(u)) / sum (F*(u') - F*(u))^2    over fresh contexts,

which is 1 where the answer moves as it should and 0 where it does not notice. A rule that shrinks the basis functions
psi_k of the coefficient box by factors c_k, as linear rules do, has

    g_j = sum_{k: k_j > 0} c_k theta_k^2 / sum_{k: k_j > 0} theta_k^2,

for redrawing u_j moves exactly the functions that vary along its axis. The sum of the g_j counts the axes that a rule
resolves, each with the share of it that is learned: the measured counterpart of D_eff(n), the number of axes that the
best cover splits (paper A, effective dimension).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mtam.base.streams import generator
from mtam.recall.simulate.contexts import RecallProblem, Sample

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

REDRAWN = 256  # fresh contexts for every coefficient
VISIBLE = 1e-9  # of the first eigenvalue: a fainter coefficient moves no number of single precision


def visible(problem: RecallProblem) -> NDArray[np.bool_]:
    """The coefficients whose effect can be seen in single precision. (J,)"""
    eigenvalues = problem.law.eigenvalues
    return np.asarray(eigenvalues >= VISIBLE * eigenvalues.max())


def redrawn(sample: Sample, problem: RecallProblem, axis: int, uniforms: Array32) -> Sample:
    """The same contexts with a fresh u_axis in the answering component. (n,) uniforms on [0, 1)

    Moments move by what the exact measure's do; the noise of finite tokens stays.
    """
    rows, here = np.arange(len(sample)), sample.answering
    coefficients, moments = sample.coefficients.copy(), sample.moments.copy()
    before = coefficients[rows, here, axis]
    coefficients[rows, here, axis] = (2 * uniforms - 1) * problem.law.half_widths()[axis]
    change = (coefficients[rows, here, axis] - before)[:, None]
    moments[rows, here] += change * problem.presentation()[axis].astype(np.float32)
    clean = problem.answer(coefficients[rows, here], sample.query)
    observed = clean + sample.observed - sample.clean
    return replace(sample, coefficients=coefficients, moments=moments, clean=clean, observed=observed)


def axis_gains(
    answers: Callable[[list[Sample]], Array], samples: Sequence[Sample], problems: Sequence[RecallProblem]
) -> Array:
    """g_j of M members at once, 0 for coefficients that are not ``visible``. (M, J)

    ``answers`` takes one sample per member, all of one length, to their answers (M, n).
    """
    some = [sample.head(REDRAWN) for sample in samples]
    seen = np.array([visible(p) for p in problems])  # (M, J)
    fresh = [
        generator(p.seed, "recall", "axes").random((p.data.modes, len(s)), dtype=np.float32)
        for s, p in zip(some, problems, strict=True)
    ]
    before, gains = answers(some), np.zeros(seen.shape)
    for axis in np.flatnonzero(seen.any(0)):
        moved = [redrawn(s, p, int(axis), f[axis]) for s, p, f in zip(some, problems, fresh, strict=True)]
        right = np.array([after.clean - s.clean for s, after in zip(some, moved, strict=True)])
        products = ((answers(moved) - before) * right).sum(1)
        gains[:, axis] = np.where(seen[:, axis], products / np.maximum((right**2).sum(1), 1e-300), 0.0)
    return gains
