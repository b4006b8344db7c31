"""The error that theory forecasts at finite M: the estimator's own first-order model, with its choice of K.

Near A* the estimator is least squares on the features Z_K = [F_K, T]: aggregated splines on K intervals, and aggregated
derivatives of g* along the p directions of A that keep rank and norm. For this truth, this N, this sigma and a design
of M samples,

    theta_K = G_K^{-1} Z_K^T (f + eps)/n,  G_K = Z_K^T Z_K/n,  n = M N,   error_K = E_rho (B_K theta_K - g*)^2,

with f the true responses and B_K the features of one pair under rho. Nothing is assumed to be small but the error in A:
bias, variance, their interplay at few samples (a spline of degree 8 leans on rare extreme pairs) and the error that the
data's choice of K adds are in it, because K is chosen by the trial's own criterion on each of the simulated noises, at
the A fitted with the K of the rule, as the estimator does. Leaving T out gives oracle-A at the same K.

The asymptotic exponents of the theorem are not visible at feasible M; measured slopes are compared with the slope of
this forecast on the same sizes, and the asymptotic figure is printed beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from mtam.interaction import kernels
from mtam.interaction.knots import grid, rule
from mtam.interaction.profile import RIDGE
from mtam.interaction.spec import InteractionTrial
from mtam.interaction.splines import SplineSpace
from mtam.interaction.tangents import Tangents
from mtam.interaction.tokens import TokenStream
from mtam.interaction.truth import Truth, draw_truth
from mtam.streams import generator

Array = npt.NDArray[np.float64]

NOISES = 64  # simulated noises: the standard error of a forecast is then about a twentieth
ROWS = 50000  # of the design; for larger M N the noise is made smaller instead
ROWS_PER_PARAMETER = 40  # or more rows, where A has many parameters
PAIRS = 2**15  # under rho
BLOCK = 2**11  # rows at a time


@dataclass(frozen=True)
class Forecast:
    """Expected squared errors at one M."""

    total: float  # ERM, K chosen as the trial chooses it
    oracle: float  # A* known, the same K
    best: float  # ERM with the best K, which no data tell
    intervals: float  # mean of the chosen K


def forecast(trial: InteractionTrial) -> Forecast:
    """The forecast for the truth, sizes and noise of ``trial``, averaged over simulated noises."""
    degree = trial.model.degree or trial.data.degree
    first = trial.model.intervals or rule(trial.n, trial.beta(), trial.model.k_constant)
    counts = [first] if trial.k_rule() == "rule" else [first, *grid(trial.n)]
    truth = draw_truth(trial.data, trial.seed, trial.n)
    spaces = [SplineSpace(degree, count) for count in counts]
    bases = [space.orthonormaliser(_arguments(truth, trial.seed)) for space in spaces]
    tangents = Tangents(truth)
    design = _design(trial, truth, spaces, bases, tangents)
    pairs = _pairs(trial, truth, spaces, bases, tangents)
    ridge = RIDGE / (trial.n * trial.data.tokens)
    fits = [_fit(sums, design, ridge) for sums in design.levels]
    joint = np.array([_errors(fit.joint, sums, pairs) for fit, sums in zip(fits, pairs.levels, strict=True)])
    known = np.array([_errors(fit.known, sums, pairs) for fit, sums in zip(fits, pairs.levels, strict=True)])
    if len(counts) == 1:
        return Forecast(float(joint.mean()), float(known.mean()), float(joint.mean()), float(first))
    moved = fits[0].joint[-tangents.count :] if tangents.count else np.zeros((0, NOISES))
    losses = np.array([_loss(sums, design, moved, ridge) for sums in design.levels[1:]])
    picked = 1 + _choose(losses, np.array(counts[1:]) + degree, trial)
    index = np.arange(NOISES)
    return Forecast(
        float(joint[picked, index].mean()),
        float(known[picked, index].mean()),
        float(joint[1:].mean(axis=1).min()),
        float(np.array(counts)[picked].mean()),
    )


@dataclass
class _Level:
    """Means over rows of products with the features of one K."""

    gram: Array  # (K+s, K+s)
    side: Array  # (K+s, p), with the tangents
    moment: Array  # (K+s, targets)


@dataclass
class _Sums:
    """Means over rows of products of features, tangents and targets; the targets are the truth, then the noises."""

    levels: list[_Level]
    gram: Array  # (p, p)
    moment: Array  # (p, targets)
    power: Array  # (targets,), of the truth with each target


@dataclass(frozen=True)
class _Fit:
    """Coefficients by noise, splines first."""

    joint: Array  # (K+s+p, noises)
    known: Array  # (K+s, noises), without the tangents


def _fit(level: _Level, sums: _Sums, ridge: float) -> _Fit:
    size = len(level.gram)
    gram = np.block([[level.gram, level.side], [level.side.T, sums.gram]])
    gram[np.diag_indices(len(gram))] += ridge
    moment = np.concatenate([level.moment, sums.moment])
    responses = moment[:, :1] + moment[:, 1:]
    return _Fit(_solve(gram, responses), _solve(gram[:size, :size], responses[:size]))


def _solve(gram: Array, moment: Array) -> Array:
    return np.asarray(scipy.linalg.solve(gram, moment, assume_a="pos"))


def _errors(theta: Array, level: _Level, pairs: _Sums) -> Array:
    """E_rho (B theta - g*)^2 for every noise  # (K+s or K+s+p, noises) -> (noises,)."""
    gram, moment = level.gram, level.moment[:, 0]
    if len(theta) > len(gram):
        gram = np.block([[gram, level.side], [level.side.T, pairs.gram]])
        moment = np.concatenate([moment, pairs.moment[:, 0]])
    return np.asarray((theta * (gram @ theta)).sum(axis=0) - 2 * moment @ theta + pairs.power[0])


