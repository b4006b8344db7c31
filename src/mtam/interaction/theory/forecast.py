"""The error that theory forecasts at finite M: the estimator's own model for this truth, with its choice of K.

To first order, near A*, the estimator is least squares on the features Z_K = [F_K, T]: aggregated splines on K
intervals, and aggregated derivatives of g* along the p directions of A that keep rank and norm. For this truth, this N,
this sigma and a design of M samples,

    theta_K = G_K^{-1} Z_K^T (f + eps)/n,  G_K = Z_K^T Z_K/n,  n = M N,   error_K = E_rho (B_K theta_K - g*)^2,

with f the true responses and B_K the features of one pair under rho. Bias, variance, their interplay at few samples (a
spline of degree 8 leans on rare extreme pairs) and the error that the data's choice of K adds are in it, because K is
chosen by the trial's own criterion on each of the simulated noises, at the A fitted with the K of the rule, as the
estimator does. Leaving T out gives oracle-A at the same K.

Beyond first order A meets the noise that phi has fitted. Profile phi out at A* + sum_k a_k D_k: with P(a) the
projection on the features there, H = T^T (I - P) T, T_psi the aggregated psi'(u) x^T D_k y, psi_eps the spline fitted
to eps,

    loss(a) = const + a^T H a - 2 a^T (s_0 + s_1) + ...,  s_0 = T^T (I - P) eps,  s_1 = T_{psi_eps}^T (I - P) eps,

for 2 s_1 is the derivative of |P(a) eps|^2. Hence a = H^{-1} (s_0 + s_1), the part of A in the error is a^T H a, and
that of phi, |P(a) eps|^2, grows by 2 a^T s_1. As s_0 is odd in eps and s_1 even, their product has mean zero, and

    price of A = c1 (p sigma^2/M) (1 + 3 D_K),   D_K = E s_1^T H^{-1} s_1/(p sigma^2) ~ K^3 sigma^2/n,

since the slope of a spline on K intervals has K^2 times its variance K sigma^2/n: in the error a term of order
sigma^4/M^2 at given K, whose share falls only as M^{-(2 beta - 2)/(2 beta + 1)} where K grows as M^{1/(2 beta + 1)}. Cp
at an A that has fitted noise is optimistic about large K as well, and where K is large D_K is no small number. So the
orders are not counted: for the first of the noises the loss itself is minimised from the linear solution, through the
estimator's stages (see ``forecast_exact``), and what this adds to the linear model under the same noises is added to
the forecast. Nothing is fitted to any run. Where A has more than 400 parameters the forecast stays of first order.

For a penalised phi G_K is that of ample splines plus the penalty, its lambda chosen by REML on each noise, at the A
fitted with coarse splines, as the estimator does; with A* known, at A*. The best lambda stands for the best K.

The asymptotic exponents of the theorem are not visible at feasible M; measured slopes are compared with the slope of
this forecast on the same sizes, and the asymptotic figure is printed beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.base.streams import generator
from mtam.interaction.estimators.choose_k import Criterion, ample, grid, penalised, rule
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.search.search import COARSE
from mtam.interaction.simulate.tokens import TokenStream
from mtam.interaction.simulate.truth import Truth, draw_truth
from mtam.interaction.solver.reml import choose, differences
from mtam.interaction.solver.varpro import RIDGE
from mtam.interaction.theory.forecast_exact import Nearest
from mtam.interaction.theory.forecast_sums import ForecastSums, KnotLevel, Model, mixed
from mtam.interaction.theory.tangents import Tangents

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

NOISES = 64  # simulated noises: the standard error of a forecast is then about a twentieth
ROWS = 50000  # of the design; for larger M N the noise is made smaller instead
ROWS_PER_PARAMETER = 40  # or more rows, where A has many parameters
PAIRS = 2**15  # under rho
BLOCK = 2**11  # rows at a time
EXACT_ROWS, EXACT_TOTAL = 6000, 24000  # of the design on which the loss itself is minimised; of all noises together
MOST_EXACT = 8  # noises
MOST_INTERVALS = 150  # of the rule: with more, intervals at the ends of the design hold too few rows to tell anything
LAMBDAS = tuple(4.0**k for k in range(-4, 5))  # times what REML chooses, among which the best is looked for
NOTHING = 1e-30  # an error that rounding may have taken below zero
MOST_PARAMETERS = 400  # of A; beyond, one minimum would cost more than the rest, and the forecast is of first order


@dataclass(frozen=True)
class Forecast:
    """Expected squared errors at one M."""

    total: float  # ERM, K chosen as the trial chooses it
    oracle: float  # A* known, the same K
    linear_price: float  # ERM less oracle-A, both to first order in the error of A
    best: float  # ERM to first order, with the best K (or lambda), which no data tell
    intervals: float  # mean of the chosen K
    typical: float  # exp of the mean of ln total over noises, as curves over seeds are averaged
    typical_oracle: float  # the same of oracle
    typical_linear: float  # exp of the mean of ln error, to first order in the error of A


def feasible(trial: InteractionTrial) -> bool:
    """Whether the rows of the design and of the exact minimum, 6000 and more, suffice for the splines of ``trial``.

    Beyond, a few rows decide the spline near its ends, errors come out many times too large and corrections negative.
    """
    return _counts(trial)[0] <= MOST_INTERVALS


def forecast(trial: InteractionTrial, truth: Truth | None = None) -> Forecast:
    """The forecast for the truth, sizes and noise of ``trial``, averaged over simulated noises.

    It is to be relied on where it is ``feasible``. ``truth`` is that of the trial, where it is drawn already.
    """
    counts = _counts(trial)
    truth = draw_truth(trial.data, trial.seed, trial.n) if truth is None else truth
    spaces = [SplineSpace(trial.spline_degree(), count) for count in counts]
    bases = [space.orthonormaliser(_arguments(truth, trial.seed)) for space in spaces]
    model = Model(spaces, bases, Tangents(truth))
    pairs = list(_pairs(trial, truth, model))
    wanted = model.sums(pairs, lambda x: truth.interactions(x).reshape(-1, 1))
    design = _design(trial, truth, model)
    linear = _linear(trial, design.sums, wanted, model)
    joint, oracle, intervals = linear.means(linear.picked, counts)
    typical, typical_oracle = linear.typical(linear.picked)
    bend = (0.0, 0.0, 0.0)
    if 0 < model.tangents.count <= MOST_PARAMETERS and trial.data.noise:
        head = linear if design.head is design.sums else _linear(trial, design.head, wanted, model)
        bend = _bend(trial, head, design, np.concatenate(pairs), truth, model)
    return Forecast(
        joint + bend[0],
        oracle + bend[1],
        joint - oracle,
        float(linear.joint[min(1, len(counts) - 1) :].mean(axis=1).min()),
        intervals + bend[2],
        typical * (1 + bend[0] / max(joint, NOTHING)),
        typical_oracle * (1 + bend[1] / max(oracle, NOTHING)),
        typical,
    )


def _counts(trial: InteractionTrial) -> list[int]:
    """K of the rule, then the candidates; of a penalised phi that of the coarse search, then its own."""
    chosen = trial.model.spline()
    if chosen.rule == "reml":
        ours = ample(trial.n, trial.data.tokens)
        return [min(COARSE, ours), ours]
    first = chosen.intervals or rule(trial.n, trial.beta(), chosen.k_constant)
    return [first] if trial.k_rule() == "rule" else [first, *grid(trial.n, trial.beta())]


@dataclass(frozen=True)
class _Linear:
    """Least squares on features and tangents."""

    joint: Array  # errors (K, noises); of a penalised phi as ``_penalised`` has them
    known: Array  # without the tangents, (K, noises)
    picked: Indices  # of K, (noises,)
    moved: Array  # A with the K of the rule, along the tangents (p, noises)

    def means(self, picked: Indices, counts: list[int]) -> tuple[float, float, float]:
        """Mean errors, with A* known too, and mean K, of the first noises at the K of ``picked``."""
        index = np.arange(len(picked))
        chosen = np.array(counts)[picked]
        return (
            float(self.joint[picked, index].mean()),
            float(self.known[picked, index].mean()),
            float(chosen.mean()),
        )

    def typical(self, picked: Indices) -> tuple[float, float]:
        """Geometric means of the errors at the K of ``picked``, with A* known too.

        The slope of the logarithm of a mean is not the mean slope of logarithms: the spread of ln error over noises
        shrinks with M, and with it the distance of the two, by half the variance.
        """
        index = np.arange(len(picked))
        logs = [np.log(np.maximum(errors[picked, index], NOTHING)) for errors in (self.joint, self.known)]
        return float(np.exp(logs[0].mean())), float(np.exp(logs[1].mean()))


def _linear(trial: InteractionTrial, design: ForecastSums, pairs: ForecastSums, model: Model) -> _Linear:
    ridge = RIDGE / (trial.n * trial.data.tokens)
    fits = [_fit(level, design, ridge) for level in design.levels]
    joint = np.array([_errors(fit.joint, level, pairs) for fit, level in zip(fits, pairs.levels, strict=True)])
    known = np.array([_errors(fit.known, level, pairs) for fit, level in zip(fits, pairs.levels, strict=True)])
    moved = fits[0].joint[len(fits[0].known) :]
    picked = np.zeros(NOISES, dtype=np.int64)
    if trial.k_rule() == "reml":
        joint, known = _penalised(trial, design, pairs, moved, model.bases[1])
        return _Linear(joint, known, picked + 1, moved)
    if len(fits) > 1:
        losses = np.array([_loss(level, design, moved, ridge) for level in design.levels[1:]])
        picked = 1 + _choose(losses, trial)
    return _Linear(joint, known, picked, moved)


def _penalised(
    trial: InteractionTrial, design: ForecastSums, pairs: ForecastSums, moved: Array, basis: Array
) -> tuple[Array, Array]:
    """Errors of ample splines with the tangents, and without  # (lambdas + 2, noises) each.

    Without penalty, smoothed by REML, and with one lambda for all noises, one row for each of some around what REML
    chose. The tangents are eliminated first: the penalty does not touch them.
    """
    level, wanted, rows = design.levels[1], pairs.levels[1], trial.n * trial.data.tokens
    bent = differences(len(basis)) @ basis
    penalty, ridge = bent.T @ bent, RIDGE / rows
    gram = level.gram + ridge * np.eye(len(level.gram))
    responses, sides = (moment[:, :1] + moment[:, 1:] for moment in (level.moment, design.moment))
    total = trial.data.noise**2 + design.power[0] + 2 * design.power[1:]
    there = total + (moved * (design.gram @ moved - 2 * sides)).sum(axis=0)

    def smoothed(moments: Array, powers: Array) -> Array:
        both = zip(moments.T, powers, strict=True)
        return np.array([choose(gram, moment, float(power), penalty, rows).value for moment, power in both])

    inverse = np.linalg.inv(design.gram + ridge * np.eye(len(design.gram)))
    across = level.side @ inverse
    reduced, left = gram - across @ level.side.T, responses - across @ sides

    def errors(lambdas: Array, known: bool) -> Array:
        inner, target = (gram, responses) if known else (reduced, left)
        spline = np.stack([_solve(inner + v * penalty, one) for v, one in zip(lambdas, target.T, strict=True)], axis=1)
        theta = spline if known else np.concatenate([spline, inverse @ (sides - level.side.T @ spline)])
        return _errors(theta, wanted, pairs)

    chosen = smoothed(responses - level.side @ moved, there), smoothed(responses, total)
    middle = float(np.exp(np.log(chosen[0]).mean()))
    common = [np.full(NOISES, middle * factor) for factor in (0.0, *LAMBDAS)]
    rows_of = [[common[0], one, *common[1:]] for one in chosen]
    joint, oracle = (
        np.array([errors(one, known) for one in many]) for many, known in zip(rows_of, (False, True), strict=True)
    )
    return joint, oracle


def _bend(
    trial: InteractionTrial, linear: _Linear, design: "_Design", pairs: Array, truth: Truth, model: Model
) -> tuple[float, float, float]:
    """What all orders beyond the first add to the errors, with A* known too, and to K; the same noises under both."""
    starts = truth.matrix + np.array([model.tangents.matrix(move) for move in linear.moved.T[: len(design.noises)]])
    exact = Nearest(truth, design.x, design.noises, pairs, model.spaces, trial.k_rule() == "reml")
    several = len(model.spaces) > 1 and not exact.penalised
    found = exact.errors(starts, (lambda losses: int(_choose(losses[:, None], trial)[0])) if several else None)
    picked = np.array([index for index, _ in found])
    counts = _counts(trial)
    joint, oracle, intervals = linear.means(linear.picked[: len(found)], counts)
    _, known, chosen = linear.means(picked, counts)
    return float(np.mean([error for _, error in found])) - joint, known - oracle, chosen - intervals


@dataclass(frozen=True)
class _Fit:
    """Coefficients by noise, splines first."""

    joint: Array  # (K+s+p, noises)
    known: Array  # (K+s, noises), without the tangents


def _fit(level: KnotLevel, sums: ForecastSums, ridge: float) -> _Fit:
    size = len(level.gram)
    gram = np.block([[level.gram, level.side], [level.side.T, sums.gram]])
    gram[np.diag_indices(len(gram))] += ridge
    moment = np.concatenate([level.moment, sums.moment])
    responses = moment[:, :1] + moment[:, 1:]
    return _Fit(_solve(gram, responses), _solve(gram[:size, :size], responses[:size]))


def _solve(gram: Array, moment: Array) -> Array:
    return np.asarray(scipy.linalg.solve(gram, moment, assume_a="pos"))


def _errors(theta: Array, level: KnotLevel, pairs: ForecastSums) -> Array:
    """E_rho (B theta - g*)^2 for every noise  # (K+s or K+s+p, noises) -> (noises,)."""
    gram, moment = level.gram, level.moment[:, 0]
    if len(theta) > len(gram):
        gram = np.block([[gram, level.side], [level.side.T, pairs.gram]])
        moment = np.concatenate([moment, pairs.moment[:, 0]])
    return np.asarray((theta * (gram @ theta)).sum(axis=0) - 2 * moment @ theta + pairs.power[0])


