"""One interaction trial from specification to numbers: simulate, fit, fit the oracle, evaluate on fresh pairs."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mtam.interaction import erm, oracle
from mtam.interaction.evaluate import evaluate
from mtam.interaction.forecast import forecast
from mtam.interaction.picture import picture
from mtam.interaction.spec import InteractionTrial
from mtam.interaction.splines import SplineSpace
from mtam.interaction.truth import draw_truth, simulate
from mtam.streams import generator

Tick = Callable[[float], None]


def run(trials: Sequence[InteractionTrial], *, device: str, tick: Tick) -> list[dict[str, Any]]:
    """One dict of plain numbers per trial, in order; a trial that fails gives {"failure": one sentence}.

    ``tick`` receives the finished fraction at safe points and may raise to stop. The fits run on the CPU whatever
    ``device`` says.
    """
    del device
    results: list[dict[str, Any]] = []
    for index, trial in enumerate(trials):

        def report(part: float, index: int = index) -> None:
            tick((index + part) / len(trials))

        report(0.0)
        try:
            results.append(_checked(_run(trial, report)))
        except np.linalg.LinAlgError as error:
            results.append({"failure": f"a linear system of the fit could not be solved ({error})"})
        except ValueError as error:
            results.append({"failure": str(error)})
    tick(1.0)
    return results


def intervals(trial: InteractionTrial) -> int:
    """K: as given, or ceil(c M^{1/(2 beta + 1)}), the paper's rule."""
    if trial.model.intervals is not None:
        return trial.model.intervals
    return math.ceil(trial.model.k_constant * math.pow(trial.n, 1 / (2 * trial.beta() + 1)))


def _run(trial: InteractionTrial, report: Tick) -> dict[str, Any]:
    clock = time.process_time()
    truth = draw_truth(trial.data, trial.seed)
    x, y = simulate(trial.data, truth, trial.n, trial.seed)
    data_seconds = time.process_time() - clock
    space = SplineSpace(trial.model.degree or trial.data.degree, intervals(trial))
    clock = time.process_time()
    known = oracle.fit(x, y, truth.left, truth.right, space)
    oracle_seconds = time.process_time() - clock
    common = {
        "intervals": space.intervals,
        "spline_degree": space.degree,
        "parameters": trial.parameters(),
        "data_seconds": data_seconds,
        "oracle_seconds": oracle_seconds,
    }
    if trial.model.name == "oracle_a":
        errors = evaluate(truth, [known.g], trial.seed)
        return {
            "error": float(errors.errors[0]),
            "error_se": float(errors.standard_errors[0]),
            "loss": known.loss,
            "converged": True,
            "seconds": oracle_seconds,
            **common,
            **picture(truth, known.phi, truth.matrix, errors.arguments),
        }
    ticks = iter(range(10**9))
    fitted = erm.fit(
        x,
        y,
        trial.fit_rank(),
        space,
        generator(trial.seed, "interaction", "starts"),
        trial.model.max_starts,
        lambda: report(0.9 * (1 - math.exp(-next(ticks) / 50))),
    )
    errors = evaluate(truth, [fitted.g, known.g], trial.seed)
    expected = forecast(trial)
    return {
        "error": float(errors.errors[0]),
        "error_se": float(errors.standard_errors[0]),
        "oracle_error": float(errors.errors[1]),
        "oracle_error_se": float(errors.standard_errors[1]),
        "excess": errors.excess,
        "excess_se": errors.excess_se,
        "parametric_error": errors.excess,
        "predicted_parametric_error": trial.parameters() * trial.data.noise**2 / trial.n,
        "evaluation_pairs": errors.pairs,
        "forecast_error": expected.total,
        "forecast_oracle_error": expected.oracle,
        "forecast_intervals": expected.intervals,
        "converged": fitted.converged,
        "starts": fitted.starts,
        "agreeing": fitted.agreeing,
        "lack_of_fit": fitted.lack_of_fit,
        "loss": fitted.loss,
        "iterations": fitted.iterations,
        "seconds": fitted.seconds,
        **common,
        **picture(truth, fitted.phi, fitted.matrix, errors.arguments),
    }


def _checked(result: dict[str, Any]) -> dict[str, Any]:
    """The result, or a failure if a number is not finite: JSON has no word for NaN."""
    for name, value in result.items():
        numbers = value if isinstance(value, list) else [value]
        if not all(math.isfinite(number) for number in numbers):
            return {"failure": f"the fit produced a {name} that is not finite"}
    return result
