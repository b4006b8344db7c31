"""Least squares for attention: phi known, as for softmax, or any positive function over rows.

The loss has several minima where scores are large. Descents start at the least-squares solution for small A, to first
order in which f is linear; where phi is not known at the softmax solution; and at random A.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mtam.interaction.model.low_rank import balance
from mtam.interaction.model.splines import between
from mtam.interaction.row_normalised.attention_forms import FORMS, AttentionForm, respond, scores
from mtam.interaction.row_normalised.attention_problem import AttentionParameters, AttentionProblem
from mtam.interaction.row_normalised.attention_search import AttentionMinimum, Step, best_of
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.varpro import whitener

Array = npt.NDArray[np.float64]

RANDOM_STARTS = 4
INNER = 0.8  # of the 99% point of |u| at the softmax solution: where ln phi may bend
MARGIN = 1.5  # how far beyond the largest |u| there the spline goes on, in straight lines
TELLING = 2**13  # tokens whose scores tell that range


@dataclass(frozen=True)
class AttentionFit:
    """A fitted attention layer, in the coordinates of the tokens as given."""

    matrix: Array  # A (d, d); up to its norm and sign where phi is fitted
    linear: Array | None  # w (d,), where values were not given
    form: AttentionForm  # phi, given or fitted
    loss: float  # mean squared residual
    parameters: int  # that can be told apart
    converged: bool  # see ``attention_search.AttentionMinimum``
    iterations: int

    def predict(self, x: Array, values: Array | None = None) -> Array:
        """f  # (M, N, d), (M, N) -> (M, N); ValueError where values were given to the fit and are not here."""
        if values is None:
            if self.linear is None:
                raise ValueError("the fit was made with values given; predictions need the values of these tokens")
            values = x @ self.linear
        return respond(self.form, scores(x, self.matrix, np.eye(x.shape[2])), values).mean


def fit_attention(
    x: Array,
    y: Array,
    rank: int,
    rng: np.random.Generator,
    *,
    values: Array | None = None,
    form: AttentionForm = FORMS["softmax"],
    tick: Step = lambda: None,
) -> AttentionFit:
    """min over A of rank <= r, and over w of v = w^T x where values are None, of the mean squared residual.

    x (M, N, d), y (M, N), values (M, N). What can be known of A: ``attention_forms``.

    Raises ValueError for rows of two tokens, whose only weight is 1, and for values that are missing over pairs, where
    phi and w share a factor as soon as phi is linear.
    """
    if form.rows and x.shape[1] < 3:
        raise ValueError("in rows of two tokens the only weight is 1, whatever A is; valid: at least 3 tokens")
    if not form.rows and values is None:
        raise ValueError("over pairs the values of the tokens must be given")
    white = whitener(x)
    problem = AttentionProblem(x @ white, y, values, form)
    first = _small(problem, form, rank)
    starts = [first, *(_random(first, rng) for _ in range(RANDOM_STARTS))]
    return _answer(problem, white, best_of(problem, starts, tick))


def fit_log_spline(
    x: Array,
    y: Array,
    rank: int,
    rng: np.random.Generator,
    intervals: int = 8,
    *,
    values: Array | None = None,
    tick: Step = lambda: None,
) -> AttentionFit:
    """The same over rows for phi = exp(spline), which is any positive function: A up to its norm and sign.

    ln phi is a cubic spline that bends on ``intervals`` intervals and goes on in straight lines. Raises ValueError for
    rows of two tokens.
    """
    softmax = fit_attention(x, y, rank, rng, values=values, tick=tick)
    white = whitener(x)
    back, inside = np.linalg.pinv(white), x @ white
    matrix = back @ softmax.matrix @ back.T
    left, right = _factors(matrix, rank, SCALE)
    u = np.abs(_some_scores(inside, left, right))
    reach = MARGIN * float(u.max())
    inner = INNER * float(np.quantile(u, 0.99)) / reach
    space = replace(between(3, intervals, -inner, inner), reach=reach)
    problem = AttentionProblem(inside, y, values, None, space, SCALE)
    grid = np.linspace(-reach, reach, 20 * space.dimension)
    design = space.design(grid) @ problem.basis

    def bent(curve: Array) -> Array:
        return np.asarray(np.linalg.lstsq(design, curve, rcond=None)[0])

    straight = bent(grid * (float(np.linalg.norm(matrix)) / SCALE))
    bowl = bent(np.minimum(np.abs(grid) / SCALE, 3.0) ** 2 / 4)
    start = AttentionParameters(left, right, None if softmax.linear is None else back @ softmax.linear, straight)
    starts = [start]
    for _ in range(RANDOM_STARTS):
        starts += [replace(_random(start, rng), coefficients=curve) for curve in (bowl, -bowl)]
    return _answer(problem, white, best_of(problem, starts, tick))


