"""One fit to the user's own data, from file to numbers: rank and K from the data, errors on held-out samples.

No truth is known here, so nothing is measured against one. What can be known: the mean squared prediction error on
samples that the fit has not seen, and the noise floor, the residual variance of the fit to all data per degree of
freedom. ``explained`` against ``explainable`` compares the two. What may be said of the fit is in ``assessment``.

Gauge: E[u^2] = 1/9 for u = x^T A y with x, y independent tokens (so sd(u) = 1/3 if their mean is zero), as in the
empirical risk minimiser; phi rises with u on average, and where it has no clear direction (correlation below 0.1, as
for even phi) the largest entry of A is positive.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.base.columns import as_record
from mtam.base.compile_time import Stopwatch
from mtam.base.one_by_one import Tick, answer_each
from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.estimators.choose_k import ample, rule
from mtam.interaction.estimators.estimators import criterion
from mtam.interaction.files import dataset
from mtam.interaction.interaction_numbers import OwnDataNumbers
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.own_data import (
    assessment,
    choose_rank,
    confidence_band,
    confidence_region,
    model_tests,
    residual_quantiles,
    softmax_rival,
)
from mtam.interaction.own_data.choose_rank import Fit, Split
from mtam.interaction.own_data.confidence_band import BandCurve
from mtam.interaction.own_data.fitted_interaction import FittedInteraction
from mtam.interaction.own_data.own_data_spec import OwnTrial
from mtam.interaction.own_data.own_data_warnings import hints
from mtam.interaction.reading import own_data_notes
from mtam.interaction.reading.own_data_notes import LEVEL

Array = npt.NDArray[np.float64]

IN_MEMORY = 2**26  # numbers of X (half a GiB) up to which all samples are shuffled; of more, so many choose the rank
AT_END = (
    "the data chose the largest K that was tried: phi is rougher than splines on so many intervals follow, or it bends "
    "after single responses; model.degree=2 tries more intervals"
)
Fitted = tuple[choose_rank.Choice, tuple[erm.Erm, FittedInteraction], dict[str, Any]]
CLEAR = 0.1  # correlation of phi(u) with u


def run(trials: Sequence[OwnTrial], *, device: str, tick: Tick, checkpoint: Path | None = None) -> list[dict[str, Any]]:
    """One dict of plain numbers per trial, in order; a trial that fails gives {"failure": one sentence}.

    ``tick`` receives the finished fraction at safe points and may raise to stop. The fits run on the CPU whatever
    ``device`` says, and keep no ``checkpoint``.
    """
    del device, checkpoint
    return answer_each(trials, tick, _run)


@dataclass(frozen=True)
class AssessedFit:
    """A fit to own data with all that may be said of it."""

    numbers: OwnDataNumbers
    found: erm.Erm
    fitted: FittedInteraction  # in the gauge above
    curve: BandCurve
    residuals: Array  # (M, N), of the samples in the order of the fit
    unknowns: float  # effective degrees of freedom of phi and A


def _run(trial: OwnTrial, report: Tick) -> dict[str, Any]:
    x, y = _load(trial)
    ticks = iter(range(10**9))

    def step() -> None:
        report(0.95 * (1 - math.exp(-next(ticks) / 150)))

    return as_record(assess(trial, x, y, step).numbers)


def assess(trial: OwnTrial, x: Array, y: Array, tick: Callable[[], None] = lambda: None) -> AssessedFit:
    """The fit of ``trial`` to validated x (M, N, d), y (M, N), which are not changed, and what may be said of it.

    ``tick`` is called between passes over the data and may raise to stop.
    """
    watch = Stopwatch()
    warnings = hints(x, y)
    split, x, y = _shuffled(x, y, trial.seed)
    tried, (found, fitted), left = _fitted(trial, split, x, y, tick)
    held = tried.chosen
    told = assessment.against_rivals(split, held) | left
    told |= softmax_rival.against_softmax(split, held, generator(trial.seed, "interaction", "own", "softmax"), tick)
    fitted = _sign(fitted, x)
    rng = generator(trial.seed, "interaction", "own", "band")
    curve = confidence_band.curve(x, y, fitted.matrix, tried.rank, fitted.spline, rng, found.smoothing)
    tests = generator(trial.seed, "interaction", "own", "tests")
    told |= {
        "linear_phi_p": model_tests.linear_phi(x, y, fitted.matrix, tried.rank),
        "next_rank_p": model_tests.next_rank(x, y, fitted.matrix, tried.rank, fitted.spline, tests),
    }
    variance = float(y.var())
    freedom = y.size - found.freedom - trial.parameters(tried.rank)
    noise = float(choose_rank.losses(fitted, x, y).mean()) * y.size / max(1, freedom)
    warnings += [AT_END] if found.at_end else []
    unknowns = found.freedom + trial.parameters(tried.rank)
    residuals = y - fitted.predict(x)
    told["prediction_low"], told["prediction_high"] = residual_quantiles.quantiles(residuals, unknowns)
    words: dict[str, Any] = assessment.words(found, told)
    numbers = OwnDataNumbers(
        rank=tried.rank,
        K=fitted.spline.space.bending,
        intervals=fitted.intervals,
        reach=fitted.reach,
        spline_degree=fitted.degree,
        holdout_error=held.error,
        holdout_se=held.standard_error,
        noise_sd=math.sqrt(noise),
        explainable=1 - noise / variance,
        variance=variance,
        **told,
        **words,
        **own_data_notes.looks(x),
        starts=found.starts,
        agreeing=found.agreeing,
        lack_of_fit=found.lack_of_fit,
        d=x.shape[2],
        tokens=x.shape[1],
        samples=x.shape[0],
        parameters=trial.parameters(tried.rank),
        rank_tried=[one.rank for one in tried.attempts],
        rank_error=[one.error for one in tried.attempts],
        rank_se=[one.standard_error for one in tried.attempts],
        rank_converged=[one.converged for one in tried.attempts],
        phi_grid=curve.grid.tolist(),
        phi_hat=curve.phi.tolist(),
        band_low=curve.low.tolist(),
        band_high=curve.high.tolist(),
        **_uncertainty(curve, found),
        u_density=curve.density.tolist(),
        singular_hat=np.linalg.svd(fitted.matrix, compute_uv=False).tolist(),
        matrix=fitted.matrix.ravel().tolist(),
        coefficients=fitted.coefficients.tolist(),
        warnings=warnings,
        seconds=watch.cpu,
    )
    return AssessedFit(numbers, found, fitted, curve, residuals, unknowns)


def _uncertainty(curve: BandCurve, found: erm.Erm) -> dict[str, Any]:
    """What is known of A, and of a penalised phi over its whole range."""
    errors = confidence_region.errors(curve.covariance)
    out: dict[str, Any] = {
        "matrix_se": errors.entries.ravel().tolist(),
        "column_angles_se": errors.columns.tolist(),
        "row_angles_se": errors.rows.tolist(),
        "angle_se": float(max(errors.columns.max(), errors.rows.max())),
    }
    simultaneous = curve.simultaneous()
    if simultaneous is None:
        return out
    low, high = (side.tolist() for side in simultaneous)
    whole = {"simultaneous_low": low, "simultaneous_high": high, "simultaneous_critical": curve.critical}
    whole |= {"simultaneous_from": curve.middle[0], "simultaneous_to": curve.middle[1]}
    return out | whole | {"freedom": found.freedom, "smoothing": found.smoothing}


def fit(trial: OwnTrial, x: Array, y: Array) -> Fitted:
    """The choice of the rank, the fit to all data, and what its residuals hold  # (M, N, d), (M, N)."""
    return _fitted(trial, *_shuffled(x, y, trial.seed), lambda: None)


