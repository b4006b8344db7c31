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
from mtam.interaction.files import dataset, own_samples
from mtam.interaction.files.own_samples import OwnSamples
from mtam.interaction.interaction_numbers import OwnDataNumbers
from mtam.interaction.model.partners import NAMES
from mtam.interaction.model.row_layout import Labels, RowLayout
from mtam.interaction.model.splines import SplineSpace
from mtam.interaction.own_data import (
    assessment,
    choose_rank,
    confidence_band,
    confidence_region,
    held_out_tests,
    model_tests,
    softmax_rival,
)
from mtam.interaction.own_data.choose_rank import Split
from mtam.interaction.own_data.confidence_band import BandCurve
from mtam.interaction.own_data.fitted_interaction import FittedInteraction
from mtam.interaction.own_data.own_data_spec import OwnTrial
from mtam.interaction.own_data.own_data_warnings import hints
from mtam.interaction.own_data.residuals import residual_quantiles
from mtam.interaction.own_data.residuals.residual_diagnostics import Diagnostics, diagnose
from mtam.interaction.reading import own_data_notes
from mtam.interaction.reading.own_data_notes import LEVEL

Array = npt.NDArray[np.float64]

Order = npt.NDArray[np.int64]

IN_MEMORY = 2**26  # numbers of X (half a GiB) up to which all samples are shuffled; of more, so many choose the rank
AT_END = (
    "the data chose the largest K that was tried: phi is rougher than splines on so many intervals follow, or it bends "
    "after single responses; model.degree=2 tries more intervals"
)
Fit = Callable[[Array, Array, int, RowLayout | None], tuple[erm.Erm, FittedInteraction]]  # x, y, rank, layout
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
    residuals: Array  # of all responses, of those that count times the roots of their weights  # (M, N) or (n,)
    unknowns: float  # effective degrees of freedom of phi and A
    diagnostics: Diagnostics


def _run(trial: OwnTrial, report: Tick) -> dict[str, Any]:
    data = _load(trial)
    ticks = iter(range(10**9))

    def step() -> None:
        report(0.95 * (1 - math.exp(-next(ticks) / 150)))

    return as_record(assess(trial, data.x, data.y, step, data.layout).numbers)


def assess(
    trial: OwnTrial,
    x: Array,
    y: Array,
    tick: Callable[[], None] = lambda: None,
    layout: RowLayout | None = None,
) -> AssessedFit:
    """The fit of ``trial`` to validated x (M, N, d), y (M, N), which are not changed, and what may be said of it.

    With a layout of the rows where they have weights, groups, missing tokens or partners other than all the others.

    ``tick`` is called between passes over the data and may raise to stop.
    """
    watch = Stopwatch()
    given = OwnSamples(x, y, layout)
    warnings = hints(x, y, layout)
    split, data, place = _shuffled(given, trial.seed)
    x, y, layout = data.x, data.y, data.layout
    tried, (found, fitted), left = _fitted(trial, split, data, tick)
    held = tried.chosen
    told = assessment.against_rivals(split, held) | left
    if layout is None:
        told |= softmax_rival.against_softmax(split, held, generator(trial.seed, "interaction", "own", "softmax"), tick)
    fitted = _sign(fitted, x, layout)
    rng = generator(trial.seed, "interaction", "own", "band")
    curve = confidence_band.curve(x, y, fitted.matrix, tried.rank, fitted.spline, rng, found.smoothing, layout)
    tests = generator(trial.seed, "interaction", "own", "tests")
    told |= {
        "linear_phi_p": model_tests.linear_phi(x, y, fitted.matrix, tried.rank, layout),
        "next_rank_p": model_tests.next_rank(x, y, fitted.matrix, tried.rank, fitted.spline, tests, layout),
    }
    rows, variance = data.rows, float(y.var()) if layout is None else layout.variance(y)
    freedom = rows - found.freedom - trial.parameters(tried.rank)
    predictions = fitted.responses(x, layout)
    noise = float(held_out_tests.losses(y, predictions, layout).mean()) * rows / max(1, freedom)
    warnings += [AT_END] if found.at_end else []
    unknowns = found.freedom + trial.parameters(tried.rank)
    residuals = y - predictions
    if layout is not None:  # of responses of the mean weight
        residuals = (residuals * layout.root)[layout.weights > 0]
    told["prediction_low"], told["prediction_high"] = residual_quantiles.quantiles(residuals, unknowns)
    looked = diagnose(data, place, fitted.spline, curve.covariance, math.sqrt(noise))
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
        **own_data_notes.looks(data.tokens_there),
        **_layout_numbers(layout),
        **_diagnosed(looked),
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
    return AssessedFit(numbers, found, fitted, curve, residuals, unknowns, looked)


def _diagnosed(looked: Diagnostics) -> dict[str, Any]:
    """What is kept of the diagnostics, for pictures."""
    single = ("prediction", "standardised", "leverage", "cook", "sample", "token")
    out = {f"residual_{name}": getattr(looked, name).tolist() for name in single}
    for name in ("order_share", "order_residual", "trend_prediction", "trend_residual", "trend_error"):
        out[name] = getattr(looked, name).tolist()
    out |= {"residual_responses": looked.responses, "residual_mean_leverage": looked.mean_leverage}
    return out | {"residual_correlation": looked.correlation}


def _layout_numbers(layout: RowLayout | None) -> dict[str, Any]:
    """What is told of a layout."""
    if layout is None:
        return {}
    counted = layout.weights[layout.weights > 0]
    return {
        "responses": layout.rows,
        "missing_tokens": int(np.count_nonzero(~layout.there)),
        "groups": None if layout.groups is None else len(np.unique(layout.groups)),
        "weighted": bool(np.ptp(counted) > 1e-12 * counted.max()),
        "partners": NAMES[layout.causal, layout.itself],
    }


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
    return _fitted(trial, *_shuffled(OwnSamples(x, y), trial.seed)[:2], lambda: None)