def _small(problem: AttentionProblem, form: AttentionForm, rank: int) -> AttentionParameters:
    """The least-squares solution to first order in A; phi is taken for its line at 0, ReLU for u/2."""
    x, (samples, tokens, d) = problem.x, problem.x.shape
    flat, values, linear = np.zeros((samples, tokens, tokens)), problem.values, None
    if values is None:
        means = (respond(form, flat, np.zeros((samples, tokens))).weights @ x).reshape(-1, d)
        linear = np.asarray(np.linalg.lstsq(means, problem.y.ravel(), rcond=None)[0])
        values = x @ linear
    found = respond(form, flat, values)
    others = (found.pull @ x).reshape(-1, d) * float(form.slope(np.array([-1e-3, 1e-3])).mean())
    design = (x.reshape(-1, d)[:, :, None] * others[:, None, :]).reshape(-1, d * d)
    gram = design.T @ design
    ridge = 1e-6 * float(np.trace(gram)) / len(gram) + 1e-300
    moment = design.T @ (problem.y - found.mean).ravel()
    matrix: Array = np.asarray(np.linalg.solve(gram + ridge * np.eye(len(gram)), moment), dtype=np.float64).reshape(
        d, d
    )
    left, right = _factors(matrix, rank, max(float(np.linalg.norm(matrix)), 1e-3))
    return AttentionParameters(left, right, linear)


def _random(like: AttentionParameters, rng: np.random.Generator) -> AttentionParameters:
    """A random direction, at the norm that is fixed or else at that at which scores have the standard deviation 1."""
    d, rank = like.left.shape
    norm = 1.0 if like.coefficients is None else float(np.linalg.norm(like.matrix))
    left, right = _factors(rng.standard_normal((d, rank)) @ rng.standard_normal((rank, d)), rank, norm)
    return replace(like, left=left, right=right)


def _factors(matrix: Array, rank: int, norm: float) -> tuple[Array, Array]:
    """A itself and I at full rank, else balanced factors of the best approximation; both of norm ``norm``."""
    if rank == len(matrix):
        size = float(np.linalg.norm(matrix))
        return (matrix * (norm / size) if size > 0 else np.eye(rank) * norm / rank**0.5), np.eye(rank)
    left, sizes, right = np.linalg.svd(matrix)
    return balance(left[:, :rank] * np.maximum(sizes[:rank], 1e-300), right[:rank].T, norm)


def _some_scores(x: Array, left: Array, right: Array) -> Array:
    few = x[: max(1, TELLING // x.shape[1])]
    return np.asarray(scores(few, left, right)[:, ~np.eye(x.shape[1], dtype=bool)].ravel())


def _answer(problem: AttentionProblem, white: Array, found: AttentionMinimum) -> AttentionFit:
    at = found.at
    linear = None if at.linear is None else white @ at.linear
    form = problem.shape_of(at)
    return AttentionFit(
        white @ at.matrix @ white.T,
        linear,
        form,
        found.loss,
        problem.parameters(at),
        found.converged,
        found.iterations,
    )
