"""One interaction trial from specification to numbers: simulate, fit, fit the oracle, evaluate on fresh pairs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtam.base.columns import (
    FORECAST_BEST_ERROR,
    FORECAST_ERROR,
    FORECAST_ORACLE_ERROR,
    FORECAST_TYPICAL_ERROR,
    FORECAST_TYPICAL_ORACLE_ERROR,
    as_record,
)
from mtam.base.compile_time import Stopwatch
from mtam.base.one_by_one import Tick, answer_each
from mtam.base.variants import load
from mtam.interaction.estimators.estimators import EstimatedInteraction, Estimator, fit_oracle, spline_space
from mtam.interaction.interaction_models import KRule
from mtam.interaction.interaction_numbers import BesideOracleNumbers, ErrorNumbers, SplineNumbers
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.simulate.against_truth import picture
from mtam.interaction.simulate.squared_error import Errors, evaluate
from mtam.interaction.simulate.truth import Truth, draw_truth, simulate
from mtam.interaction.theory.forecast import Forecast, feasible, forecast
from mtam.interaction.theory.linear_fit import linear_fit

LINEAR_ROWS = 2**22  # of the data, beyond which the control variate would cost as much as the fit


def run(
    trials: Sequence[InteractionTrial], *, device: str, tick: Tick, checkpoint: Path | None = None
) -> list[dict[str, Any]]:
    """One dict of plain numbers per trial, in order; a trial that fails gives {"failure": one sentence}.

    ``tick`` receives the finished fraction at safe points and may raise to stop. The ERM and the mlp
    run on ``device``, the other fits on the CPU. A fit keeps no ``checkpoint``: it is done again from its start.
    """
    del checkpoint
    return answer_each(trials, tick, lambda trial, report: _run(trial, device, report))


def _run(trial: InteractionTrial, device: str, report: Tick) -> dict[str, Any]:
    watch = Stopwatch()
    truth = draw_truth(trial.data, trial.seed, trial.n)
    x, y = simulate(trial.data, truth, trial.n, trial.seed)
    data_seconds = watch.cpu
    fit: Estimator = load(trial.model.fit)
    found = fit(trial, truth, x, y, device, lambda part: report(0.9 * part))
    estimates = [found]
    if not trial.model.knows_a:
        beside: KRule = "reml" if trial.k_rule() == "reml" else "rule"  # on the K of the fit, smoothed on its own
        estimates.append(fit_oracle(truth, x, y, found.space or spline_space(trial), beside))
    functions = [estimate.g for estimate in estimates]
    linearised = trial.has_linear() and y.size <= LINEAR_ROWS
    if linearised and trial.parameters() > 0:  # with nothing of A unknown it is the fit that knows A*
        functions.insert(1, linear_fit(truth, x, y, found.space or spline_space(trial)))
    del x, y
    errors = evaluate(truth, functions, trial.seed, trial.data.tokens)
    numbers = ErrorNumbers(
        error=float(errors.errors[0]),
        error_se=float(errors.standard_errors[0]),
        evaluation_pairs=errors.pairs,
        parameters=trial.parameters(),
        data_seconds=data_seconds,
    )
    result = as_record(numbers) | found.numbers
    if found.space is not None:
        spline = SplineNumbers(intervals=found.space.intervals, spline_degree=found.space.degree)
        result |= as_record(spline)
    if len(estimates) == 2:
        linear = float(errors.errors[1]) if linearised else None
        result |= _beside_oracle(trial, truth, errors, estimates[1], linear)
    if found.phi is None or found.matrix is None:
        return result
    return result | picture(truth, found.phi, found.matrix, errors.arguments)


def _beside_oracle(
    trial: InteractionTrial, truth: Truth, errors: Errors, known: EstimatedInteraction, linear: float | None
) -> dict[str, Any]:
    """What knowing A* would have given, on the same pairs, and what theory forecasts."""
    unit = trial.parameters() * trial.data.noise**2 / trial.n
    pairwise = not trial.data.row_normalised
    expected = forecast(trial, truth) if pairwise and feasible(trial) else None
    numbers = BesideOracleNumbers(
        oracle_error=float(errors.errors[-1]),
        oracle_error_se=float(errors.standard_errors[-1]),
        oracle_seconds=known.numbers["seconds"],
        excess=errors.excess,
        excess_se=errors.excess_se,
        parametric_error=errors.excess,
        predicted_parametric_error=unit,
        excess_ratio=errors.excess / unit if unit > 0 and pairwise else None,
        **(_forecasts(expected) if expected else {}),
        linear_error=linear,
        controlled_error=float(errors.errors[0]) / linear * expected.typical_linear if linear and expected else None,
    )
    return as_record(numbers)


def _forecasts(expected: Forecast) -> dict[str, float]:
    return {
        FORECAST_ERROR: expected.total,
        FORECAST_ORACLE_ERROR: expected.oracle,
        "forecast_linear_price": expected.linear_price,
        FORECAST_BEST_ERROR: expected.best,
        "forecast_intervals": expected.intervals,
        FORECAST_TYPICAL_ERROR: expected.typical,
        FORECAST_TYPICAL_ORACLE_ERROR: expected.typical_oracle,
    }