def at_rank(trial: OwnTrial, x: Array, y: Array, rank: int, layout: RowLayout | None = None) -> FittedInteraction:
    """The fit to all data at a rank, without a choice of it and without what is said of a fit  # (M, N, d), (M, N)."""
    return _fitter(trial, OwnSamples(x, y, layout), lambda: None)(x, y, rank, layout)[1]


def _fitted(trial: OwnTrial, split: Split, data: OwnSamples, tick: Callable[[], None]) -> Fitted:
    """See ``fit`` and ``choose_rank``."""
    x, y, layout = data.x, data.y, data.layout
    fit = _fitter(trial, data, tick)
    tried = choose_rank.choose(fit, split, trial.ranks())
    chosen = fit(x, y, tried.rank, layout)
    left = first = assessment.left(x, y, chosen[1], tried.rank, layout)
    for rank in range(tried.rank + 1, max(trial.ranks()) + 1):
        if left["structure_p"] >= LEVEL:
            break
        more = fit(x, y, rank, layout)
        left, before = assessment.left(x, y, more[1], rank, layout), left
        if left["structure_p"] >= LEVEL:
            attempt = choose_rank.tried(fit, split, rank)
            if not tried.chosen.beats(attempt):
                return tried.raised(attempt), more, left
        elif left["structure_p"] <= before["structure_p"] ** 0.5:
            break  # the structure is of another kind
    return tried, chosen, first


def _load(trial: OwnTrial) -> OwnSamples:
    """The data of the trial; ValueError if the file no longer holds what the trial names."""
    data = trial.data
    if dataset.digest(data.path) != data.sha256:
        raise ValueError(f"{data.path} has changed since this fit was planned; plan it again")
    found, _ = own_samples.read(data.path, trial.model.partners)
    x = found.x
    if x.shape != (data.samples, data.tokens, data.d):
        raise ValueError(f"X in {data.path} has shape {x.shape}, not {(data.samples, data.tokens, data.d)} as planned")
    return found


def _shuffled(data: OwnSamples, seed: int) -> tuple[Split, OwnSamples, Order]:
    """A fifth of the samples held out, drawn by the seed, all data, and where these were; of groups whole ones.

    Searches look at the first samples first, so files in some order (of time, of condition) are shuffled. Data too
    large for a second copy keep their order, and a random part of them chooses the rank.
    """
    samples, numbers = len(data.x), data.x.shape[1] * data.x.shape[2]
    order = generator(seed, "interaction", "own", "holdout").permutation(samples)
    most = max(dataset.FEWEST, min(samples, IN_MEMORY // numbers))
    order, cut = order[:most], most - most // 5
    if data.layout is not None and data.layout.groups is not None:
        order, cut = _groups_held_out(data.layout.groups, order)
    some = data[order]
    fitted, held = some[:cut], some[cut:]
    split = Split(fitted.x, fitted.y, held.x, held.y, fitted.layout, held.layout)
    return (split, some, order) if most == samples else (split, data, np.arange(samples))


def _groups_held_out(groups: Labels, order: Order) -> tuple[Order, int]:
    """The same samples with those of a fifth of the groups last, and where these begin; order decides which groups."""
    labels, first = np.unique(groups[order], return_index=True)
    by_first = labels[np.argsort(first)]
    held = np.isin(groups[order], by_first[len(by_first) - max(2, len(by_first) // 5) :])
    return np.concatenate([order[~held], order[held]]), int(np.count_nonzero(~held))


def _fitter(trial: OwnTrial, data: OwnSamples, tick: Callable[[], None]) -> Fit:
    """The fit at a given rank, responses standardised as those of ``data`` are: its tolerances know no units."""
    y, layout = data.y, data.layout
    if layout is None:
        shift, unit = float(y.mean()), float(y.std())
    else:
        shift, unit = layout.mean(y), math.sqrt(layout.variance(y))
    model, degree = trial.model, trial.degree()
    beta = max(1, degree - 1)  # what splines of this degree are meant for
    chosen = model.spline().rule
    penalised = chosen == "reml"
    by_rule = _ample(trial) if penalised else rule(trial.n, beta, model.k_constant)
    intervals = model.intervals or by_rule

    def fit(x: Array, y: Array, rank: int, layout: RowLayout | None) -> tuple[erm.Erm, FittedInteraction]:
        rng = generator(trial.seed, "interaction", "own", "starts", rank)
        space = SplineSpace(degree, intervals)
        options = erm.ErmOptions(
            model.max_starts, criterion(chosen), wide=True, beta=beta, penalised=penalised, layout=layout
        )
        found = erm.fit(x, (y - shift) / unit, rank, space, rng, options, tick)
        coefficients = shift + unit * found.phi.coefficients  # B-splines sum to one
        space = found.phi.space
        fitted = FittedInteraction(
            found.matrix, coefficients, degree, space.intervals, reach=space.reach, bends=space.bends
        )
        if layout is not None:
            fitted = replace(fitted, partners=NAMES[layout.causal, layout.itself])
        return found, fitted

    return fit


def _ample(trial: OwnTrial) -> int:
    """K of a penalised spline, for the responses that count."""
    return max(1, min(ample(trial.n, trial.data.tokens), trial.rows() // 4))


def _sign(fitted: FittedInteraction, x: Array, layout: RowLayout | None = None) -> FittedInteraction:
    """(phi(.), A) or (phi(-.), -A), as the gauge has it."""
    u = confidence_band.arguments(x, fitted.matrix, layout)
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