def at_rank(trial: OwnTrial, x: Array, y: Array, rank: int) -> FittedInteraction:
    """The fit to all data at a rank, without a choice of it and without what is said of a fit  # (M, N, d), (M, N)."""
    return _fitter(trial, float(y.mean()), float(y.std()), lambda: None)(x, y, rank)[1]


def _fitted(trial: OwnTrial, split: Split, x: Array, y: Array, tick: Callable[[], None]) -> Fitted:
    """See ``fit`` and ``choose_rank``."""
    fit = _fitter(trial, float(y.mean()), float(y.std()), tick)
    tried = choose_rank.choose(fit, split, trial.ranks())
    chosen = fit(x, y, tried.rank)
    left = first = assessment.left(x, y, chosen[1], tried.rank)
    for rank in range(tried.rank + 1, max(trial.ranks()) + 1):
        if left["structure_p"] >= LEVEL:
            break
        more = fit(x, y, rank)
        left, before = assessment.left(x, y, more[1], rank), left
        if left["structure_p"] >= LEVEL:
            attempt = choose_rank.tried(fit, split, rank)
            if not tried.chosen.beats(attempt):
                return tried.raised(attempt), more, left
        elif left["structure_p"] <= before["structure_p"] ** 0.5:
            break  # the structure is of another kind
    return tried, chosen, first