def _loss(level: KnotLevel, design: ForecastSums, moved: Array, ridge: float) -> Array:
    """Mean squared residual of the splines at A* + moved, less that of the noise  # moved (p, noises) -> (noises,).

    There the responses are f + eps - T moved: the truth, written at the matrix that was fitted.
    """
    moments = design.moment[:, :1] + design.moment[:, 1:]
    total = design.power[0] + 2 * design.power[1:] + (moved * (design.gram @ moved - 2 * moments)).sum(axis=0)
    moment = level.moment[:, :1] + level.moment[:, 1:] - level.side @ moved
    return np.asarray(total - (moment * _solve(level.gram + ridge * np.eye(len(level.gram)), moment)).sum(axis=0))


def _choose(losses: Array, trial: InteractionTrial) -> Indices:
    """The index of K by the trial's criterion (hold-out as Cp), for losses less sigma^2  # (candidates, noises)."""
    sizes = np.array(grid(trial.n, trial.beta())) + trial.spline_degree()
    criterion: Criterion = "bic" if trial.k_rule() == "bic" else "cp"
    rows = trial.n * trial.data.tokens
    return np.asarray(np.argmin(penalised(losses, sizes, rows, criterion, trial.data.noise**2), axis=0))


def _arguments(truth: Truth, seed: int) -> Array:
    x = TokenStream(truth.law, seed, "forecast-basis").take(2**12, 2)
    return truth.arguments(x[:, 0], x[:, 1])