def _loss(level: _Level, design: _Sums, moved: Array, ridge: float) -> Array:
    """Mean squared residual of the splines at A* + moved, less that of the noise  # moved (p, noises) -> (noises,).

    There the responses are f + eps - T moved: the truth, written at the matrix that was fitted.
    """
    moments = design.moment[:, :1] + design.moment[:, 1:]
    total = design.power[0] + 2 * design.power[1:] + (moved * (design.gram @ moved - 2 * moments)).sum(axis=0)
    moment = level.moment[:, :1] + level.moment[:, 1:] - level.side @ moved
    return np.asarray(total - (moment * _solve(level.gram + ridge * np.eye(len(level.gram)), moment)).sum(axis=0))


def _choose(losses: Array, sizes: Array, trial: InteractionTrial) -> npt.NDArray[np.int64]:
    """The index of K by the trial's criterion (hold-out as Cp), for losses less sigma^2  # (candidates, noises)."""
    n, power = trial.n * trial.data.tokens, trial.data.noise**2
    if trial.model.k_rule == "bic":
        return np.asarray(np.argmin(n * np.log(power + losses) + (sizes * np.log(n))[:, None], axis=0))
    spread = (power + losses[-1]) * n / max(1, n - sizes[-1])
    return np.asarray(np.argmin(losses + 2 * spread * (sizes / n)[:, None], axis=0))


def _arguments(truth: Truth, seed: int) -> Array:
    x = TokenStream(truth.law, seed, "forecast-basis").take(2**12, 2)
    return truth.arguments(x[:, 0], x[:, 1])


def _design(
    trial: InteractionTrial, truth: Truth, spaces: list[SplineSpace], bases: list[Array], tangents: Tangents
) -> _Sums:
    """A design of M samples, or of as many as are affordable with less noise in proportion."""
    tokens = trial.data.tokens
    samples = min(trial.n, max(ROWS, ROWS_PER_PARAMETER * tangents.count) // tokens)
    scale = trial.data.noise * (samples / trial.n) ** 0.5
    rng = generator(trial.seed, "interaction", "forecast", "noise")

    def targets(x: Array) -> Array:
        true = truth.interactions(x).reshape(-1, 1)
        noises = rng.standard_normal((len(true), NOISES), dtype=np.float32)
        return np.concatenate([true, scale * noises.astype(np.float64)], axis=1)

    stream = TokenStream(truth.law, trial.seed, "forecast")
    return _sums(_blocks(stream, samples, tokens), targets, spaces, bases, tangents)


def _pairs(
    trial: InteractionTrial, truth: Truth, spaces: list[SplineSpace], bases: list[Array], tangents: Tangents
) -> _Sums:
    """Pairs under rho, two per sample of two tokens."""
    stream = TokenStream(truth.law, trial.seed, "forecast-pairs")
    blocks = _blocks(stream, max(PAIRS, ROWS_PER_PARAMETER * tangents.count) // 2, 2)
    return _sums(blocks, lambda x: truth.interactions(x).reshape(-1, 1), spaces, bases, tangents)


def _blocks(stream: TokenStream, samples: int, tokens: int) -> Iterator[Array]:
    step = max(1, BLOCK // tokens)
    for start in range(0, samples, step):
        yield stream.take(min(step, samples - start), tokens)


def _sums(
    blocks: Iterator[Array],
    targets: Callable[[Array], Array],
    spaces: list[SplineSpace],
    bases: list[Array],
    tangents: Tangents,
) -> _Sums:
    """The means over all rows, block by block  # blocks of (samples, tokens, d)."""
    total, rows = None, 0
    for x in blocks:
        wanted = targets(x)
        sides = tangents.features(x)
        p, q = tangents.arguments(x)
        levels = []
        for space, basis in zip(spaces, bases, strict=True):
            raw = np.empty((len(wanted), space.dimension))
            kernels.features(p, q, x.shape[1], space.pieces, space.intervals, raw)
            features = raw @ basis
            levels.append(_Level(features.T @ features, features.T @ sides, features.T @ wanted))
        found = _Sums(levels, sides.T @ sides, sides.T @ wanted, wanted[:, 0] @ wanted)
        total, rows = found if total is None else _added(total, found), rows + len(wanted)
    assert total is not None
    return _Sums(
        [_Level(one.gram / rows, one.side / rows, one.moment / rows) for one in total.levels],
        total.gram / rows,
        total.moment / rows,
        total.power / rows,
    )


def _added(one: _Sums, two: _Sums) -> _Sums:
    for a, b in zip(one.levels, two.levels, strict=True):
        a.gram += b.gram
        a.side += b.side
        a.moment += b.moment
    return _Sums(one.levels, one.gram + two.gram, one.moment + two.moment, one.power + two.power)