def _load(trial: OwnTrial) -> tuple[Array, Array]:
    """The data of the trial; ValueError if the file no longer holds what the trial names."""
    data = trial.data
    if dataset.digest(data.path) != data.sha256:
        raise ValueError(f"{data.path} has changed since this fit was planned; plan it again")
    x, y = dataset.read(data.path)
    if x.shape != (data.samples, data.tokens, data.d):
        raise ValueError(f"X in {data.path} has shape {x.shape}, not {(data.samples, data.tokens, data.d)} as planned")
    return x, y


def _shuffled(x: Array, y: Array, seed: int) -> tuple[Split, Array, Array]:
    """A fifth of the samples held out, drawn by the seed, and all data.

    Searches look at the first samples first, so files in some order (of time, of condition) are shuffled. Data too
    large for a second copy keep their order, and a random part of them chooses the rank.
    """
    samples = len(x)
    order = generator(seed, "interaction", "own", "holdout").permutation(samples)
    most = max(dataset.FEWEST, min(samples, IN_MEMORY // (x.shape[1] * x.shape[2])))
    some_x, some_y = x[order[:most]], y[order[:most]]
    cut = most - most // 5
    split = Split(some_x[:cut], some_y[:cut], some_x[cut:], some_y[cut:])
    return (split, some_x, some_y) if most == samples else (split, x, y)


def _fitter(trial: OwnTrial, shift: float, unit: float, tick: Callable[[], None]) -> Fit:
    """The fit at a given rank, responses standardised for it: its tolerances know no units."""
    model, degree = trial.model, trial.degree()
    beta = max(1, degree - 1)  # what splines of this degree are meant for
    chosen = model.spline().rule
    penalised = chosen == "reml"
    by_rule = ample(trial.n, trial.data.tokens) if penalised else rule(trial.n, beta, model.k_constant)
    intervals = model.intervals or by_rule

    def fit(x: Array, y: Array, rank: int) -> tuple[erm.Erm, FittedInteraction]:
        rng = generator(trial.seed, "interaction", "own", "starts", rank)
        space = SplineSpace(degree, intervals)
        options = erm.ErmOptions(model.max_starts, criterion(chosen), wide=True, beta=beta, penalised=penalised)
        found = erm.fit(x, (y - shift) / unit, rank, space, rng, options, tick)
        coefficients = shift + unit * found.phi.coefficients  # B-splines sum to one
        space = found.phi.space
        fitted = FittedInteraction(
            found.matrix, coefficients, degree, space.intervals, reach=space.reach, bends=space.bends
        )
        return found, fitted

    return fit


def _sign(fitted: FittedInteraction, x: Array) -> FittedInteraction:
    """(phi(.), A) or (phi(-.), -A), as the gauge has it."""
    u = confidence_band.arguments(x, fitted.matrix)
    values = fitted.spline(u)
    spread = float(u.std() * values.std())
    lean = float(np.mean((u - u.mean()) * (values - values.mean()))) / spread if spread > 0 else 0.0
    if abs(lean) < CLEAR:
        lean = float(fitted.matrix.flat[np.argmax(np.abs(fitted.matrix))])
    if lean >= 0:
        return fitted
    first, last = fitted.bends or (0, fitted.intervals)
    bends = None if fitted.bends is None else (fitted.intervals - last, fitted.intervals - first)
    return replace(fitted, matrix=-fitted.matrix, coefficients=fitted.coefficients[::-1].copy(), bends=bends)
