"""What finite tokens leave unknown when recall and the target are given: the floor under every risk at length L.

The answering component's L_i tokens estimate its coefficients without bias, hat u_j = mean e_j(x) / s, with variance
Var_p e_j / (L_i s^2), which is 1 / (L_i s^2) up to the distance of p from the uniform measure; modes are uncorrelated
to the same order. With the prior of Assumption 1, uniform on |u_j| <= a_j = sqrt(3 lambda_j), the posterior of u_j is
the normal law around hat u_j cut to that interval. The Bayes rule answers E[F*(u, x_q) | tokens], and its risk is the
floor. F* at hat u itself, the plain plug-in, is far above it.
"""

import numpy as np
import scipy.special
from numpy.typing import NDArray

from mtam.base.streams import generator
from mtam.recall.simulate.contexts import RecallProblem, Sample

Array = NDArray[np.float64]

DRAWS = 16  # from the posterior of each context; what their number adds to the risk is taken off again
CONTEXTS = 2048
LEAST = 1e-4  # tokens: a component without any has its prior for a posterior


def estimate(sample: Sample, problem: RecallProblem) -> tuple[Array, Array]:
    """The plug-in hat u of the answering components and its standard deviation. (n, J), (n, 1)"""
    length = problem.data.length
    assert length is not None, "exact contexts leave nothing to estimate"
    rows = np.arange(len(sample))
    tokens = np.maximum(length * np.exp(sample.log_share[rows, sample.answering].astype(np.float64)), LEAST)
    found = sample.moments[rows, sample.answering] @ problem.law.grid.values.T
    return np.asarray(found, dtype=np.float64), 1 / (problem.law.amplitude * np.sqrt(tokens))[:, None]


def posterior(found: Array, spread: Array, half: Array, uniforms: Array) -> Array:
    """Draws from normal laws around ``found`` that are cut to +-half, by their quantiles. (n, J)"""
    low, high = (scipy.special.ndtr((end - found) / spread) for end in (-half, half))
    drawn = found + spread * scipy.special.ndtri(low + (high - low) * uniforms)
    return np.asarray(np.clip(drawn, -half, half))


def token_floor(sample: Sample, problem: RecallProblem) -> dict[str, float]:
    """The Bayes risk given tokens, recall and target, normalised as every risk here, with its standard error."""
    found, spread = (part[:CONTEXTS] for part in estimate(sample, problem))
    half = np.sqrt(3 * problem.law.eigenvalues)
    random = generator(problem.seed, "recall", "floor")
    answers = np.stack([
        problem.answer(posterior(found, spread, half, random.random(found.shape)), sample.query[:CONTEXTS])
        for _ in range(DRAWS)
    ])  # fmt: skip
    squares = (answers.mean(0) - sample.clean[:CONTEXTS]) ** 2 - answers.var(0, ddof=1) / DRAWS
    variance = problem.answer.variance or float(sample.clean.var())
    return {
        "token_floor": max(float(squares.mean()), 0.0) / variance,
        "token_floor_se": float(squares.std(ddof=1)) / len(squares) ** 0.5 / variance,
    }