@dataclass(frozen=True)
class _Design:
    """A design of M samples, or of as many as are affordable with less noise in proportion; and its first samples."""

    sums: ForecastSums
    head: ForecastSums  # of the first samples alone, with less noise again
    x: Array  # the first samples (m, N, d)
    noises: Array  # their noise, (noises, m, N)


def _design(trial: InteractionTrial, truth: Truth, model: Model) -> _Design:
    tokens, needed = trial.data.tokens, ROWS_PER_PARAMETER * model.tangents.count
    samples, few = (min(trial.n, max(rows, needed) // tokens) for rows in (ROWS, EXACT_ROWS))
    scale = trial.data.noise * (samples / trial.n) ** 0.5
    exact = min(MOST_EXACT, max(1, EXACT_TOTAL // (few * tokens)))
    rng = generator(trial.seed, "interaction", "forecast", "noise")
    kept: list[tuple[Array, Array]] = []

    def targets(x: Array) -> Array:
        noises = scale * rng.standard_normal((x.shape[0] * tokens, NOISES), dtype=np.float32).astype(np.float64)
        if sum(len(one) for one, _ in kept) < few:
            kept.append((x, noises[:, :exact].T.reshape(exact, -1, tokens)))
        return np.concatenate([truth.interactions(x).reshape(-1, 1), noises], axis=1)

    stream = TokenStream(truth.law, trial.seed, "forecast")
    head = model.sums(_blocks(stream, few, tokens), targets)
    quieter = (few / samples) ** 0.5
    x, noises = (np.concatenate(parts, axis=axis) for axis, parts in enumerate(zip(*kept, strict=True)))
    if few == samples:
        return _Design(head, head, x, noises)
    rest = model.sums(_blocks(stream, samples - few, tokens), targets)
    return _Design(mixed(head, few / samples, rest), head.louder(quieter), x, quieter * noises)


def _pairs(trial: InteractionTrial, truth: Truth, model: Model) -> Iterator[Array]:
    """Pairs under rho, two per sample of two tokens."""
    stream = TokenStream(truth.law, trial.seed, "forecast-pairs")
    yield from _blocks(stream, max(PAIRS, ROWS_PER_PARAMETER * model.tangents.count) // 2, 2)


def _blocks(stream: TokenStream, samples: int, tokens: int) -> Iterator[Array]:
    step = max(1, BLOCK // tokens)
    for start in range(0, samples, step):
        yield stream.take(min(step, samples - start), tokens)
